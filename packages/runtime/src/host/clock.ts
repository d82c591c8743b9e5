import { performance } from 'node:perf_hooks'
import type { Clock } from '../ports/index.ts'

/** Largest part by which economy time runs faster or slower than monotonic time to meet the wall clock. */
const SLEW = 0.01

/**
 * Economy time: starts at max(last, wall clock) and then follows the monotonic clock; a wall clock that steps is met
 * by running at most 1 % faster or slower. Never runs back.
 */
export function createWallClock(lastAtMs: number, wall: () => number = Date.now, monotonic: () => number = () => performance.now()): Clock {
  let economy = Math.max(lastAtMs, wall())
  let before = monotonic()
  return {
    now() {
      const now = monotonic()
      const elapsed = now - before
      before = now
      const gap = wall() - (economy + elapsed)
      economy += elapsed + Math.max(-elapsed * SLEW, Math.min(elapsed * SLEW, gap))
      return Math.floor(economy)
    },
  }
}
