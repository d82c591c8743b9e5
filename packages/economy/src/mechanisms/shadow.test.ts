import { describe, expect, it } from 'vitest'
import { type BidTable, welfareOf } from './book.ts'
import { ascend, ascendLarge } from './dual.ts'
import { greedyOrder, walk } from './greedy.ts'
import { clearAtShadowPrices } from './shadow.ts'

/** Bids for 1 to 100 of each of four resources, worth 1 to 1000, some resources left out; supply a quarter of demand. The same for the same seed. */
function tableOf(count: number, seed: number): BidTable {
  let word = seed
  const below = (bound: number): number => {
    word = (Math.imul(word, 1_664_525) + 1_013_904_223) | 0
    return Math.floor(((word >>> 8) / 2 ** 24) * bound)
  }
  const quantities = Float64Array.from({ length: count * 4 }, (_, at) => (at % 4 === 0 || below(3) > 0 ? 1 + below(100) : 0))
  const supply = new Float64Array(4)
  for (const [at, quantity] of quantities.entries()) supply[at % 4] = (supply[at % 4] as number) + quantity
  return { prices: Float64Array.from({ length: count }, () => 1 + below(1000)), quantities, supply: supply.map((demand) => Math.floor(demand / 4)) }
}

describe('shadow-price clearing of large books', () => {
  it.each([1, 2, 3])('reaches its proven bound within half a per cent (seed %i)', (seed) => {
    const table = tableOf(10_000, seed)
    const { bound, winners } = clearAtShadowPrices(table)
    const welfare = welfareOf(table, winners)
    expect(welfare).toBeLessThanOrEqual(bound)
    expect((bound - welfare) / bound).toBeLessThan(0.005)
    expect(welfare).toBeGreaterThan(welfareOf(table, walk(table, greedyOrder(table, 0))))
  })

  it('finds from a sample and the border the bound of a patient ascent over all bids', () => {
    const table = tableOf(5000, 4)
    const patient = ascend(table, 3000)
    const quick = ascendLarge(table, 60)
    expect(quick.bound / patient.bound - 1).toBeLessThan(1e-5)
  })

  it('keeps a true bound when a sample says little of the rest', () => {
    const table = tableOf(9000, 5)
    // Every ninth bid, which is what the sample sees, is worth next to nothing.
    for (let index = 0; index < 9000; index += 9) table.prices[index] = 1
    const { bound, winners } = clearAtShadowPrices(table)
    expect(welfareOf(table, winners)).toBeLessThanOrEqual(bound)
    expect(1 - welfareOf(table, winners) / bound).toBeLessThan(0.02)
  })
})
