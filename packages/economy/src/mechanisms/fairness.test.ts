import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { corePayments, dominantShareAmounts, dominantShareTasks, gini, giniOfPairs, giniOfSample, jain } from './index.ts'

describe('fairness', () => {
  it('of (1, 3): Jain 4/5, Gini 1/4 by both forms, 1/2 for a small sample', () => {
    expect(jain([1, 3])).toBe(0.8)
    expect(gini([1, 3])).toBe(0.25)
    expect(giniOfPairs([1, 3])).toBe(0.25)
    expect(giniOfSample([1, 3])).toBe(0.5)
    expect([gini([0, 0]), giniOfPairs([0, 0]), giniOfSample([0]), jain([0, 0])]).toEqual([0, 0, 0, 1])
  })
  it('both forms of the Gini coefficient are one number', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1000), { maxLength: 30, minLength: 1 }), (values) => {
        expect(giniOfPairs(values)).toBeCloseTo(gini(values), 10)
      }),
      { numRuns: 100, seed: 41 },
    )
  })
})

describe('dominant-resource fairness', () => {
  const capacity = [12, 24]
  const demands = [
    [1, 4],
    [2, 2],
  ]
  it('gives four whole tasks to each, at dominant shares of 2/3', () => {
    expect(dominantShareTasks(capacity, demands)).toEqual({ dominant_shares: [2 / 3, 2 / 3], tasks: [4, 4] })
    const parts = dominantShareAmounts(capacity, demands)
    expect(parts.tasks[0]).toBeCloseTo(4, 12)
    expect(parts.dominant_shares[1]).toBeCloseTo(2 / 3, 12)
  })
  it('weights the shares, of whole tasks and of parts', () => {
    const parts = dominantShareAmounts(capacity, demands, [2, 1])
    expect((parts.dominant_shares[0] as number) / (parts.dominant_shares[1] as number)).toBeCloseTo(2, 12)
    expect(parts.tasks.reduce((sum, tasks, i) => sum + tasks * (demands[i]?.[1] as number), 0)).toBeCloseTo(24, 9)
    expect(dominantShareTasks(capacity, demands, { weights: [2, 1] }).tasks).toEqual([5, 2])
  })
  it('goes on past a misfit only when told to', () => {
    const uneven = [
      [5, 1],
      [1, 1],
    ]
    expect(dominantShareTasks([12, 24], uneven).tasks).toEqual([1, 5])
    expect(dominantShareTasks([12, 24], uneven, { go_on: true }).tasks).toEqual([1, 7])
    expect(() => dominantShareTasks(capacity, demands, { weights: [1] })).toThrow('weights')
  })
})

describe('core payments', () => {
  it('two small bids that beat a large one pay 7 and 9, where VCG lets them off with 4 and 6', () => {
    const book = {
      bids: [
        { bundle: { a: 1 }, id: 'b1', price: 10 },
        { bundle: { b: 1 }, id: 'b2', price: 12 },
        { bundle: { a: 1, b: 1 }, id: 'b3', price: 16 },
      ],
      supply: { a: 1, b: 1 },
    }
    expect(corePayments(book)).toEqual({ core: { b1: 7, b2: 9 }, vcg: { b1: 4, b2: 6 }, welfare: 22, winners: ['b1', 'b2'] })
  })
  const books = fc.record({
    bids: fc
      .array(fc.record({ a: fc.integer({ max: 4, min: 0 }), b: fc.integer({ max: 4, min: 1 }), price: fc.integer({ max: 30, min: 1 }) }), { maxLength: 7 })
      .map((bids) => bids.map(({ a, b, price }, index) => ({ bundle: { a, b }, id: `b${index}`, price }))),
    supply: fc.constant({ a: 6, b: 6 }),
  })
  it('let no group offer the seller more, never pass a bid, and are VCG where VCG does that', () => {
    fc.assert(
      fc.property(books, (book) => {
        const { core, vcg, winners } = corePayments(book)
        const value = (id: string): number => book.bids.find((bid) => bid.id === id)?.price ?? 0
        const best = (bids: typeof book.bids): number => corePayments({ ...book, bids }).welfare
        const blocked = (payments: Record<string, number>): boolean =>
          Array.from({ length: 2 ** winners.length }, (_, group) => group).some((group) => {
            const left = winners.filter((_, place) => ((group >> place) & 1) === 0)
            const paying = winners.filter((_, place) => (group >> place) & 1)
            const others = book.bids.filter((bid) => !paying.includes(bid.id))
            const paid = paying.reduce((sum, id) => sum + (payments[id] as number), 0)
            return paid < best(others) - left.reduce((sum, id) => sum + value(id), 0) - 1e-4
          })
        expect(blocked(core)).toBe(false)
        for (const id of winners) {
          expect(core[id]).toBeLessThanOrEqual(value(id) + 1e-4)
          expect(core[id]).toBeGreaterThanOrEqual((vcg[id] as number) - 1e-4)
        }
        if (!blocked(vcg)) for (const id of winners) expect(core[id]).toBeCloseTo(vcg[id] as number, 3)
      }),
      { numRuns: 60, seed: 42 },
    )
  })
  it('refuse a book too large to try every set', () => {
    const bids = Array.from({ length: 17 }, (_, index) => ({ bundle: { a: 1 }, id: `b${index}`, price: 1 }))
    expect(() => corePayments({ bids, supply: { a: 20 } })).toThrow('at most 16, got 17')
  })
})
