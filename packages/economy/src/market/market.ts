import type { Bundle, Params } from '@syntropism/contract'
import { type Meter, RESOURCES, type Resource, type State, type Step, emit, inTrace } from '../state/index.ts'
import { PPM, microToCredits } from '../units/index.ts'
import { type CurvePoint, curveOf, nextPoint, pointAt } from './curves.ts'
import { demandFor, refusedPrice } from './demand.ts'
import { dueMean, noteSold, openMeter, takeMean } from './meter.ts'
import { type Prices, reserveCostMicro } from './reserve.ts'

const floorsOf = ({ params }: State): Prices => ({
  attention: curveOf(params, 'attention').floor_micro_per_s,
  cpu: curveOf(params, 'cpu').floor_micro_per_s,
  llm: curveOf(params, 'llm').floor_micro_per_s,
  memory: curveOf(params, 'memory').floor_micro_per_s,
})
export const currentReserveMicro = (state: State, bundle: Bundle, durationMs: number): number => reserveCostMicro(pricesNow(state), bundle, durationMs)
export const floorReserveMicro = (state: State, bundle: Bundle, durationMs: number): number => reserveCostMicro(floorsOf(state), bundle, durationMs)

/** A resource's meter at its opening price. */
export const createMeter = (params: Params, resource: Resource, atMs: number): Meter => openMeter(curveOf(params, resource), atMs)

/** Notes what is sold and offered now; `utilisation_changed` when the sold share moved. */
export function setSold(step: Step, resource: Resource, sold: number, capacity: number): void {
  const { state } = step
  const meter = state.meters[resource]
  if (meter.sold === sold && meter.capacity === capacity) return
  const before = meter.sold_ppm
  if (step.traceparent !== '') meter.traceparent = step.traceparent
  noteSold(meter, state.params.curves[resource], state.at_ms, sold, capacity)
  if (before !== meter.sold_ppm) emit(step, 'utilisation_changed', '', { capacity, resource, sold, utilisation_ppm: meter.sold_ppm })
}

/** Where the end of a period would take the curve now, with the mean it rests on; null when no period ended or nothing would change. */
function duePoint(state: State, resource: Resource): (CurvePoint & { readonly mean_ppm: number }) | null {
  const meter = state.meters[resource]
  const mean = dueMean(meter, state.params.curves[resource], state.at_ms)
  if (mean < 0) return null
  const next = nextPoint(curveOf(state.params, resource), meter, mean, () => refusedPrice(demandFor(state, resource, pricesNow(state)), PPM))
  return next.price_micro_per_s === meter.price_micro_per_s && next.excess_ppm === meter.excess_ppm ? null : { ...next, mean_ppm: mean }
}

/** Whether a price would move at this instant. */
export const pricesAreDue = (state: State, atMs: number): boolean => {
  const view = { ...state, at_ms: atMs }
  return RESOURCES.some((resource) => duePoint(view, resource) !== null)
}

/** Moves the prices whose period has ended, all from the prices before. */
export function movePrices(step: Step): void {
  const { state } = step
  const due = RESOURCES.map((resource) => ({ point: duePoint(state, resource), resource }))
  for (const { point, resource } of due) {
    if (point === null) continue
    const meter = state.meters[resource]
    takeMean(meter, state.params.curves[resource], state.at_ms)
    meter.excess_ppm = point.excess_ppm
    const price = point.price_micro_per_s
    const reason = price < meter.price_micro_per_s ? 'low_demand' : point.mean_ppm >= PPM ? 'supply_constraint' : 'demand_spike'
    if (price !== meter.price_micro_per_s) inTrace(step, meter.traceparent, () => setPrice(step, resource, price, point.mean_ppm, reason))
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
    const curve = curveOf(step.state.params, resource)
    const meter = step.state.meters[resource]
    const { excess_ppm, price_micro_per_s: price } = pointAt(curve, meter.price_micro_per_s)
    Object.assign(meter, {
      changed_at_ms: step.state.at_ms,
      excess_ppm,
      integral_ppm_ms: 0,
      pending_mean_ppm: -1,
      period: Math.floor(step.state.at_ms / curve.period_ms),
    })
    if (price !== meter.price_micro_per_s) setPrice(step, resource, price, meter.sold_ppm, 'rules_changed')
  }
}

export const pricesNow = (state: State): Record<Resource, number> => ({
  attention: state.meters.attention.price_micro_per_s,
  cpu: state.meters.cpu.price_micro_per_s,
  llm: state.meters.llm.price_micro_per_s,
  memory: state.meters.memory.price_micro_per_s,
})
