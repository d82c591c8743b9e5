// Takes the registry's address out of the lock file: entries keep version and integrity, so any registry serves. Run after adding a dependency.
import { readFileSync, writeFileSync } from 'node:fs'

const path = new URL('../package-lock.json', import.meta.url)
const lock = JSON.parse(readFileSync(path, 'utf8'))
for (const entry of Object.values(lock.packages)) if (!entry.link) delete entry.resolved
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`)
