/** Time between two drawings of a progress line. */
export const PROGRESS_EVERY_MS = 100

const BLOCKS = '▁▂▃▄▅▆▇█'
const WIDTH = 24

/** A course of values in at most 32 characters. */
export function spark(values: readonly number[]): string {
  const [low, high] = [Math.min(...values), Math.max(...values)]
  if (low === high) return '─'
  const count = Math.min(32, values.length)
  return Array.from({ length: count }, (_, index) => {
    const value = values[Math.round((index * (values.length - 1)) / Math.max(1, count - 1))] as number
    return BLOCKS[Math.round(((value - low) / (high - low)) * (BLOCKS.length - 1))]
  }).join('')
}

const span = (ms: number): string =>
  ms >= 3_600_000 ? `${(ms / 3_600_000).toFixed(1)} h` : ms >= 60_000 ? `${(ms / 60_000).toFixed(1)} min` : `${Math.ceil(ms / 1000)} s`

/** Bar, share done, rate and time left. */
export function progressLine(done: number, all: number, elapsedMs: number, rate: string): string {
  const filled = Math.round((WIDTH * done) / all)
  const left = done === 0 ? '' : `, ${span((elapsedMs * (all - done)) / done)} left`
  return `${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)} ${done}/${all}, ${rate}${left}`
}

/** A bar on the terminal; silent where nobody looks. */
export function openBar(things: string): (done: number, all: number) => void {
  const began = Date.now()
  let drawn = 0
  return (done, all) => {
    const now = Date.now()
    if (!process.stderr.isTTY || (done < all && now - drawn < PROGRESS_EVERY_MS)) return
    drawn = now
    const rate = `${((done * 1000) / Math.max(1, now - began)).toFixed(1)} ${things}/s`
    process.stderr.write(`\r\u001B[K${progressLine(done, all, now - began, rate)}${done === all ? '\n' : ''}`)
  }
}
