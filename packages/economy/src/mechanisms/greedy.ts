import { type DenseBook, fits, take } from './book.ts'

/** Exponent of the size in a greedy order: 0 highest bid, 1 density, 0.5 square root. Only these have exact integer comparisons. */
export type SizeExponent = 0 | 0.5 | 1

/** Relative distance under which two floating-point keys are compared exactly instead; far above their rounding error. */
const EXACT_BELOW = 1e-12

/**
 * Size of each bid, Σ quantity ÷ supply, as numerators over one denominator (the product of the supplies), and as approximate numbers.
 * A resource of supply 0 cannot be asked for and has no part.
 */
export function sizesOf(book: DenseBook): { approximate: Float64Array; exact: (index: number) => bigint } {
  const width = book.supply.length
  const weights = Array.from(book.supply, (_, r) =>
    book.supply.reduce((product, supply, s) => (s === r || supply === 0 ? product : product * BigInt(supply)), 1n),
  )
  const approximate = new Float64Array(book.ids.length)
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

/**
 * Order of a greedy walk: price ÷ size^p, highest first, ties to the earlier bid (Lehmann, O'Callaghan, Shoham, JACM 2002; sizes for many units are the house's).
 * Nearly equal keys are compared by cross-multiplying integers: floating point would break ties wrongly.
 */
export function greedyOrder(book: DenseBook, exponent: SizeExponent): Uint32Array {
  const order = Uint32Array.from(book.ids, (_, index) => index)
  const { prices } = book
  if (exponent === 0) return order.sort((a, b) => (prices[b] as number) - (prices[a] as number) || a - b)
  const { approximate, exact } = sizesOf(book)
  const keys = Float64Array.from(prices, (price, i) => price / (exponent === 1 ? (approximate[i] as number) : Math.sqrt(approximate[i] as number)))
  const power = (price: number): bigint => (exponent === 1 ? BigInt(price) : BigInt(price) * BigInt(price))
  return order.sort((a, b) => {
    const difference = (keys[b] as number) - (keys[a] as number)
    if (Math.abs(difference) > EXACT_BELOW * (keys[b] as number)) return difference
    const left = power(prices[b] as number) * exact(a)
    const right = power(prices[a] as number) * exact(b)
    return left > right ? 1 : left < right ? -1 : a - b
  })
}

/** Walks an order and takes each bid that fits what is left, all or nothing. Winners in order of acceptance. */
export function walk(book: DenseBook, order: Iterable<number>, left: Float64Array = Float64Array.from(book.supply)): number[] {
  const winners: number[] = []
  for (const index of order) {
    if (!fits(book, index, left)) continue
    take(book, index, left)
    winners.push(index)
  }
  return winners
}

/** First accepted bid of the walk without `index` after which `index` no longer fits; null when there is none. `from` and `left` are where that walk stands when it meets `index`. */
function blocker(book: DenseBook, order: Uint32Array, from: number, left: Float64Array, index: number): number | null {
  for (let at = from + 1; at < order.length; at++) {
    const other = order[at] as number
    if (!fits(book, other, left)) continue
    take(book, other, left)
    if (!fits(book, index, left)) return other
  }
  return null
}

/** Integer square root by Newton's steps from above, which halve the distance whatever the size. */
const isqrt = (value: bigint): bigint => {
  if (value < 2n) return value
  let root = 1n << BigInt((value.toString(2).length + 1) >> 1)
  for (let next = (root + value / root) >> 1n; next < root; next = (root + value / root) >> 1n) root = next
  return root
}

/** Least whole price with which `index` comes before `other` in the order of this exponent. */
function leastPriceBefore(book: DenseBook, exponent: SizeExponent, index: number, other: number, exact: (index: number) => bigint): number {
  const price = book.prices[other] as number
  const winsTie = index < other
  if (exponent === 0) return winsTie ? price : price + 1
  const own = exact(index)
  const theirs = exact(other)
  if (exponent === 1) {
    const product = BigInt(price) * own
    const floor = product / theirs
    return Number(floor * theirs === product && winsTie ? floor : floor + 1n)
  }
  const product = BigInt(price) * BigInt(price) * own
  const floor = isqrt(product / theirs)
  return Number(floor * floor * theirs === product && winsTie ? floor : floor + 1n)
}

/**
 * Critical value of each winner of a greedy walk: the least whole price with which it still wins
 * The walk is shared up to a winner's place, so each winner costs only the stretch from there to the bid that blocks it.
 */
export function criticalPayments(book: DenseBook, exponent: SizeExponent, order: Uint32Array): Map<number, number> {
  const { exact } = sizesOf(book)
  const payments = new Map<number, number>()
  const left = Float64Array.from(book.supply)
  for (let at = 0; at < order.length; at++) {
    const index = order[at] as number
    if (!fits(book, index, left)) continue
    const blocking = blocker(book, order, at, left.slice(), index)
    payments.set(index, blocking === null ? 0 : leastPriceBefore(book, exponent, index, blocking, exact))
    take(book, index, left)
  }
  return payments
}
