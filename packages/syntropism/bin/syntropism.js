#!/usr/bin/env node
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { runPinned } from './pinned-node.js'

const built = fileURLToPath(new URL('../dist/main.js', import.meta.url))
const source = fileURLToPath(new URL('../src/main.ts', import.meta.url))
// A path under --import is a URL: a drive letter would be read as a scheme.
const before = ['end-with-launcher.js', 'compile-cache.js'].map((file) => `--import=${new URL(file, import.meta.url).href}`)
process.env.SYNTROPISM_LAUNCHER_PID = String(process.pid)
// Populations are typed arrays, outside the space of young objects, which would grow to three times 16 MB for nothing; nor does one thread need several heaps of C.
const isRun = process.argv[2] === 'simulate'
if (isRun) process.env.MALLOC_ARENA_MAX ??= '1'
const small = isRun ? ['--max-semi-space-size=1'] : []
runPinned(
  existsSync(built)
    ? [...before, ...small, built, ...process.argv.slice(2)]
    : [...before, ...small, '--conditions=@syntropism/source', '--disable-warning=ExperimentalWarning', source, ...process.argv.slice(2)],
)
