import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type BidTable, fits, take } from './book.ts'
import { criticalPayments } from './critical.ts'
import { type SizeExponent, greedyOrder, walk } from './greedy.ts'
import { OrderRoom, orderOf } from './order.ts'

const keysOf = (values: fc.Arbitrary<number>, max: number): fc.Arbitrary<Float64Array> =>
  fc.array(values, { maxLength: max, size: 'max' }).map((list) => Float64Array.from(list))

describe('the order of keys', () => {
  const cases = [
    ['whole numbers with many ties', fc.integer({ max: 20, min: 0 })],
    ['whole numbers', fc.maxSafeInteger().map(Math.abs)],
    ['fractions', fc.double({ max: Number.MAX_VALUE, min: 0, noNaN: true }).map((key) => key + 0)],
    ['fractions whose upper halves agree', fc.integer({ max: 4000, min: 0 }).map((step) => 1 + step * 2 ** -52)],
    ['whole numbers of one octave', fc.integer({ max: 1_100_000, min: 1_050_000 })],
    ['infinity among them', fc.oneof(fc.constant(Infinity), fc.integer({ max: 5, min: 0 }))],
  ] as const
  it.each(cases)('is that of a stable comparison sort: %s', (_, values) => {
    fc.assert(
      fc.property(fc.oneof(keysOf(values, 40), keysOf(values, 700)), fc.constantFrom(1 as const, -1 as const), (keys, sign) => {
        const compared = Array.from(keys, (__, index) => index).sort((a, b) => {
          const [one, other] = [keys[a] as number, keys[b] as number]
          return one === other ? a - b : one < other ? -sign : sign
        })
        expect([...orderOf(keys, sign)]).toEqual(compared)
      }),
      { numRuns: 60, seed: 21 },
    )
  })

  it('is the same in a room that other keys have used before', () => {
    const room = new OrderRoom()
    fc.assert(
      fc.property(keysOf(fc.integer({ max: 300, min: 0 }), 900), fc.constantFrom(1 as const, -1 as const), (keys, sign) => {
        expect([...orderOf(keys, sign, room)]).toEqual([...orderOf(keys, sign)])
      }),
      { numRuns: 60, seed: 24 },
    )
  })

  it('is stable for more keys than small tables are made for', () => {
    const keys = Float64Array.from({ length: 10_000 }, (_, index) => (index * 7919) % 613)
    const order = orderOf(keys, -1)
    for (let at = 1; at < order.length; at++) {
      const [before, here] = [order[at - 1] as number, order[at] as number]
      expect((keys[before] as number) > (keys[here] as number) || (keys[before] === keys[here] && before < here)).toBe(true)
    }
  })
})

/** Tables of one to four resources, wants and prices drawn from few values, so that ties and equal densities are common. */
const tables: fc.Arbitrary<BidTable> = fc.integer({ max: 4, min: 1 }).chain((width) =>
  fc.integer({ max: 40, min: 0 }).chain((count) =>
    fc
      .record({
        prices: fc.array(fc.integer({ max: 30, min: 0 }), { maxLength: count, minLength: count }),
        supply: fc.array(fc.integer({ max: 40, min: 8 }), { maxLength: width, minLength: width }),
        wants: fc.array(fc.integer({ max: 8, min: 0 }), { maxLength: count * width, minLength: count * width }),
      })
      .map(({ prices, supply, wants }) => ({
        prices: Float64Array.from(prices),
        quantities: Float64Array.from(wants, (want, at) => (at % width === 0 ? Math.max(1, want) : want)),
        supply: Float64Array.from(supply),
      })),
  ),
)
const exponents = fc.constantFrom<SizeExponent>(0, 0.5, 1)

/** Σ quantity ÷ supply over the product of the supplies. */
function sizeOf(table: BidTable, index: number): bigint {
  const width = table.supply.length
  let size = 0n
  for (let r = 0; r < width; r++) {
    let weight = BigInt(table.quantities[index * width + r] as number)
    for (let s = 0; s < width; s++) if (s !== r) weight *= BigInt(table.supply[s] as number)
    size += weight
  }
  return size
}

function comesBefore(table: BidTable, exponent: SizeExponent, a: number, b: number, priceOfA: number): boolean {
  const priceOfB = table.prices[b] as number
  const [power, sizes] = exponent === 0 ? [1n, 0n] : exponent === 1 ? [1n, 1n] : [2n, 1n]
  const left = BigInt(priceOfA) ** power * (sizes === 0n ? 1n : sizeOf(table, b))
  const right = BigInt(priceOfB) ** power * (sizes === 0n ? 1n : sizeOf(table, a))
  return left === right ? a < b : left > right
}

/** Critical values the long way: for each winner the walk without it, up to the bid after which it no longer fits. */
function criticalByRerun(table: BidTable, exponent: SizeExponent, order: Uint32Array): Map<number, number> {
  const payments = new Map<number, number>()
  for (const winner of walk(table, order)) {
    const left = Float64Array.from(table.supply)
    let blocking = -1
    for (const other of order) {
      if (other === winner || !fits(table, other, left)) continue
      take(table, other, left)
      if (fits(table, winner, left)) continue
      blocking = other
      break
    }
    let price = 0
    if (blocking >= 0) while (!comesBefore(table, exponent, winner, blocking, price)) price += 1
    payments.set(winner, price)
  }
  return payments
}

describe('greedy rules', () => {
  it('order a table as exact comparison of whole numbers does', () => {
    fc.assert(
      fc.property(tables, exponents, (table, exponent) => {
        const order = greedyOrder(table, exponent)
        for (let at = 1; at < order.length; at++)
          expect(comesBefore(table, exponent, order[at - 1] as number, order[at] as number, table.prices[order[at - 1] as number] as number)).toBe(true)
      }),
      { numRuns: 300, seed: 22 },
    )
  })

  it('charge what a walk without each winner finds, all of them from one walk', () => {
    let charged = 0
    fc.assert(
      fc.property(tables, exponents, (table, exponent) => {
        const order = greedyOrder(table, exponent)
        const payments = criticalPayments(table, exponent, order)
        expect(payments).toEqual(criticalByRerun(table, exponent, order))
        for (const payment of payments.values()) charged += Number(payment > 0)
      }),
      { numRuns: 500, seed: 23 },
    )
    expect(charged).toBeGreaterThan(500)
  })
})
