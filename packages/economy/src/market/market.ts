import type { Bundle, PriceCurve } from '@syntropism/contract'
import { type Meter, RESOURCES, type Resource, type State, type Step, emit, inTrace } from '../state/index.ts'
import { MS_PER_S, PPM, microToCredits, mulDivCeil, mulDivFloor } from '../units/index.ts'

/**
 * Linear threshold curve: at or above `high_ppm` sold the price rises by `up_ppm`, at or below `low_ppm` it falls by `down_ppm`, both rounded
 * down but by at least one upwards; then floor and ceiling. Prices in micro-credits per second of the whole capacity.
 */
export function linearThreshold(curve: PriceCurve, priceMicroPerS: number, soldPpm: number): number {
  let next = priceMicroPerS
  if (soldPpm >= curve.high_ppm) next += Math.max(1, mulDivFloor(priceMicroPerS, curve.up_ppm, PPM))
  else if (soldPpm <= curve.low_ppm) next -= mulDivFloor(priceMicroPerS, curve.down_ppm, PPM)
  return Math.min(curve.ceiling_micro_per_s, Math.max(curve.floor_micro_per_s, next))
}

export type Prices = Readonly<Record<Resource, number>>

/** Σ price × share × duration over the bundle, rounded up once, in micro-credits. */
export function reserveCostMicro(prices: Prices, bundle: Bundle, durationMs: number): number {
  const { attention = 0, cpu = 0, llm = 0, memory = 0 } = bundle
  const perSecond = prices.attention * attention + prices.cpu * cpu + prices.llm * llm + prices.memory * memory
  if (perSecond <= Number.MAX_SAFE_INTEGER) return mulDivCeil(perSecond, durationMs, PPM * MS_PER_S)
  let wide = 0n
  for (const resource of RESOURCES) wide += BigInt(bundle[resource] ?? 0) * BigInt(prices[resource])
  const divisor = BigInt(PPM * MS_PER_S)
  return Number((wide * BigInt(durationMs) + divisor - 1n) / divisor)
}

const floorsOf = ({ params: { curves } }: State): Prices => ({
  attention: curves.attention.floor_micro_per_s,
  cpu: curves.cpu.floor_micro_per_s,
  llm: curves.llm.floor_micro_per_s,
  memory: curves.memory.floor_micro_per_s,
})
export const currentReserveMicro = (state: State, bundle: Bundle, durationMs: number): number => reserveCostMicro(pricesNow(state), bundle, durationMs)
export const floorReserveMicro = (state: State, bundle: Bundle, durationMs: number): number => reserveCostMicro(floorsOf(state), bundle, durationMs)

export const createMeter = (curve: PriceCurve, atMs: number): Meter => ({
  capacity: 0,
  changed_at_ms: atMs,
  integral_ppm_ms: 0,
  pending_mean_ppm: -1,
  period: Math.floor(atMs / curve.period_ms),
  price_micro_per_s: curve.opening_micro_per_s,
  sold: 0,
  sold_ppm: 0,
  traceparent: '',
})

/** Closes the meter's period when it is over; keeps the mean of the last complete one. Periods are aligned to the epoch. */
function roll(meter: Meter, curve: PriceCurve, atMs: number): void {
  const period = Math.floor(atMs / curve.period_ms)
  if (period > meter.period) {
    const endMs = (meter.period + 1) * curve.period_ms
    const mean =
      period === meter.period + 1 ? Math.floor((meter.integral_ppm_ms + meter.sold_ppm * (endMs - meter.changed_at_ms)) / curve.period_ms) : meter.sold_ppm
    meter.pending_mean_ppm = meter.capacity > 0 ? mean : -1
    Object.assign(meter, { changed_at_ms: period * curve.period_ms, integral_ppm_ms: 0, period })
  }
}

