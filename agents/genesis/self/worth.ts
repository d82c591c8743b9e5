import type { Plan } from '../life/plan.ts'
import type { Cycle } from '../life/memory.ts'

/** What a version would have done in a recorded window. */
export interface Rehearsed {
  readonly prompts: boolean
  readonly prompt_bid_micro: number | null
  readonly standing: Plan['standing']
}

const WINDOW_MS = 3000
const HOUR_MS = 3_600_000
const PPM = 1_000_000

const meanOf = (values: readonly number[]): number => (values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length)

/**
 * What a version would have made of recorded windows, in micro-credits an hour. It pays what it offers where that clears, the reserve and, where room
 * is scarce, the best offer of others; a prompt brings what the recorded one brought, or the mean of the judged ones where none was filed. A prompt
 * that nobody has judged costs nothing, as its bid returns.
 */
export function worthMicroPerHour(cycles: readonly Cycle[], rehearsed: readonly Rehearsed[]): number {
  const mean = meanOf(cycles.flatMap((cycle) => (cycle.reward_micro === null ? [] : [cycle.reward_micro])))
  let [micro, ms] = [0, 0]
  for (const [index, { prompt_id, reward_micro, situation }] of cycles.entries()) {
    const plan = rehearsed[index]
    if (plan === undefined) return Number.NEGATIVE_INFINITY
    const { limit_micro, margin_ppm, pause_ms } = plan.standing
    const offer = Math.min(limit_micro, Math.ceil((situation.window_micro * (PPM + margin_ppm)) / PPM))
    ms += WINDOW_MS + pause_ms
    if (offer > situation.balance_micro) return Number.NEGATIVE_INFINITY
    if (offer < (situation.scarce ? Math.max(situation.window_micro, situation.rival_micro + 1) : situation.window_micro)) continue
    micro -= offer
    if (!plan.prompts) continue
    if (prompt_id !== null && reward_micro !== null) micro += reward_micro - (plan.prompt_bid_micro ?? 0)
    else if (prompt_id === null && mean > 0) micro += mean - (plan.prompt_bid_micro ?? 0)
  }
  return ms === 0 ? 0 : (micro * HOUR_MS) / ms
}

/** Is the second worth more than the first, by more than a few per cent of it? */
export const isBetter = (before: number, after: number): boolean => Number.isFinite(after) && after > before + Math.abs(before) * 0.03
