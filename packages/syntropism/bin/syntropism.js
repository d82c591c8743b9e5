#!/usr/bin/env node
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { runPinned } from './pinned-node.js'

const built = fileURLToPath(new URL('../dist/main.js', import.meta.url))
const source = fileURLToPath(new URL('../src/main.ts', import.meta.url))
runPinned(
  existsSync(built)
    ? [built, ...process.argv.slice(2)]
    : ['--conditions=@syntropism/source', '--disable-warning=ExperimentalWarning', source, ...process.argv.slice(2)],
)