/** Notes what is sold and offered now; `utilisation_changed` when the sold share moved. */
export function setSold(step: Step, resource: Resource, sold: number, capacity: number): void {
  const { state } = step
  const meter = state.meters[resource]
  if (meter.sold === sold && meter.capacity === capacity) return
  roll(meter, state.params.curves[resource], state.at_ms)
  meter.integral_ppm_ms += meter.sold_ppm * (state.at_ms - meter.changed_at_ms)
  const before = meter.sold_ppm
  if (step.traceparent !== '') meter.traceparent = step.traceparent
  Object.assign(meter, { capacity, changed_at_ms: state.at_ms, sold, sold_ppm: capacity === 0 ? 0 : Math.min(PPM, mulDivFloor(sold, PPM, capacity)) })
  if (before !== meter.sold_ppm) emit(step, 'utilisation_changed', '', { capacity, resource, sold, utilisation_ppm: meter.sold_ppm })
}

/** Price that the end of a period would set now, with the mean it rests on; null when no period ended or nothing would change. */
function duePrice(state: State, resource: Resource): { mean_ppm: number; price: number } | null {
  const meter = state.meters[resource]
  const curve = state.params.curves[resource]
  const view = { ...meter }
  roll(view, curve, state.at_ms)
  if (view.pending_mean_ppm < 0) return null
  const price = linearThreshold(curve, meter.price_micro_per_s, view.pending_mean_ppm)
  return price === meter.price_micro_per_s ? null : { mean_ppm: view.pending_mean_ppm, price }
}

/** Whether a price would move at this instant. */
export const pricesAreDue = (state: State, atMs: number): boolean => {
  const view = { ...state, at_ms: atMs }
  return RESOURCES.some((resource) => duePrice(view, resource) !== null)
}

/** Moves the prices whose period has ended. */
export function movePrices(step: Step): void {
  const { state } = step
  for (const resource of RESOURCES) {
    const due = duePrice(state, resource)
    if (due === null) continue
    const meter = state.meters[resource]
    roll(meter, state.params.curves[resource], state.at_ms)
    meter.pending_mean_ppm = -1
    const reason = due.price < meter.price_micro_per_s ? 'low_demand' : due.mean_ppm >= PPM ? 'supply_constraint' : 'demand_spike'
    inTrace(step, meter.traceparent, () => setPrice(step, resource, due.price, due.mean_ppm, reason))
    meter.traceparent = ''
  }
}

function setPrice(
  step: Step,
  resource: Resource,
  price: number,
  meanPpm: number,
  reason: 'demand_spike' | 'supply_constraint' | 'low_demand' | 'rules_changed',
): void {
  const meter = step.state.meters[resource]
  const old = meter.price_micro_per_s
  meter.price_micro_per_s = price
  step.state.book_changed = true
  emit(step, 'price_update', '', {
    new_price: microToCredits(price),
    new_price_micro_per_s: price,
    old_price: microToCredits(old),
    old_price_micro_per_s: old,
    reason,
    resource,
    utilisation_ppm: meanPpm,
  })
}

/** Brings the prices inside floors and ceilings after the rules changed, and starts new periods. */
export function fitPricesToRules(step: Step): void {
  for (const resource of RESOURCES) {
    const curve = step.state.params.curves[resource]
    const meter = step.state.meters[resource]
    Object.assign(meter, { changed_at_ms: step.state.at_ms, integral_ppm_ms: 0, pending_mean_ppm: -1, period: Math.floor(step.state.at_ms / curve.period_ms) })
    const price = Math.min(curve.ceiling_micro_per_s, Math.max(curve.floor_micro_per_s, meter.price_micro_per_s))
    if (price !== meter.price_micro_per_s) setPrice(step, resource, price, meter.sold_ppm, 'rules_changed')
  }
}

export const pricesNow = (state: State): Record<Resource, number> => ({
  attention: state.meters.attention.price_micro_per_s,
  cpu: state.meters.cpu.price_micro_per_s,
  llm: state.meters.llm.price_micro_per_s,
  memory: state.meters.memory.price_micro_per_s,
})
