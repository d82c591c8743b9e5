import { describe, expect, it } from 'vitest'
import { type Book, regretOfTruth } from './index.ts'

/** A crowded book of two resources from a linear congruential generator. */
function drawBook(count: number, seed: number): Book {
  let state = seed
  const draw = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  const bids = Array.from({ length: count }, (_, i) => ({ bundle: { cpu: 1 + draw(20), mem: 1 + draw(20) }, id: `b${i}`, price: 1 + draw(1000) }))
  return { bids, supply: { cpu: count * 3, mem: count * 3 } }
}

describe('regret of truth', () => {
  it('is nothing under critical values, whatever the greedy order', () => {
    for (const mechanism of ['highest-bid', 'density', 'density-sqrt'] as const)
      for (const seed of [1, 2, 3])
        expect(regretOfTruth(drawBook(40, seed), mechanism, 'critical', 40)).toMatchObject({ bids: 40, gaining: 0, highest: 0, mean: 0 })
  })
  it('is nearly all of the worth under pay as bid, and much less under shadow payments', () => {
    for (const seed of [1, 2, 3]) {
      const book = drawBook(40, seed)
      const asBid = regretOfTruth(book, 'shadow', 'bid', 20)
      const shadow = regretOfTruth(book, 'shadow', 'shadow', 20)
      expect(asBid.of_surplus).toBeNull()
      expect(asBid.mean).toBeGreaterThan(0.1)
      expect(shadow.mean).toBeLessThan(asBid.mean / 2)
    }
  })
  it('is refused where it would need a solver, and for an unsound pair', () => {
    expect(() => regretOfTruth(drawBook(4, 1), 'exact', 'vcg', 4)).toThrow('truth is optimal by theory')
    expect(() => regretOfTruth(drawBook(4, 1), 'density', 'shadow', 4)).toThrow('shadow payments need the prices')
  })
})
