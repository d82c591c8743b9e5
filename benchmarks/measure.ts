import { createHash } from 'node:crypto'
import { cpus } from 'node:os'

export const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

export interface Pair {
  readonly reference_ms: number
  readonly subject_ms: number
  /** Reference time over subject time, pair by pair: 1 is as fast as the reference. */
  readonly ratio: number
  /** 95 % interval of the median ratio, from the order statistics. */
  readonly interval: readonly [number, number]
}

/** Distribution-free 95 % interval of a median: the order statistics n/2 ± 0.98 √n. */
export function medianInterval(values: readonly number[]): [number, number] {
  const sorted = values.toSorted((a, b) => a - b)
  const half = 0.98 * Math.sqrt(sorted.length)
  const low = Math.max(0, Math.floor(sorted.length / 2 - half))
  return [sorted[low] ?? 0, sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length / 2 + half) - 1)] ?? 0]
}

/** Milliseconds of CPU time that an action takes, helper threads of the runtime included: a busy machine does not count. */
export function cpuMs(action: () => void): number {
  const before = process.cpuUsage()
  action()
  const used = process.cpuUsage(before)
  return (used.user + used.system) / 1000
}

/** Runs subject and reference in turn after one warm-up of each, each first half of the time; medians of CPU time over the pairs. */
export function alternate(pairs: number, subject: () => void, reference: () => void): Pair {
  cpuMs(subject)
  cpuMs(reference)
  const taken = Array.from({ length: pairs }, (_, index) => {
    if (index % 2 === 0) return { subject: cpuMs(subject), reference: cpuMs(reference) }
    const first = cpuMs(reference)
    return { subject: cpuMs(subject), reference: first }
  })
  const ratios = taken.map((one) => one.reference / one.subject)
  return {
    interval: medianInterval(ratios),
    ratio: median(ratios),
    reference_ms: median(taken.map((one) => one.reference)),
    subject_ms: median(taken.map((one) => one.subject)),
  }
}

export const machine = (): string => `Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}`
export const perSecond = (count: number, ms: number): string => `${Math.round((count / ms) * 1000).toLocaleString('en-US')}/s`
export const shownRatio = ({ interval, ratio }: Pick<Pair, 'interval' | 'ratio'>): string =>
  `${ratio.toFixed(2)} [${interval.map((one) => one.toFixed(2)).join(', ')}]`
/** First 12 digits of the SHA-256 of an array's bytes: the same answer, or no figure. */
export const hashOf = (values: Float64Array): string =>
  createHash('sha256')
    .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    .digest('hex')
    .slice(0, 12)
