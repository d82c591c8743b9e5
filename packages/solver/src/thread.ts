import { performance } from 'node:perf_hooks'
import { parentPort } from 'node:worker_threads'
import type { WinnerProblem } from '@syntropism/economy'
import { loadHighs } from './highs.ts'
import { solvePlacement } from './placement.ts'

/** What a thread is asked, one question at a time. */
export interface Question {
  readonly options: { readonly for_vcg: boolean; readonly time_limit_ms: number }
  readonly problem: WinnerProblem
}

const highs = await loadHighs()
parentPort?.on('message', ({ options, problem }: Question) => {
  try {
    parentPort?.postMessage({ solution: solvePlacement(highs, problem, options, () => performance.now()) }, [])
  } catch (error) {
    parentPort?.postMessage({ error: error instanceof Error ? error.message : String(error) }, [])
  }
})
parentPort?.postMessage('ready', [])
