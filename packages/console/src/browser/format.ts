const number = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 })
const fine = new Intl.NumberFormat('en-US', { maximumFractionDigits: 4 })

/** Credits of micro-credits, with two decimals, or four below one. */
export const credits = (micro: number): string => (Math.abs(micro) < 1_000_000 ? fine : number).format(micro / 1_000_000)
export const percent = (ppm: number): string => `${(ppm / 10_000).toFixed(1)} %`
export const clock = (atMs: number): string => new Date(atMs).toLocaleTimeString('en-GB')
export const count = (value: number): string => number.format(value)

/** What is left of a time, as 4:05. */
export function timeLeft(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000))
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
