const number = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 })
const fine = new Intl.NumberFormat('en-US', { maximumFractionDigits: 4 })
const fixed = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2, minimumFractionDigits: 2 })
const short = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1, notation: 'compact' })
const day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' })

/** From here on decimals only take room. */
const SHORT_FROM = 1_000_000

/** Credits of micro-credits, with two decimals, or four below one. */
export const credits = (micro: number): string => (Math.abs(micro) < 1_000_000 ? fine : number).format(micro / 1_000_000)
/** Credits for a column of a table: always two decimals, so that the points stand below each other. */
export const amount = (micro: number): string => (micro !== 0 && Math.abs(micro) < 10_000 ? '< 0.01' : fixed.format(micro / 1_000_000))
/** Credits where there is little room: 1.2M. */
export const roughly = (micro: number): string => (Math.abs(micro) < SHORT_FROM * 1_000_000 ? credits(micro) : short.format(micro / 1_000_000))
export const percent = (ppm: number): string => `${(ppm / 10_000).toFixed(1)} %`
export const clock = (atMs: number): string => new Date(atMs).toLocaleTimeString('en-GB')
export const dayAndTime = (atMs: number): string => day.format(atMs)
export const count = (value: number): string => number.format(value)
/** A count with its noun: 1 bid, 2 bids. */
export const counted = (value: number, noun: string): string => `${count(value)} ${noun}${value === 1 ? '' : 's'}`
export const dollars = (microUsd: number): string => `$${(microUsd / 1_000_000).toFixed(microUsd !== 0 && Math.abs(microUsd) < 10_000 ? 4 : 2)}`

/** What is left of a time, as 4:05. */
export function timeLeft(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000))
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

/** A span in words: 800 ms, 45 s, 12 min, 3 h. */
export function span(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 120_000) return `${fine.format(Math.round(ms / 100) / 10)} s`
  return ms < 7_200_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 3_600_000)} h`
}

/** Words of a name: low_demand is low demand. */
export const words = (name: string): string => name.replaceAll('_', ' ')
