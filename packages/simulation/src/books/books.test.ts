import { type Book, readBook } from '@syntropism/economy'
import { describe, expect, it } from 'vitest'
import { createHash } from 'node:crypto'
import { BOOK_DISTRIBUTIONS, drawBook } from './index.ts'

const NAMES = Object.keys(BOOK_DISTRIBUTIONS)
const hashOf = (book: Book): string => createHash('sha256').update(JSON.stringify(book)).digest('hex').slice(0, 12)
const goodsIn = (bundle: Readonly<Record<string, number>>): string[] => Object.keys(bundle).filter((good) => !good.startsWith('bidder-'))

/** Bids by the bidder who wants one of them; those who made one bid alone are left out. */
function bidders(book: Book): Map<string, Book['bids'][number][]> {
  const found = new Map<string, Book['bids'][number][]>()
  for (const bid of book.bids)
    for (const name of Object.keys(bid.bundle).filter((good) => good.startsWith('bidder-'))) found.set(name, [...(found.get(name) ?? []), bid])
  return found
}

describe('drawn books', () => {
  it.each(NAMES)('%s gives books that can be cleared, of any size', (name) => {
    for (const bids of [1, 2, 7, 60]) {
      const book = readBook(drawBook(name, bids, bids))
      expect(book.ids).toHaveLength(bids)
      expect([...book.prices].every((price) => price > 0)).toBe(true)
    }
  })

  it.each(NAMES)('%s gives the same book for the same seed, and another for another', (name) => {
    expect(hashOf(drawBook(name, 40, 3))).toBe(hashOf(drawBook(name, 40, 3)))
    expect(hashOf(drawBook(name, 40, 3))).not.toBe(hashOf(drawBook(name, 40, 4)))
  })

  it('a seed gives the same book on every machine, where no logarithm has a part', () => {
    const hashes = NAMES.filter((name) => name !== 'jobs').map((name) => `${name} ${hashOf(drawBook(name, 50, 1))}`)
    expect(hashes).toMatchInlineSnapshot(`
      [
        "cats-arbitrary a96085742fb9",
        "cats-paths 9ed4c9718004",
        "cats-regions b39e5b26ae91",
        "chu-beasley 2b0c50d02d7f",
        "sandholm-decay f45ffd8c9cc6",
        "sandholm-random 0f9e81243eac",
        "sandholm-uniform 3509f43ba671",
        "sandholm-weighted-random a8e6193f0dc4",
      ]
    `)
  })

  it('refuses a distribution, a parameter or a number of bids that there is not, and says what there is', () => {
    expect(() => drawBook('cats', 10, 1)).toThrow('there are: jobs, cats-arbitrary')
    expect(() => drawBook('toString', 10, 1)).toThrow('there is no distribution "toString"')
    expect(() => drawBook('chu-beasley', 10, 1, { tightness: 2 })).toThrow('tightness is a number from 0 to 1, not 2')
    expect(() => drawBook('sandholm-decay', 10, 1, { goods: 3 })).toThrow('there are: alpha, items')
    expect(() => drawBook('jobs', 0, 1)).toThrow('from 1, not 0')
  })
})

describe('Chu and Beasley', () => {
  it.each([0.25, 0.5, 0.75])('sells a part of all wants: %d', (tightness) => {
    const book = drawBook('chu-beasley', 200, 5, { resources: 10, tightness })
    for (const [name, supply] of Object.entries(book.supply)) {
      const wanted = book.bids.reduce((sum, { bundle }) => sum + (bundle[name] as number), 0)
      expect(supply).toBe(Math.floor(tightness * wanted))
    }
  })

  it('offers the mean of the wants and up to 500 more', () => {
    const { bids } = drawBook('chu-beasley', 500, 6, { resources: 4 })
    const spreads = bids.map(({ bundle, price }) => price - Object.values(bundle).reduce((sum, want) => sum + want, 0) / 4)
    expect(Math.min(...spreads)).toBeGreaterThanOrEqual(-0.5)
    expect(Math.max(...spreads)).toBeLessThanOrEqual(500.5)
    expect(spreads.reduce((sum, spread) => sum + spread, 0) / 500).toBeCloseTo(250, -2)
  })
})

