import type { Book } from '@syntropism/economy'
import type { ParamTable, ParamValues } from '../engine/index.ts'
import type { Random } from '../random/index.ts'

/** A published way to draw books at random. Of basic operations of IEEE 754 alone where it is not said otherwise, so that a seed gives the same book everywhere. */
export interface BookDistribution {
  /** What its bids are like. */
  readonly title: string
  /** Publication, and in what it is simpler than there. */
  readonly source: string
  readonly params: ParamTable
  draw(random: Random, bids: number, values: ParamValues): Book
}

/** One of something of which there is one. */
export const single = (names: Iterable<string>): Record<string, number> => Object.fromEntries(Array.from(names, (name) => [name, 1]))

/** So many whole units of money are one of a publication that draws prices as real numbers. */
export const UNITS = 1000

/** A real number of a publication's money in whole units, at least one. */
export const whole = (price: number): number => Math.max(1, Math.round(price * UNITS))

/** One of several bundles that a bidder wants one of. */
export interface Alternative {
  readonly goods: readonly string[]
  readonly price: number
}

/**
 * A book of goods of which there is one each, from bidders who want one of several bundles. That at most one of a bidder's bids wins is said as it is in
 * the suite of Leyton-Brown et al.: each of them also wants the one unit of a resource that nobody else wants. The last bidder's list is cut short.
 */
export function bookOfBidders(goods: Iterable<string>, bids: number, nextBidder: () => readonly Alternative[]): Book {
  const supply = single(goods)
  const drawn: Book['bids'][number][] = []
  for (let bidder = 1; drawn.length < bids; bidder++) {
    const wanted = nextBidder().slice(0, bids - drawn.length)
    const own = `bidder-${bidder}`
    if (wanted.length > 1) supply[own] = 1
    for (const { goods: bundle, price } of wanted)
      drawn.push({ bundle: single(wanted.length > 1 ? [...bundle, own] : bundle), id: `b${drawn.length + 1}`, price: whole(price) })
  }
  return { bids: drawn, supply }
}
