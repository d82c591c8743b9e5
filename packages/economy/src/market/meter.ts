import type { PriceCurve } from '@syntropism/contract'
import type { Meter } from '../state/index.ts'
import { PPM, mulDivFloor } from '../units/index.ts'
import { pointAt } from './curves.ts'

/** A meter at the opening price of its curve. */
export function openMeter(curve: PriceCurve, atMs: number): Meter {
  return {
    capacity: 0,
    changed_at_ms: atMs,
    integral_ppm_ms: 0,
    pending_mean_ppm: -1,
    period: Math.floor(atMs / curve.period_ms),
    ...pointAt(curve, curve.opening_micro_per_s),
    sold: 0,
    sold_ppm: 0,
    traceparent: '',
  }
}

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

/** Notes what is sold and offered from this instant on. */
export function noteSold(meter: Meter, curve: PriceCurve, atMs: number, sold: number, capacity: number): void {
  roll(meter, curve, atMs)
  meter.integral_ppm_ms += meter.sold_ppm * (atMs - meter.changed_at_ms)
  Object.assign(meter, { capacity, changed_at_ms: atMs, sold, sold_ppm: capacity === 0 ? 0 : Math.min(PPM, mulDivFloor(sold, PPM, capacity)) })
}

/** Mean share sold over the last complete period that no price has been set from yet; −1 when there is none. */
export function dueMean(meter: Meter, curve: PriceCurve, atMs: number): number {
  const view = { ...meter }
  roll(view, curve, atMs)
  return view.pending_mean_ppm
}

/** Marks that mean as used. */
export function takeMean(meter: Meter, curve: PriceCurve, atMs: number): void {
  roll(meter, curve, atMs)
  meter.pending_mean_ppm = -1
}
