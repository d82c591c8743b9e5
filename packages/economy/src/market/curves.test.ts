import type { PriceCurve } from '@syntropism/contract'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DEFAULT_PARAMS } from '../params/index.ts'
import { type CurvePoint, curveOf, llmCostMicroPerS, nextPoint, pointAt, refusedPrice } from './index.ts'

const curve = (over: Partial<PriceCurve>): PriceCurve => ({
  ...DEFAULT_PARAMS.curves.cpu,
  ceiling_micro_per_s: 1_000_000_000_000,
  floor_micro_per_s: 1,
  ...over,
})
const none = (): null => null
const after = (one: PriceCurve, point: CurvePoint, ...sold: number[]): CurvePoint => sold.reduce((at, ppm) => nextPoint(one, at, ppm, none), point)

describe('the base-fee curve', () => {
  const baseFee = curve({ kind: 'base-fee' })
  const price = (from: number, sold: number): number => after(baseFee, { excess_ppm: 0, price_micro_per_s: from }, sold).price_micro_per_s

  it('moves as the published vectors of EIP-1559 do, the target being half of the capacity', () => {
    expect(price(1_000_000_000, 500_000)).toBe(1_000_000_000)
    expect(price(1_000_000_000, 450_000)).toBe(987_500_000)
    expect(price(1_000_000_000, 550_000)).toBe(1_012_500_000)
    expect(price(2_000_000_000, 750_000)).toBe(2_125_000_000)
  })
  it('moves by an eighth at most when full or empty, and by one upwards at least', () => {
    expect(price(8000, 1_000_000)).toBe(9000)
    expect(price(8000, 0)).toBe(7000)
    expect(price(1, 500_001)).toBe(2)
  })
  it('takes any share as its target', () => {
    const quarter = curve({ kind: 'base-fee', target_ppm: 250_000 })
    expect(after(quarter, { excess_ppm: 0, price_micro_per_s: 8000 }, 500_000).price_micro_per_s).toBe(9000)
    expect(after(quarter, { excess_ppm: 0, price_micro_per_s: 8000 }, 250_000).price_micro_per_s).toBe(8000)
    expect(after(curve({ kind: 'base-fee', target_ppm: 1_000_000 }), { excess_ppm: 0, price_micro_per_s: 8000 }, 1_000_000).price_micro_per_s).toBe(8000)
  })
})

describe('the excess curve', () => {
  it('prices an excess by the published vector of EIP-4844', () => {
    const published = curve({ excess_per_e_ppm: 2_225_652, kind: 'excess', target_ppm: 1 })
    expect(after(published, { excess_ppm: 50_000_001, price_micro_per_s: 1 }, 0).price_micro_per_s).toBe(5_709_098_764)
  })
  it('rises by an eighth in a full period, and comes back the way it went whatever the order', () => {
    const one = curve({ floor_micro_per_s: 1_000_000, kind: 'excess' })
    const start = pointAt(one, 4_000_000)
    expect(start.price_micro_per_s).toBe(4_000_000)
    const full = after(one, start, 1_000_000)
    expect(full.price_micro_per_s / 4_000_000).toBeCloseTo(1.125, 5)
    expect(after(one, start, 1_000_000, 700_000, 0, 300_000)).toEqual(after(one, start, 0, 300_000, 700_000, 1_000_000))
  })
  it('stops at floor and ceiling and leaves no debt beyond them', () => {
    const one = curve({ ceiling_micro_per_s: 2_000_000, floor_micro_per_s: 1_000_000, kind: 'excess' })
    const high = after(one, pointAt(one, 1_900_000), ...Array.from({ length: 50 }, () => 1_000_000))
    expect(high.price_micro_per_s).toBe(2_000_000)
    expect(after(one, high, 0).price_micro_per_s).toBeLessThan(2_000_000)
    expect(after(one, high, ...Array.from({ length: 50 }, () => 0))).toEqual({ excess_ppm: 0, price_micro_per_s: 1_000_000 })
  })
})

describe('the clearing curve', () => {
  it('takes the highest price at which demand no longer fits', () => {
    const demand = [
      { price_micro_per_s: 30, share_ppm: 500_000 },
      { price_micro_per_s: 10, share_ppm: 400_000 },
      { price_micro_per_s: 20, share_ppm: 400_000 },
    ]
    expect(refusedPrice(demand, 1_000_000)).toBe(10)
    expect(refusedPrice(demand, 800_000)).toBe(20)
    expect(refusedPrice(demand.slice(0, 2), 1_000_000)).toBeNull()
    const one = curve({ floor_micro_per_s: 5, kind: 'clearing' })
    expect(nextPoint(one, pointAt(one, 100), 0, () => 10).price_micro_per_s).toBe(10)
    expect(nextPoint(one, pointAt(one, 100), 0, none).price_micro_per_s).toBe(5)
  })
})

describe('limits', () => {
  it('every kind keeps between floor and ceiling', () => {
    const kinds = fc.constantFrom('linear' as const, 'base-fee' as const, 'excess' as const, 'clearing' as const)
    const sold = fc.integer({ max: 1_000_000, min: 0 })
    const limits = fc
      .tuple(fc.integer({ max: 10 ** 12, min: 1 }), fc.integer({ max: 10 ** 12, min: 1 }))
      .map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const)
    fc.assert(
      fc.property(
        kinds,
        limits,
        fc.integer({ max: 1_000_000, min: 1 }),
        fc.nat(10 ** 12),
        fc.array(sold, { maxLength: 20 }),
        fc.option(fc.nat(10 ** 13)),
        (kind, [floor, ceiling], target, opening, path, refused) => {
          const one = curve({ ceiling_micro_per_s: ceiling, floor_micro_per_s: floor, kind, target_ppm: target })
          let point = pointAt(one, opening)
          for (const share of path) {
            point = nextPoint(one, point, share, () => refused)
            expect(Number.isSafeInteger(point.price_micro_per_s) && Number.isSafeInteger(point.excess_ppm)).toBe(true)
            expect(point.price_micro_per_s).toBeGreaterThanOrEqual(floor)
            expect(point.price_micro_per_s).toBeLessThanOrEqual(ceiling)
          }
        },
      ),
      { numRuns: 300, seed: 31 },
    )
  })

  it('LLM capacity is never sold under what it costs, and the ceiling gives way to that', () => {
    const params = { ...DEFAULT_PARAMS, llm_keys_micro_usd_per_minute: 400_000, llm_micro_usd_per_minute: 1_000_000 }
    // 0.6 dollars a minute are 10 000 micro-dollars a second: 10 credits at a thousandth of a dollar.
    expect(llmCostMicroPerS(params)).toBe(10_000_000)
    expect(curveOf(params, 'llm').floor_micro_per_s).toBe(10_000_000)
    expect(curveOf({ ...params, credit_value_micro_usd: 0 }, 'llm')).toBe(params.curves.llm)
    expect(curveOf({ ...params, credit_value_micro_usd: 1 }, 'llm')).toMatchObject({ ceiling_micro_per_s: 10_000_000_000, floor_micro_per_s: 10_000_000_000 })
    expect(curveOf(params, 'cpu')).toBe(params.curves.cpu)
  })
})
