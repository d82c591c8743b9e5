import { type BidTable, welfareOf } from './book.ts'
import { ascend, ascendLarge } from './dual.ts'
import { walk } from './greedy.ts'
import { orderOf } from './order.ts'
import { repair } from './repair.ts'

/** Winners, a price per unit of each resource, and a proven upper bound on welfare. */
export interface ShadowClearing {
  readonly bound: number
  readonly prices: Float64Array
  readonly winners: number[]
}

/** What rounding can have taken off a dual of this book: relative 2⁻⁵² per operation on terms that add up to no more than all values and the total. */
const roundingOf = (book: BidTable, total: number): number => {
  let values = total
  for (const value of book.prices) values += value
  return values * (book.prices.length + 2 * book.supply.length) * 2 ** -52
}

/** Order by value over cost at these prices, highest first; what costs nothing comes first, ties to the earlier bid. */
export function orderAt(book: BidTable, prices: Float64Array): Uint32Array {
  const width = prices.length
  const keys = new Float64Array(book.prices.length)
  for (let i = 0, at = 0; i < keys.length; i++, at += width) {
    let cost = 0
    for (let r = 0; r < width; r++) cost += (prices[r] as number) * (book.quantities[at + r] as number)
    keys[i] = cost === 0 ? Infinity : (book.prices[i] as number) / cost
  }
  return orderOf(keys, -1)
}

/** Rounds of the ascent and walks for a book of this many bids: small books are cheap and uneven, large ones smooth. */
const effort = (count: number): { rounds: number; walks: number } =>
  count <= 400 ? { rounds: 400, walks: 24 } : count <= LARGE ? { rounds: 120, walks: 2 } : { rounds: 60, walks: 1 }
/** From this many bids on prices are found from samples and borders first. */
const LARGE = 2000
/** Walks whose border is repaired, best first. */
const REPAIRED = 3

/**
 * Shadow-price clearing: prices by dual ascent, winners by value over cost at those prices, then a local repair of the border.
 * Deterministic: additions, multiplications, divisions and square roots of IEEE 754 only. The bound holds for any non-negative prices, rounding included.
 */
export function clearAtShadowPrices(book: BidTable): ShadowClearing {
  const { rounds, walks } = effort(book.prices.length)
  const { bound, prices, trail } = book.prices.length > LARGE ? ascendLarge(book, rounds) : ascend(book, rounds)
  // The trail ends with the prices of the best bound; those before it were nearly as good.
  const starts = [prices, ...trail.slice(-walks, -1).reverse()]
  const tried = starts.map((start) => {
    const order = orderAt(book, start)
    const found = walk(book, order)
    return { found, order, worth: welfareOf(book, found) }
  })
  tried.sort((a, b) => b.worth - a.worth)
  let winners: number[] = []
  let welfare = -1
  let last = -1
  let repaired = 0
  for (const { found, order, worth } of tried) {
    if (worth === last || repaired === REPAIRED) continue
    last = worth
    repaired += 1
    const better = repair(book, order, found)
    const reached = welfareOf(book, better)
    if (reached <= welfare) continue
    winners = better
    welfare = reached
  }
  const total = welfareOf(
    book,
    Array.from(book.prices, (_, index) => index),
  )
  return { bound: Math.min(total, Math.floor(bound + roundingOf(book, bound))), prices, winners }
}
