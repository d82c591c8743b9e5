// Peak of resident memory of `syntropism simulate boltzmann` at a million agents as GNU time counts it (the largest of the command's processes): at a first
// start, with an empty cache folder, and at later ones.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { machine } from './measure.ts'

const LAUNCHER = resolve(import.meta.dirname, '../packages/syntropism/bin/syntropism.js')
const ARGS = ['simulate', 'boltzmann', '--agents', '1000000', '--steps', '100']

/** Peak in kB of 1 024 bytes. */
function peak(cache: string): number {
  const run = spawnSync('/usr/bin/time', ['-f', '%M', process.execPath, LAUNCHER, ...ARGS], {
    encoding: 'utf8',
    env: { ...process.env, XDG_CACHE_HOME: cache },
  })
  if (run.status !== 0) throw new Error(`the run failed: ${run.error?.message ?? run.stderr}`)
  return Number(run.stderr.trim().split('\n').at(-1))
}

export function main(): void {
  console.log(`\nPeak of resident memory of a run with 1 000 000 agents, in MB of 1 000 000 bytes · ${machine()}`)
  for (let turn = 0; turn < 3; turn++) {
    const cache = mkdtempSync(join(tmpdir(), 'syntropism-memory-'))
    try {
      const [first = 0, ...later] = [1, 2, 3].map(() => (peak(cache) * 1024) / 1_000_000)
      console.log(`first start ${first.toFixed(1)}   later ${later.map((one) => one.toFixed(1)).join(', ')}`)
    } finally {
      rmSync(cache, { force: true, recursive: true })
    }
  }
}

if (import.meta.main) main()
