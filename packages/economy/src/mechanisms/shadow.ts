import { type BidTable, welfareOf } from './book.ts'
import { walk } from './greedy.ts'
import { orderOf } from './order.ts'
import { repair } from './repair.ts'

/** Winners, a price per unit of each resource, and a proven upper bound on welfare. */
export interface ShadowClearing {
  readonly bound: number
  readonly prices: Float64Array
  readonly winners: number[]
}

interface Ascent {
  readonly bound: number
  /** Prices of the best bound. */
  readonly prices: Float64Array
  /** Prices met on the way, latest last: starting points for the walk. */
  readonly trail: Float64Array[]
}

/** Lagrangian dual at these prices: Σ price·supply + Σ max(0, value − cost). Writes the demand at the prices. */
function dual(book: BidTable, prices: Float64Array, demand: Float64Array): number {
  const width = prices.length
  const { prices: values, quantities } = book
  demand.fill(0)
  let total = 0
  for (let r = 0; r < width; r++) total += (prices[r] as number) * (book.supply[r] as number)
  for (let i = 0, at = 0; i < values.length; i++, at += width) {
    let surplus = values[i] as number
    for (let r = 0; r < width; r++) surplus -= (prices[r] as number) * (quantities[at + r] as number)
    if (surplus <= 0) continue
    total += surplus
    for (let r = 0; r < width; r++) demand[r] = (demand[r] as number) + (quantities[at + r] as number)
  }
  return total
}

/** What rounding can have taken off a dual of this book: relative 2⁻⁵² per operation on terms that add up to no more than all values and the total. */
const roundingOf = (book: BidTable, total: number): number => {
  let values = total
  for (const value of book.prices) values += value
  return values * (book.prices.length + 2 * book.supply.length) * 2 ** -52
}

/**
 * Dual ascent: each price rises where demand at the prices exceeds supply and falls where it is short, by a subgradient step in units of
 * value per supply, smoothed over the last directions and halved when the bound has stopped improving (Fisher, Management Science 1981).
 */
function ascend(book: BidTable, rounds: number): Ascent {
  const width = book.supply.length
  const prices = new Float64Array(width)
  const demand = new Float64Array(width)
  const direction = new Float64Array(width)
  let bound = dual(book, prices, demand)
  const scale = Array.from(book.supply, (supply) => (supply > 0 ? bound / (supply * width) : 0))
  let best = prices.slice()
  let step = 0.5
  let stale = 0
  const trail: Float64Array[] = []
  for (let round = 0; round < rounds && step > 1e-7; round++) {
    let length = 0
    for (let r = 0; r < width; r++) {
      const supply = book.supply[r] as number
      const excess = supply > 0 ? ((demand[r] as number) - supply) / supply : 0
      const bounded = (prices[r] === 0 && excess < 0) || scale[r] === 0 ? 0 : excess
      direction[r] = 0.6 * bounded + 0.4 * (direction[r] as number)
      length += (direction[r] as number) ** 2
    }
    if (length === 0) break
    const stride = step / Math.sqrt(length)
    for (let r = 0; r < width; r++) prices[r] = Math.max(0, (prices[r] as number) + stride * (direction[r] as number) * (scale[r] as number))
    const value = dual(book, prices, demand)
    if (value < bound * (1 - 1e-9)) {
      bound = value
      best = prices.slice()
      trail.push(best)
      stale = 0
    } else if (++stale >= 5) {
      step /= 2
      stale = 0
      prices.set(best)
      direction.fill(0)
      dual(book, prices, demand)
    }
  }
  return { bound, prices: best, trail }
}

/** Order by value over cost at these prices, highest first; what costs nothing comes first, ties to the earlier bid. */
function orderAt(book: BidTable, prices: Float64Array): Uint32Array {
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
  count <= 400 ? { rounds: 400, walks: 24 } : count <= 2000 ? { rounds: 120, walks: 2 } : { rounds: 45, walks: 1 }

/** Walks whose border is repaired, best first. */
const REPAIRED = 3

/**
 * Shadow-price clearing: prices by dual ascent, winners by value over cost at those prices, then a local repair of the border.
 * Deterministic: additions, multiplications, divisions and square roots of IEEE 754 only. The bound holds for any non-negative prices, rounding included.
 */
export function clearAtShadowPrices(book: BidTable): ShadowClearing {
  const { rounds, walks } = effort(book.prices.length)
  const { bound, prices, trail } = ascend(book, rounds)
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