describe("Sandholm's distributions", () => {
  const sizes = (name: string, params = {}): number[] => drawBook(name, 2000, 7, params).bids.map(({ bundle }) => Object.keys(bundle).length)
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

  it('decay adds items with the probability that is given', () => {
    // Of a geometric number of items: 1 ÷ (1 − α).
    expect(mean(sizes('sandholm-decay', { alpha: 0.75, items: 1000 }))).toBeCloseTo(4, 0)
    expect(new Set(sizes('sandholm-decay', { alpha: 0 }))).toEqual(new Set([1]))
    expect(new Set(sizes('sandholm-decay', { alpha: 1, items: 9 }))).toEqual(new Set([9]))
  })

  it('uniform has the same number of items in each bid, no more than there are', () => {
    expect(new Set(sizes('sandholm-uniform', { bundle_items: 3 }))).toEqual(new Set([3]))
    expect(new Set(sizes('sandholm-uniform', { bundle_items: 30, items: 4 }))).toEqual(new Set([4]))
  })

  it('random has any number of items at prices up to 1, weighted random up to their number', () => {
    expect(Math.abs(mean(sizes('sandholm-random', { items: 20 })) - 10.5)).toBeLessThan(0.5)
    const most = (name: string): number => Math.max(...drawBook(name, 2000, 8, { items: 20 }).bids.map(({ price }) => price))
    expect(most('sandholm-random')).toBeLessThanOrEqual(1000)
    expect(most('sandholm-weighted-random')).toBeGreaterThan(15_000)
    expect(most('sandholm-weighted-random')).toBeLessThanOrEqual(20_000)
  })
})

describe('the suite of Leyton-Brown, Pearson and Shoham', () => {
  it.each(['cats-arbitrary', 'cats-regions'])('%s: of up to six bundles of a bidder one can win, all as large and none twice', (name) => {
    const found = bidders(drawBook(name, 300, 9))
    expect(found.size).toBeGreaterThan(40)
    // The last bidder's list may be cut.
    for (const bids of [...found.values()].slice(0, -1)) {
      const [first, ...others] = bids
      expect(bids.length).toBeLessThanOrEqual(6)
      const bundles = bids.map(({ bundle }) => goodsIn(bundle).sort())
      expect(new Set(bundles.map(String)).size).toBe(bids.length)
      expect(new Set(bundles.map((goods) => goods.length)).size).toBe(1)
      for (const { price } of others) expect(price).toBeLessThanOrEqual(1.5 * (first?.price ?? 0) + 1)
    }
  })

  it('regions lie together more than bundles of arbitrary complements do', () => {
    const side = 10
    const isNextTo = (a: number, b: number): boolean => Math.abs((a % side) - (b % side)) <= 1 && Math.abs(Math.floor(a / side) - Math.floor(b / side)) <= 1
    const share = (name: string): number => {
      const bundles = drawBook(name, 200, 10, { goods: side * side }).bids.map(({ bundle }) => goodsIn(bundle).map((good) => Number(good.slice(5)) - 1))
      const several = bundles.filter((goods) => goods.length > 1)
      const near = several.flatMap((goods) => goods.map((good) => Number(goods.some((other) => other !== good && isNextTo(good, other)))))
      return near.reduce((sum, one) => sum + one, 0) / near.length
    }
    expect(share('cats-regions')).toBeGreaterThan(0.8)
    expect(share('cats-arbitrary')).toBeLessThan(0.8)
  })

  it('paths are ways over roads between the same two cities, the cheapest first', () => {
    const book = drawBook('cats-paths', 200, 11, { cities: 20 })
    const endsOf = (goods: readonly string[]): string => {
      const seen = new Map<string, number>()
      for (const road of goods) for (const city of road.split('-').slice(1)) seen.set(city, (seen.get(city) ?? 0) + 1)
      return [...seen]
        .filter(([, count]) => count === 1)
        .map(([city]) => city)
        .sort()
        .join()
    }
    const found = bidders(book)
    expect(found.size).toBeGreaterThan(10)
    for (const bids of found.values()) {
      expect(bids.length).toBeLessThanOrEqual(5)
      const ends = bids.map(({ bundle }) => endsOf(goodsIn(bundle)))
      expect(new Set(ends).size).toBe(1)
      expect(ends[0]?.split(',')).toHaveLength(2)
      expect(bids.map(({ price }) => price)).toEqual(bids.map(({ price }) => price).sort((a, b) => b - a))
    }
  })
})
