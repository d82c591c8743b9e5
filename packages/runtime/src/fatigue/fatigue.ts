/** One judgement: when, and the mean of its three scores. */
export interface Judged {
  readonly at_ms: number
  readonly score: number
}

type Sign = 'faster' | 'milder' | 'slower' | 'stricter' | 'uniform'

/** How a human's latest judgements differ from those before. Null where there are too few to tell. */
export interface Fatigue {
  /** Middle time between two judgements, breaks left out. */
  readonly item_ms: number | null
  readonly item_ms_before: number | null
  /** Mean score now minus mean score before, in points. */
  readonly score_drift_points: number | null
  /** Standard deviation of the scores, in points. */
  readonly score_spread_points: number | null
  readonly score_spread_points_before: number | null
  readonly signs: readonly Sign[]
}

/** Judgements that count as now, and as before. */
const NOW = 10
const BEFORE = 30
/** Fewest on each side to say anything. */
const LEAST = 5
/** A longer pause is no time spent on an item. */
const BREAK_MS = 600_000
const DRIFT_POINTS = 1.5
const PACE = 2

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number
function spread(values: readonly number[]): number {
  const middle = mean(values)
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)))
}

/** Time that each judgement took, by the one before it. */
const pacesOf = (judged: readonly Judged[]): number[] =>
  judged.flatMap((one, index) => {
    const before = judged[index - 1]
    return before === undefined || one.at_ms - before.at_ms > BREAK_MS ? [] : [one.at_ms - before.at_ms]
  })

const enough = <T>(values: readonly number[], figure: (values: readonly number[]) => T): T | null => (values.length < LEAST ? null : figure(values))

/** Whether the latest judgements of one human, given oldest first, look like those of somebody who is tired. */
export function fatigueOf(judged: readonly Judged[]): Fatigue {
  const now = judged.slice(-NOW)
  const before = judged.slice(-NOW - BEFORE, -NOW)
  const scores = now.map((one) => one.score)
  const scoresBefore = before.map((one) => one.score)
  const item_ms = enough(pacesOf(judged.slice(-NOW - 1)), median)
  const item_ms_before = enough(pacesOf(before), median)
  const drift = scores.length < LEAST || scoresBefore.length < LEAST ? null : mean(scores) - mean(scoresBefore)
  const spreadNow = enough(scores, spread)
  const spreadBefore = enough(scoresBefore, spread)
  const signs: Sign[] = []
  if (item_ms !== null && item_ms_before !== null) {
    if (item_ms * PACE <= item_ms_before) signs.push('faster')
    if (item_ms >= item_ms_before * PACE) signs.push('slower')
  }
  if (drift !== null && Math.abs(drift) >= DRIFT_POINTS) signs.push(drift > 0 ? 'milder' : 'stricter')
  // The same score for everything, by somebody who used to tell things apart.
  if (spreadNow !== null && spreadBefore !== null && spreadBefore >= 1 && spreadNow <= spreadBefore / 4) signs.push('uniform')
  return { item_ms, item_ms_before, score_drift_points: drift, score_spread_points: spreadNow, score_spread_points_before: spreadBefore, signs }
}
