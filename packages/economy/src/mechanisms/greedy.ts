import { type BidTable, fits, take } from './book.ts'
import { type OrderRoom, orderOf } from './order.ts'

/** Exponent of the size in a greedy order: 0 highest bid, 1 density, 0.5 square root. Only these have exact integer comparisons. */
export type SizeExponent = 0 | 0.5 | 1

/** Relative distance under which two floating-point keys are compared exactly instead; far above their rounding error. */
const EXACT_BELOW = 1e-12

/**
 * Size of each bid, Σ quantity ÷ supply, as numerators over one denominator (the product of the supplies), and as approximate numbers.
 * A resource of supply 0 cannot be asked for and has no part.
 */
export function sizesOf(book: BidTable): { approximate: Float64Array; exact: (index: number) => bigint } {
  const width = book.supply.length
  const weights = Array.from(book.supply, (_, r) =>
    book.supply.reduce((product, supply, s) => (s === r || supply === 0 ? product : product * BigInt(supply)), 1n),
  )
  const approximate = new Float64Array(book.prices.length)
  for (let i = 0; i < approximate.length; i++) {
    let size = 0
    for (let r = 0; r < width; r++) if (book.supply[r] !== 0) size += (book.quantities[i * width + r] as number) / (book.supply[r] as number)
    approximate[i] = size
  }
  const exact = (index: number): bigint => {
    let size = 0n
    for (let r = 0; r < width; r++) size += BigInt(book.quantities[index * width + r] as number) * (weights[r] as bigint)
    return size
  }
  return { approximate, exact }
}

/** Puts each stretch of nearly equal keys in its exact order: floating point would break ties wrongly. Keys further apart are in order already. */
function settleTies(order: Uint32Array, keys: Float64Array, compare: (a: number, b: number) => number): void {
  for (let from = 0; from < order.length; ) {
    let end = from + 1
    for (let key = keys[order[from] as number] as number; end < order.length; end++) {
      const next = keys[order[end] as number] as number
      if (key - next > EXACT_BELOW * key) break
      key = next
    }
    if (end - from > 1) order.subarray(from, end).sort(compare)
    from = end
  }
}

/**
 * Order of a greedy walk: price ÷ size^p, highest first, ties to the earlier bid (Lehmann, O'Callaghan, Shoham, JACM 2002; sizes for many units are the house's).
 * Nearly equal keys are compared by cross-multiplying integers. The answer may lie in `room`, as that of `orderOf`.
 */
export function greedyOrder(book: BidTable, exponent: SizeExponent, room?: OrderRoom): Uint32Array {
  const { prices } = book
  if (exponent === 0) return orderOf(prices, -1, room)
  const { approximate, exact } = sizesOf(book)
  const keys = new Float64Array(prices.length)
  for (let i = 0; i < keys.length; i++) {
    const size = approximate[i] as number
    keys[i] = (prices[i] as number) / (exponent === 1 ? size : Math.sqrt(size))
  }
  const order = orderOf(keys, -1, room)
  const known = new Map<number, bigint>()
  const sizeOf = (index: number): bigint => {
    const size = known.get(index) ?? exact(index)
    known.set(index, size)
    return size
  }
  const power = (price: number): bigint => (exponent === 1 ? BigInt(price) : BigInt(price) * BigInt(price))
  settleTies(order, keys, (a, b) => {
    if (isSameOffer(book, a, b)) return a - b
    const left = power(prices[b] as number) * sizeOf(a)
    const right = power(prices[a] as number) * sizeOf(b)
    return left > right ? 1 : left < right ? -1 : a - b
  })
  return order
}

function isSameOffer({ prices, quantities, supply: { length: width } }: BidTable, a: number, b: number): boolean {
  if (prices[a] !== prices[b]) return false
  for (let r = 0; r < width; r++) if (quantities[a * width + r] !== quantities[b * width + r]) return false
  return true
}

/** Least quantity of each resource that any bid of the table wants. */
function leastWants({ prices, quantities, supply }: BidTable): Float64Array {
  const width = supply.length
  const least = new Float64Array(width).fill(Infinity)
  for (let i = 0, at = 0; i < prices.length; i++)
    for (let r = 0; r < width; r++, at++) if ((quantities[at] as number) < (least[r] as number)) least[r] = quantities[at] as number
  return least
}

/** Whether of some resource less is left than anybody wants. */
function isExhausted(left: Float64Array, least: Float64Array): boolean {
  for (let r = 0; r < left.length; r++) if ((least[r] as number) > (left[r] as number)) return true
  return false
}

/** Walks an order and takes each bid that fits what is left, all or nothing, until nothing can. Winners in order of acceptance. */
export function walk(book: BidTable, order: ArrayLike<number>): number[] {
  const left = Float64Array.from(book.supply)
  const least = leastWants(book)
  const winners: number[] = []
  for (let place = 0; place < order.length; place++) {
    const index = order[place] as number
    if (!fits(book, index, left)) continue
    take(book, index, left)
    winners.push(index)
    if (isExhausted(left, least)) break
  }
  return winners
}
