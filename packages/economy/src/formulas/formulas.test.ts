import { describe, expect, it } from 'vitest'
import {
  FormulaError,
  allocativeEfficiency,
  bestResponse,
  callMarket,
  cobbDouglas,
  debtTemperature,
  exponentialWealth,
  fakeExponential,
  geometricWealth,
  multiUnitAuction,
  nextBaseFee,
  nextExcess,
  proportionalShares,
  savingWealth,
  scarfExcessDemand,
  splitFee,
  tatonnement,
  volumeWeightedPrice,
  zipStep,
} from './index.ts'

describe('price formulas', () => {
  it('the base fee rises an eighth of its way over the target, stands at it and falls below it', () => {
    expect(nextBaseFee({ base: 2_000_000_000n, limit: 30_000_000n, used: 22_500_000n })).toBe(2_125_000_000n)
    expect(nextBaseFee({ base: 1_000_000_000n, limit: 20_000_000n, used: 10_000_000n })).toBe(1_000_000_000n)
    expect(nextBaseFee({ base: 1_000_000_000n, limit: 20_000_000n, used: 9_000_000n })).toBe(987_500_000n)
    expect(nextBaseFee({ base: 1_000_000_000n, limit: 20_000_000n, used: 11_000_000n })).toBe(1_012_500_000n)
    expect(nextBaseFee({ base: 0n, limit: 20n, used: 11n })).toBe(1n)
    expect(nextBaseFee({ base: 7n, limit: 20n, used: 0n })).toBe(7n)
  })

  it('a fee is split into burn, tip and refund, or not admitted', () => {
    expect(splitFee({ base: 10n, max_fee: 15n, max_tip: 3n, units: 2n })).toEqual({ admitted: true, burned: 20n, refunded: 4n, tip: 6n })
    expect(splitFee({ base: 10n, max_fee: 11n, max_tip: 3n, units: 2n })).toEqual({ admitted: true, burned: 20n, refunded: 0n, tip: 2n })
    expect(splitFee({ base: 10n, max_fee: 9n, max_tip: 3n, units: 2n })).toEqual({ admitted: false, burned: 0n, refunded: 18n, tip: 0n })
  })

  it('the integer exponential equals the published vectors', () => {
    const vectors: [bigint, bigint, bigint, bigint][] = [
      [1n, 0n, 1n, 1n],
      [38_493n, 0n, 1000n, 38_493n],
      [0n, 1234n, 2345n, 0n],
      [1n, 2n, 1n, 6n],
      [1n, 4n, 2n, 6n],
      [1n, 3n, 1n, 16n],
      [1n, 6n, 2n, 18n],
      [1n, 4n, 1n, 49n],
      [1n, 8n, 2n, 50n],
      [10n, 8n, 2n, 542n],
      [11n, 8n, 2n, 596n],
      [1n, 5n, 1n, 136n],
      [1n, 5n, 2n, 11n],
      [2n, 5n, 2n, 23n],
      [1n, 50_000_000n, 2_225_652n, 5_709_098_764n],
      [1000n, 3n, 2n, 4480n],
      [1n, 1n, 1n, 2n],
    ]
    for (const [factor, numerator, denominator, expected] of vectors) expect(fakeExponential({ denominator, factor, numerator })).toBe(expected)
  })

  it('excess adds up over the target and stops at zero', () => {
    expect(nextExcess({ excess: 5n, target: 3n, used: 6n })).toBe(8n)
    expect(nextExcess({ excess: 1n, target: 3n, used: 1n })).toBe(0n)
  })

  it('a call market clears two units between 18 and 20 with a surplus of 31', () => {
    expect(callMarket({ costs: [8n, 15n, 20n, 26n], values: [30n, 24n, 18n, 10n] })).toEqual({ high: 20n, low: 18n, quantity: 2, surplus: 31n })
    expect(callMarket({ costs: [], values: [5n] })).toEqual({ high: null, low: 5n, quantity: 0, surplus: 0n })
  })

  it('a volume-weighted price is credits over units × duration', () => {
    expect(
      volumeWeightedPrice([
        { credits: 10, duration: 2, units: 1 },
        { credits: 20, duration: 4, units: 2 },
      ]),
    ).toBe(3)
    expect(volumeWeightedPrice([])).toBeNull()
  })

  it.each([
    () => nextBaseFee({ base: -1n, limit: 20n, used: 1n }),
    () => nextBaseFee({ base: 1n, limit: 1n, used: 1n }),
    () => nextBaseFee({ base: 1n, limit: 20n, used: 21n }),
    () => fakeExponential({ denominator: 0n, factor: 1n, numerator: 1n }),
    () => proportionalShares({ capacity: 0n, weights: [] }),
    () => savingWealth({ saving: 1 }),
    () => cobbDouglas({ budgets: [1], supply: [1, 1], weights: [[0.5, 0.4]] }),
  ])('a value outside the domain is refused', (call) => {
    expect(call).toThrow(FormulaError)
  })
})

