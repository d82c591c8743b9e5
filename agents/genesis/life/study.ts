import type { Observation } from './observe.ts'

/** What is remembered between windows: forecasts and how far off they were. */
export interface StudyMemory {
  forecasts: Record<string, number>
  errors: Record<string, number[]>
}
export const emptyStudyMemory = (): StudyMemory => ({ errors: {}, forecasts: {} })

const KEPT = 20
const mean = (values: readonly number[]): number => (values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length)
const round = (value: number, digits = 3): number => Number(value.toFixed(digits))
const credits = (micro: number): number => round(micro / 1_000_000, 4)

/** Three ways to forecast the next price from the last ones; the one with the least mean error so far is believed. */
const FORECASTS: Record<string, (prices: readonly number[]) => number> = {
  drift: (prices) => (prices.length < 2 ? (prices.at(-1) ?? 0) : (prices.at(-1) ?? 0) + ((prices.at(-1) ?? 0) - (prices[0] ?? 0)) / (prices.length - 1)),
  last: (prices) => prices.at(-1) ?? 0,
  mean: (prices) => mean(prices.slice(-10)),
}

/** Books the errors of the last forecasts against the price seen now, then makes new ones. */
export function forecast(
  memory: StudyMemory,
  prices: readonly number[],
): { best: string; mean_error: number | null; next: number; realised_error: number | null } {
  const seen = prices.at(-1) ?? 0
  for (const [name, predicted] of Object.entries(memory.forecasts))
    memory.errors[name] = [...(memory.errors[name] ?? []), Math.abs(predicted - seen)].slice(-KEPT)
  const ranked = Object.keys(FORECASTS).sort((a, b) => mean(memory.errors[a] ?? []) - mean(memory.errors[b] ?? []) || (a < b ? -1 : 1))
  const best = ranked[0] ?? 'last'
  const realised = memory.errors[best]?.at(-1) ?? null
  for (const [name, predict] of Object.entries(FORECASTS)) memory.forecasts[name] = predict(prices)
  return {
    best,
    mean_error: memory.errors[best] === undefined ? null : mean(memory.errors[best]),
    next: memory.forecasts[best] ?? seen,
    realised_error: realised,
  }
}

/** Who waits for a window and why, longest wait first. */
export function starved(seen: Observation): { agent_id: string; bid_id: string; why: string }[] {
  return seen.book
    .filter((bid) => bid.prompt_id === null && bid.not_before_ms <= seen.self.now_ms && bid.agent_id !== seen.self.agent_id)
    .map((bid) => ({
      agent_id: bid.agent_id,
      bid_id: bid.bid_id,
      why:
        bid.offered_micro < bid.reserve_micro
          ? `offers ${credits(bid.offered_micro)} where the reserve is ${credits(bid.reserve_micro)}`
          : `meets its reserve of ${credits(bid.reserve_micro)} but finds no room`,
    }))
}

export interface Study {
  readonly title: string
  readonly report: string
  readonly figures: Readonly<Record<string, number | string | null>>
}

/** The study of one window: every sentence states a figure of what was seen. */
export function study(seen: Observation, memory: StudyMemory): Study {
  const cpu = seen.market.find((resource) => resource.resource === 'cpu')
  const series = [...seen.cpu_prices.map((point) => point.new_price_micro_per_s), cpu?.price_micro_per_s ?? 0]
  const prediction = forecast(
    memory,
    series.map((price) => price / 1_000_000),
  )
  const waiting = starved(seen)
  const spent = seen.history.filter((move) => move.to_account === 'burn' && move.from_agent === seen.self.agent_id)
  const byPurpose = new Map<string, { count: number; micro: number }>()
  for (const move of spent) {
    const sum = byPurpose.get(move.purpose) ?? { count: 0, micro: 0 }
    byPurpose.set(move.purpose, { count: sum.count + 1, micro: sum.micro + move.amount_micro })
  }
  const ups = seen.cpu_prices.filter((point) => point.new_price_micro_per_s > point.old_price_micro_per_s).length
  const living = seen.neighbours.filter((agent) => agent.status !== 'dead')
  const lines = [
    `CPU costs ${credits(cpu?.price_micro_per_s ?? 0)} credits/s for the whole; ${round((cpu?.utilisation_ppm ?? 0) / 10_000, 1)} % is sold. Of the last ${seen.cpu_prices.length} price changes ${ups} went up.`,
    `Forecast for the next price: ${round(prediction.next, 4)} (method "${prediction.best}"; mean error so far ${prediction.mean_error === null ? 'none yet' : round(prediction.mean_error, 4)}, last error ${prediction.realised_error === null ? 'none yet' : round(prediction.realised_error, 4)}).`,
    waiting.length === 0
      ? `Nobody else waits for a window; ${living.length} agents live.`
      : `${waiting.length} of ${living.length} living agents wait: ${waiting
          .slice(0, 3)
          .map((one) => `${one.agent_id} ${one.why}`)
          .join('; ')}.`,
    byPurpose.size === 0
      ? 'I have burned nothing yet.'
      : `My credits bought: ${[...byPurpose].map(([purpose, sum]) => `${sum.count} × ${purpose} for ${credits(sum.micro)}`).join(', ')}; ${credits(seen.self.balance_micro)} are left.`,
  ]
  return {
    figures: {
      cpu_price: credits(cpu?.price_micro_per_s ?? 0),
      forecast: round(prediction.next, 4),
      forecast_error: prediction.realised_error === null ? null : round(prediction.realised_error, 4),
      living: living.length,
      waiting: waiting.length,
    },
    report: lines.join('\n'),
    title: `CPU at ${credits(cpu?.price_micro_per_s ?? 0)}, next ${round(prediction.next, 3)}; ${waiting.length} waiting`,
  }
}
