// A sweep of 64 runs on two worker threads beside two processes that each carry out half of it on one: runs per second of wall time, in turn.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { sweep } from '@syntropism/simulation/node'
import { machine, median, medianInterval, shownRatio } from './measure.ts'

const spec = (first: number, count: number): Parameters<typeof sweep>[0]['spec'] => ({
  fixed: { agents: '10000', steps: '300' },
  grid: {},
  model: 'boltzmann',
  seeds: Array.from({ length: count }, (_, index) => first + index),
})

/** Carries out seeds first … first + count − 1 into a folder. */
async function carryOut(folder: string, first: number, count: number, workers: number): Promise<void> {
  await sweep({ folder, resume: false, signal: new AbortController().signal, spec: spec(first, count), workers })
}

async function timed(action: (folder: string) => Promise<void>): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'syntropism-sweep-'))
  const start = performance.now()
  await action(folder)
  const ms = performance.now() - start
  rmSync(folder, { force: true, recursive: true })
  return ms
}

const inProcess = async (folder: string, first: number, count: number): Promise<void> => {
  const child = spawn(process.execPath, [...process.execArgv, import.meta.filename, 'half', folder, String(first), String(count)], { stdio: 'inherit' })
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`half a sweep ended with ${String(code)}`)
}

export async function sweeps(runs: number, pairs: number): Promise<string> {
  const half = runs / 2
  const ratios: number[] = []
  const rates: number[] = []
  for (let pair = 0; pair < pairs; pair++) {
    const ours = await timed((folder) => carryOut(folder, 1, runs, 2))
    const apart = await timed(async (folder) => {
      await Promise.all([inProcess(join(folder, '0'), 1, half), inProcess(join(folder, '1'), 1 + half, half)])
    })
    ratios.push(apart / ours)
    rates.push((runs * 1000) / ours)
  }
  return `sweep of ${runs} runs on two workers ${median(rates).toFixed(1)} runs/s, ${shownRatio({ interval: medianInterval(ratios), ratio: median(ratios) })} × two single-worker processes`
}

export async function main(): Promise<void> {
  console.log(`\n${machine()}\n${await sweeps(64, 5)}`)
}

const [mode, folder = '', first, count] = process.argv.slice(2)
if (mode === 'half') await carryOut(folder, Number(first), Number(count), 1)
else if (import.meta.main) await main()
