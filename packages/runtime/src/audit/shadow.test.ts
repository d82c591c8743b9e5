import { type BidTable, clearAtShadowPrices, orderAt } from '@syntropism/economy'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { shadowOrder } from './shadow.ts'
import type { Lines } from './shadow-prices.ts'

/** What both implementations make of one book must be the same to the last bit. */
function compare(lines: Lines): { winners: number } {
  const width = lines.supply.length
  const table: BidTable = {
    prices: Float64Array.from(lines.bids, ({ value }) => value),
    quantities: Float64Array.from(lines.bids.flatMap(({ wants }) => wants)),
    supply: Float64Array.from(lines.supply),
  }
  expect(table.quantities.length).toBe(lines.bids.length * width)
  const theirs = clearAtShadowPrices(table)
  const own = shadowOrder(lines)
  expect([...own.prices]).toEqual([...theirs.prices])
  expect(own.winners).toEqual(theirs.winners)
  const won = new Set(theirs.winners)
  expect(own.order).toEqual([...theirs.winners, ...[...orderAt(table, theirs.prices)].filter((index) => !won.has(index))])
  return { winners: own.winners.length }
}

const scarce = fc
  .tuple(
    fc.array(fc.record({ value: fc.integer({ max: 2000, min: 0 }), wants: fc.tuple(fc.nat(30), fc.nat(30), fc.nat(6), fc.integer({ max: 40, min: 1 })) }), {
      maxLength: 60,
    }),
    fc.tuple(fc.integer({ max: 200, min: 0 }), fc.integer({ max: 300, min: 1 }), fc.nat(20), fc.integer({ max: 300, min: 40 })),
  )
  .map(([bids, supply]) => ({ bids: bids.filter(({ wants }) => wants.every((wanted, r) => wanted <= (supply[r] as number))), supply }))

/** A book drawn by a linear congruential generator; `tilt` makes every fourth bid larger, so that a sample of just those misleads. */
function drawn(count: number, seed: number, tilt: number): Lines {
  let word = seed
  const below = (most: number): number => {
    word = (Math.imul(word, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((word / 2 ** 32) * most)
  }
  const bids = Array.from({ length: count }, (_, index) => ({
    value: 1 + below(1_000_000),
    wants: [1 + below(100) + (index % 4 === 0 ? tilt : 0), below(3) === 0 ? 0 : 1 + below(100), below(20), 1 + below(50)],
  }))
  const demand = bids.reduce<number[]>((sum, { wants }) => sum.map((one, r) => one + (wants[r] as number)), [0, 0, 0, 0])
  return { bids, supply: demand.map((one) => Math.floor(one / 4)) }
}

describe('the shadow rule, written twice', () => {
  it('gives the same prices, winners and order on small books, to the last bit', () => {
    let won = 0
    fc.assert(
      fc.property(scarce, (lines) => {
        won += compare(lines).winners
      }),
      { numRuns: 900, seed: 50 },
    )
    expect(won).toBeGreaterThan(1000)
  })

  it.each([
    [100, 1, 0],
    [400, 2, 0],
    [401, 3, 0],
    [2000, 4, 0],
    [2001, 5, 0],
    [4000, 6, 0],
    [4000, 7, 900],
  ])('gives the same on a book of %i bids (seed %i, tilt %i)', (count, seed, tilt) => {
    expect(compare(drawn(count, seed, tilt)).winners).toBeGreaterThan(20)
  })
})
