import { describe, expect, it } from 'vitest'
import {
  FormulaError,
  anticipatedShares,
  bundleDensity,
  cliffExpectedPrice,
  exchangeBurnIn,
  exponentialWealth,
  geometricShare,
  geometricWealth,
  linearFisher,
  meanAbsoluteDifference,
  splitVolumeWeightedPrices,
  tatonnement,
  tatonnementAfter,
  volumeWeightedPrice,
  zeroIntelligenceQuote,
  zipMove,
} from './index.ts'

describe('prices that add up', () => {
  it('a bid on two resources is spread over them, so that both prices together are what was paid', () => {
    const sales = [{ credits: 12, duration: 2, units: [2, 1] }]
    expect(splitVolumeWeightedPrices({ prices: [1, 2], sales })).toEqual([1.5, 3])
    // Charged whole to each resource, the same bid counts twice.
    expect([volumeWeightedPrice([{ credits: 12, duration: 2, units: 2 }]), volumeWeightedPrice([{ credits: 12, duration: 2, units: 1 }])]).toEqual([3, 6])
    expect(splitVolumeWeightedPrices({ prices: [1, 1], sales: [{ credits: 5, duration: 1, units: [5, 0] }] })).toEqual([1, null])
    expect(() => splitVolumeWeightedPrices({ prices: [0, 1], sales: [{ credits: 5, duration: 1, units: [5, 0] }] })).toThrow(FormulaError)
  })
})

describe('shares of users who know their weight', () => {
  it('slopes of 1 and 1/3 end at a price of 1/4, shares of 3/4 and 1/4 and a welfare of 5/6', () => {
    const { price, shares, welfare } = anticipatedShares({ capacity: 1, slopes: [1, 1 / 3] })
    expect(price).toBeCloseTo(1 / 4, 12)
    expect(shares[0]).toBeCloseTo(3 / 4, 12)
    expect(shares[1]).toBeCloseTo(1 / 4, 12)
    expect(welfare).toBeCloseTo(5 / 6, 12)
  })
  it('keep the equilibrium condition, use all the capacity, and reach three quarters of the optimum', () => {
    for (const slopes of [
      [5, 4, 3, 0.1],
      [1, 1],
      [9, 1, 1, 1, 1],
      [2, 7, 4],
    ]) {
      const { price, shares, welfare } = anticipatedShares({ capacity: 10, slopes })
      expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(10, 9)
      shares.forEach((share, i) => {
        const slope = slopes[i] as number
        if (share > 0) expect(slope * (1 - share / 10)).toBeCloseTo(price, 9)
        else expect(slope).toBeLessThanOrEqual(price)
      })
      expect(welfare).toBeGreaterThanOrEqual(0.75 * 10 * Math.max(...slopes))
    }
  })
  it('the size of a bundle is exact, and its density falls with it', () => {
    const bundle = { price: 60, quantities: [6n, 2n], supply: [10n, 10n] }
    expect(bundleDensity({ ...bundle, exponent: 1 })).toEqual({ density: 75, size: { denominator: 100n, numerator: 80n } })
    expect(bundleDensity({ ...bundle, exponent: 0.5 }).density).toBeCloseTo(67.082, 3)
    expect(bundleDensity({ ...bundle, exponent: 0 }).density).toBe(60)
    expect(() => bundleDensity({ ...bundle, exponent: 2 })).toThrow('exponent must be 0, 0.5 or 1')
  })
})