describe('sharing formulas', () => {
  it('proportional shares add up to the capacity, leftovers by largest remainder', () => {
    expect(proportionalShares({ capacity: 4n, weights: [3n, 1n] })).toEqual({ price: { denominator: 4n, numerator: 4n }, shares: [3n, 1n] })
    expect(proportionalShares({ capacity: 10n, weights: [1n, 1n, 1n] }).shares).toEqual([4n, 3n, 3n])
    expect(proportionalShares({ capacity: 10n, weights: [0n] }).shares).toEqual([0n])
  })

  it('the best response to bids of 1 and 4 with a budget of 4 is 2 and 2', () => {
    expect(bestResponse({ budget: 4, others: [1, 4], weights: [1, 1] })).toEqual([2, 2])
  })

  it('two units sold to bids of (10, 6) and (8, 1): uniform 6, Vickrey 1 and 6', () => {
    expect(
      multiUnitAuction({
        bids: [
          [10, 6],
          [8, 1],
        ],
        units: 2,
      }),
    ).toEqual({ uniform_price: 6, units: [1, 1], vickrey: [1, 6] })
  })
})

describe('wealth formulas', () => {
  it('unit exchange at mean 3 has Gini 4/7 and entropy 2.2493', () => {
    const { broke_share, entropy, gini } = geometricWealth({ mean: 3 })
    expect(gini).toBeCloseTo(4 / 7, 12)
    expect(entropy).toBeCloseTo(2.2493, 4)
    expect(broke_share).toBe(0.25)
  })

  it('exponential wealth of 100 agents has an expected Gini of 0.495', () => {
    expect(exponentialWealth({ agents: 100 })).toMatchObject({ gini_of_sample: 0.495, theil: expect.closeTo(0.42278, 5) })
  })

  it('a saving of 0.4 gives a Gamma law of shape 3 and Gini 5/16', () => {
    const law = savingWealth({ saving: 0.4 })
    expect(law.shape).toBeCloseTo(3, 12)
    expect(law.gini).toBeCloseTo(5 / 16, 10)
    expect(law.variance).toBeCloseTo(1 / 3, 12)
  })

  it('debt shifts the temperature', () => {
    expect(debtTemperature({ debt: 2, mean: 3 })).toBe(5)
  })
})

describe('traders and equilibrium', () => {
  it('one ZIP step moves the margin from 0.1 to 0.08932', () => {
    const moved = zipStep({ absolute: -0.02, learning_rate: 0.3, limit: 100, margin: 0.1, momentum: 0.5, momentum_state: 0, relative: 0.98, shout: 105 })
    expect(moved.target).toBeCloseTo(102.88, 10)
    expect(moved.momentum_state).toBeCloseTo(-1.068, 10)
    expect(moved.margin).toBeCloseTo(0.08932, 10)
  })

  it('efficiency is surplus earned over surplus possible', () => {
    expect(allocativeEfficiency({ earned: 30, possible: 31 })).toBeCloseTo(0.9677, 4)
    expect(allocativeEfficiency({ earned: 0, possible: 0 })).toBe(1)
  })

  it('two Cobb-Douglas buyers price two goods at 4 and 3', () => {
    expect(
      cobbDouglas({
        budgets: [60, 40],
        supply: [10, 20],
        weights: [
          [0.5, 0.5],
          [0.25, 0.75],
        ],
      }),
    ).toEqual({
      allocation: [
        [7.5, 10],
        [2.5, 10],
      ],
      prices: [4, 3],
    })
  })

  it('tâtonnement halves the distance to 4 at a gain of one half', () => {
    expect(tatonnement({ budget: 40, gain: 0.5, price: 8, steps: 3, supply: 10 })).toEqual([8, 6, 5, 4.5])
  })

  it("Scarf's economy at (1, 1, 2) wants 1/6 more of the first good and 1/6 less of the second", () => {
    const [first, second, third] = scarfExcessDemand([1, 1, 2])
    expect(first).toBeCloseTo(1 / 6, 12)
    expect(second).toBeCloseTo(-1 / 6, 12)
    expect(third).toBeCloseTo(0, 12)
  })
})
