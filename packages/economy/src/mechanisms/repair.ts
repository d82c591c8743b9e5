import { type BidTable, fits, take } from './book.ts'

/** Bids on each side of the border that a repair looks at, in a small and in a large book. */
const REACH_SMALL = 32
const REACH_LARGE = 6
const SMALL = 400

/**
 * Local search around a walk's border: puts one loser in for one or two winners (or two losers in for one winner), filling up what is left each time,
 * as long as welfare rises. Looks at the winners accepted last and the losers refused first, where a walk goes wrong. Winners keep the order of the walk.
 */
export function repair(book: BidTable, order: Uint32Array, winners: readonly number[]): number[] {
  const reach = book.prices.length <= SMALL ? REACH_SMALL : REACH_LARGE
  const inside = new Uint8Array(book.prices.length)
  const left = Float64Array.from(book.supply)
  for (const index of winners) {
    inside[index] = 1
    take(book, index, left)
  }
  const search = new Search(book, order, inside, left, reach)
  for (let rounds = 0; rounds < 200 && search.improve(); rounds++);
  return Array.from(order).filter((index) => inside[index] === 1)
}

class Search {
  private readonly book: BidTable
  private readonly order: Uint32Array
  private readonly inside: Uint8Array
  private readonly left: Float64Array
  private readonly reach: number

  constructor(book: BidTable, order: Uint32Array, inside: Uint8Array, left: Float64Array, reach: number) {
    this.book = book
    this.order = order
    this.inside = inside
    this.left = left
    this.reach = reach
  }

  /** Makes the first exchange that gains; false when there is none within reach. */
  improve(): boolean {
    const losers = this.nearest(0, 1)
    const winners = this.nearest(1, -1)
    for (const loser of losers) if (this.tryExchange([], [loser])) return true
    for (let a = 0; a < winners.length; a++) {
      const out = [winners[a] as number]
      if (this.tryAfter(out, losers)) return true
    }
    for (let a = 0; a < winners.length; a++)
      for (let b = a + 1; b < winners.length; b++) if (this.tryAfter([winners[a] as number, winners[b] as number], losers)) return true
    for (const loser of losers) if (this.tryInstead(loser, losers)) return true
    return false
  }

  /** With as many winners out as a loser needs, those accepted last first, and what is then left filled up. */
  private tryInstead(loser: number, losers: readonly number[]): boolean {
    const { book, inside, left, order } = this
    const width = left.length
    const out: number[] = []
    for (let at = order.length - 1; at >= 0 && !fits(book, loser, left); at--) {
      const index = order[at] as number
      if (inside[index] === 0) continue
      let helps = false
      for (let r = 0; r < width; r++)
        helps ||= (book.quantities[loser * width + r] as number) > (left[r] as number) && (book.quantities[index * width + r] as number) > 0
      if (!helps) continue
      take(book, index, left, -1)
      out.push(index)
    }
    const into = fits(book, loser, left) ? this.fillFrom(loser, [...out.toReversed(), ...losers]) : []
    for (const index of out) take(book, index, left)
    return sum(book, into) > sum(book, out) && this.tryExchange(out, into)
  }

  /** Bids with this mark, from the front of the order (`step` 1) or its end (−1), at most `reach`. */
  private nearest(mark: 0 | 1, step: 1 | -1): number[] {
    const found: number[] = []
    for (let at = step === 1 ? 0 : this.order.length - 1; at >= 0 && at < this.order.length && found.length < this.reach; at += step) {
      const index = this.order[at] as number
      if (this.inside[index] === mark) found.push(index)
    }
    return found
  }

  /** With these winners out, the best filling that starts with any one loser. */
  private tryAfter(out: readonly number[], losers: readonly number[]): boolean {
    const { book, left } = this
    let worth = 0
    for (const index of out) {
      take(book, index, left, -1)
      worth += book.prices[index] as number
    }
    let best: number[] | null = null
    for (const first of losers) {
      if (!fits(book, first, left)) continue
      const filled = this.fillFrom(first, losers)
      let gain = -worth
      for (const index of filled) gain += book.prices[index] as number
      if (gain > 0 && (best === null || gain > sum(book, best) - worth)) best = filled
    }
    for (const index of out) take(book, index, left)
    return best !== null && this.tryExchange(out, best)
  }

  private fillFrom(first: number, losers: readonly number[]): number[] {
    const { book, left } = this
    const filled = [first]
    take(book, first, left)
    for (const index of losers) {
      if (index === first || !fits(book, index, left)) continue
      take(book, index, left)
      filled.push(index)
    }
    for (const index of filled) take(book, index, left, -1)
    return filled
  }

  private tryExchange(out: readonly number[], into: readonly number[]): boolean {
    const { book, left, inside } = this
    for (const index of out) take(book, index, left, -1)
    const put: number[] = []
    for (const index of into) {
      if (!fits(book, index, left)) continue
      take(book, index, left)
      put.push(index)
    }
    if (put.length === into.length && sum(book, put) > sum(book, out)) {
      for (const index of out) inside[index] = 0
      for (const index of put) inside[index] = 1
      return true
    }
    for (const index of put) take(book, index, left, -1)
    for (const index of out) take(book, index, left)
    return false
  }
}

function sum(book: BidTable, indexes: readonly number[]): number {
  let total = 0
  for (const index of indexes) total += book.prices[index] as number
  return total
}
