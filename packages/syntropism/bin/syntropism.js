#!/usr/bin/env node
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { runPinned } from './pinned-node.js'

const built = fileURLToPath(new URL('../dist/main.js', import.meta.url))
const source = fileURLToPath(new URL('../src/main.ts', import.meta.url))
// A path under --import is a URL: a drive letter would be read as a scheme.
const stopper = `--import=${new URL('end-with-launcher.js', import.meta.url).href}`
process.env.SYNTROPISM_LAUNCHER_PID = String(process.pid)
runPinned(
  existsSync(built)
    ? [stopper, built, ...process.argv.slice(2)]
    : [stopper, '--conditions=@syntropism/source', '--disable-warning=ExperimentalWarning', source, ...process.argv.slice(2)],
)
