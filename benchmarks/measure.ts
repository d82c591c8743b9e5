import { cpus } from 'node:os'
import { performance } from 'node:perf_hooks'

export const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

export interface Pair {
  readonly reference_ms: number
  readonly subject_ms: number
  /** Reference time over subject time, pair by pair: 1 is as fast as the reference. */
  readonly ratio: number
}

/** Runs subject and reference in turn after one warm-up of each; medians over the pairs. */
export function alternate(pairs: number, subject: () => void, reference: () => void): Pair {
  const time = (action: () => void): number => {
    const start = performance.now()
    action()
    return performance.now() - start
  }
  time(subject)
  time(reference)
  const taken = Array.from({ length: pairs }, () => ({ subject: time(subject), reference: time(reference) }))
  return {
    ratio: median(taken.map((one) => one.reference / one.subject)),
    reference_ms: median(taken.map((one) => one.reference)),
    subject_ms: median(taken.map((one) => one.subject)),
  }
}

export const machine = (): string => `Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}`
export const perSecond = (count: number, ms: number): string => `${Math.round((count / ms) * 1000).toLocaleString('en-US')}/s`