describe('zero-intelligence traders', () => {
  it('quote within their limits when constrained, over all prices when not', () => {
    const quote = { draw: 0.999, limit: 60, price_max: 200 }
    expect(zeroIntelligenceQuote({ ...quote, constrained: true, side: 'buyer' })).toBe(60)
    expect(zeroIntelligenceQuote({ ...quote, constrained: true, draw: 0, side: 'seller' })).toBe(60)
    expect(zeroIntelligenceQuote({ ...quote, constrained: true, side: 'seller' })).toBe(200)
    expect(zeroIntelligenceQuote({ ...quote, constrained: false, side: 'buyer' })).toBe(200)
    expect(zeroIntelligenceQuote({ ...quote, constrained: false, draw: 0, side: 'seller' })).toBe(1)
  })
  it('buyers at 100 and sellers at 40 are expected to trade at 70, however many there are', () => {
    expect(cliffExpectedPrice({ costs: [40], price_max: 200, values: [100, 100, 100] })).toBeCloseTo(70, 12)
    expect(cliffExpectedPrice({ costs: [150], price_max: 200, values: [100] })).toBeNull()
  })
  it('a margin moves by what the last shout means to the trader', () => {
    const deal = { accepted: true, kind: 'bid' as const, price: 100 }
    expect(zipMove({ shout: deal, trader: { active: false, price: 90, side: 'seller' } })).toBe('raise')
    expect(zipMove({ shout: deal, trader: { active: true, price: 110, side: 'seller' } })).toBe('lower')
    expect(zipMove({ shout: { ...deal, kind: 'offer' }, trader: { active: true, price: 110, side: 'seller' } })).toBe('stay')
    expect(zipMove({ shout: { ...deal, accepted: false, kind: 'offer' }, trader: { active: true, price: 110, side: 'seller' } })).toBe('lower')
    expect(zipMove({ shout: { ...deal, accepted: false }, trader: { active: true, price: 110, side: 'seller' } })).toBe('stay')
    expect(zipMove({ shout: deal, trader: { active: true, price: 110, side: 'buyer' } })).toBe('raise')
    expect(zipMove({ shout: { ...deal, kind: 'offer' }, trader: { active: true, price: 90, side: 'buyer' } })).toBe('lower')
    expect(zipMove({ shout: { ...deal, accepted: false }, trader: { active: true, price: 90, side: 'buyer' } })).toBe('lower')
    expect(zipMove({ shout: { ...deal, accepted: false }, trader: { active: false, price: 90, side: 'buyer' } })).toBe('stay')
  })
})

describe('laws of wealth', () => {
  it('the geometric law adds up to its figures', () => {
    const shares = Array.from({ length: 400 }, (_, coins) => geometricShare({ coins, mean: 3 }))
    expect(shares[0]).toBe(geometricWealth({ mean: 3 }).broke_share)
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12)
    expect(shares.reduce((sum, share, coins) => sum + coins * share, 0)).toBeCloseTo(3, 10)
    expect(-shares.reduce((sum, share) => sum + share * Math.log(share), 0)).toBeCloseTo(2.2493, 4)
  })
  it('two pooled earners have a Gini of 3/8, exchange forgets after 20 N m², and differences speak where wealth is negative', () => {
    expect(exponentialWealth({ agents: 2 }).gini_of_pairs).toBe(0.375)
    expect(exchangeBurnIn({ agents: 100, mean: 3 })).toBe(18_000)
    expect(meanAbsoluteDifference({ values: [1, 3] })).toBe(1)
    expect(meanAbsoluteDifference({ values: [-1, 1] })).toBe(1)
  })
})

describe('equilibria', () => {
  it('linear buyers spend on their best value for money, and everything sells out', () => {
    const alike = linearFisher({
      budgets: [1, 1],
      supply: [1, 1],
      utilities: [
        [2, 1],
        [1, 2],
      ],
    })
    expect(alike.prices.map((price) => Math.round(price * 1e9) / 1e9)).toEqual([1, 1])
    // The richer buyer takes the first good up to twice the price of the second, then some of that too.
    const { allocation, prices } = linearFisher({
      budgets: [3, 1],
      supply: [1, 1],
      utilities: [
        [2, 1],
        [1, 2],
      ],
    })
    expect(prices[0]).toBeCloseTo(8 / 3, 6)
    expect(prices[1]).toBeCloseTo(4 / 3, 6)
    expect(allocation[0]?.[0]).toBeCloseTo(1, 6)
    expect(allocation[0]?.[1]).toBeCloseTo(1 / 4, 6)
    expect(allocation[1]?.[1]).toBeCloseTo(3 / 4, 6)
    expect(() => linearFisher({ budgets: [1], supply: [1], utilities: [[0]] })).toThrow('every buyer must want something')
  })
  it('tâtonnement in one go is where its steps end, and says whether it converges', () => {
    const market = { budget: 40, gain: 0.5, price: 8, supply: 10 }
    expect(tatonnementAfter({ ...market, steps: 3 })).toEqual({ converges: true, overshoots: false, price: 4.5 })
    expect(tatonnementAfter({ ...market, gain: 1.5, steps: 4 }).price).toBeCloseTo(tatonnement({ ...market, gain: 1.5, steps: 4 })[4] as number, 12)
    expect(tatonnementAfter({ ...market, gain: 2, steps: 1 }).converges).toBe(false)
  })
})
