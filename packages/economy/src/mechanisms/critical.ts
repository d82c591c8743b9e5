import { type BidTable, fits, take } from './book.ts'
import { type SizeExponent, sizesOf } from './greedy.ts'

/** Integer square root by Newton's steps from above, which halve the distance whatever the size. */
const isqrt = (value: bigint): bigint => {
  if (value < 2n) return value
  let root = 1n << BigInt((value.toString(2).length + 1) >> 1)
  for (let next = (root + value / root) >> 1n; next < root; next = (root + value / root) >> 1n) root = next
  return root
}

/** Least whole price with which `index` comes before `other` in the order of this exponent; `exact` gives sizes as `sizesOf` does. */
export function leastPriceBefore(book: BidTable, exponent: SizeExponent, index: number, other: number, exact: (index: number) => bigint): number {
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
 * The bids that a walk refused, in its order, by what each was short of: a tree over them whose nodes hold the least shortage of every resource below,
 * so that the first refused bid from a place on that is short of no more than some bundle is found without a look at each.
 */
class Shortages {
  private readonly width: number
  private readonly leaves: number
  private readonly least: Float64Array

  constructor(shortages: readonly number[], width: number) {
    const count = shortages.length / width
    this.width = width
    this.leaves = 1
    while (this.leaves < count) this.leaves *= 2
    this.least = new Float64Array(2 * this.leaves * width).fill(Infinity)
    this.least.set(shortages, this.leaves * width)
    for (let at = this.leaves * width - 1; at >= width; at--) {
      const left = 2 * (at - (at % width)) + (at % width)
      this.least[at] = Math.min(this.least[left] as number, this.least[left + width] as number)
    }
  }

  /** Place of the first refused bid from `from` on that is short of at most `quantities[at …]`; −1 when there is none. */
  firstWithin(from: number, quantities: Float64Array, at: number): number {
    const { leaves, least, width } = this
    if (from >= leaves) return -1
    for (let node = leaves + from; ; ) {
      let r = 0
      while (r < width && (least[node * width + r] as number) <= (quantities[at + r] as number)) r++
      if (r === width) {
        if (node >= leaves) return node - leaves
        node *= 2
      } else {
        while (node % 2 === 1) node = (node - 1) / 2
        if (node === 0) return -1
        node += 1
      }
    }
  }
}

/**
 * Critical value of each winner of a greedy walk: the least whole price with which it still wins.
 * Without a winner the walk goes on as it was, with the winner's quantities to spare, up to the first refused bid that they make room for; and that bid,
 * refused for want of some resource, then takes so much of it that the winner no longer fits. So it is the one to stay ahead of, and no walk is repeated:
 * O(n log n) for one resource, and near it for several (a search may look into a branch in vain when its least shortages are of different bids).
 */
export function criticalPayments(book: BidTable, exponent: SizeExponent, order: Uint32Array): Map<number, number> {
  const width = book.supply.length
  const { exact } = sizesOf(book)
  const left = Float64Array.from(book.supply)
  const winners: number[] = []
  const refusedBefore: number[] = []
  const refused: number[] = []
  const shortages: number[] = []
  for (const index of order) {
    if (fits(book, index, left)) {
      take(book, index, left)
      winners.push(index)
      refusedBefore.push(refused.length)
      continue
    }
    refused.push(index)
    for (let r = 0; r < width; r++) shortages.push(Math.max(0, (book.quantities[index * width + r] as number) - (left[r] as number)))
  }
  const tree = new Shortages(shortages, width)
  return new Map(
    winners.map((index, place) => {
      const first = tree.firstWithin(refusedBefore[place] as number, book.quantities, index * width)
      return [index, first < 0 ? 0 : leastPriceBefore(book, exponent, index, refused[first] as number, exact)]
    }),
  )
}
