import type { ParamSpec, ParamValues } from '../engine/index.ts'
import type { Random } from '../random/index.ts'
import { type Alternative, type BookDistribution, bookOfBidders } from './distribution.ts'

/** Constants of the suite, as its second version sets them. */
const [VALUE_MAX, DEVIATION, ANOTHER, JUMP] = [100, 0.5, 0.9, 0.05]
const [BUDGET, RESALE, SUBSTITUTES] = [1.5, 0.5, 5]
/** On the map of regions: roads of the grid that are missing, squares with a diagonal. */
const [MISSING, DIAGONAL] = [0.1, 0.2]

const GOODS: ParamSpec = { default: 100, description: 'goods, one of each', kind: 'integer', max: 2500, min: 4 }
const nameOf = (good: number): string => `good-${good + 1}`

/** Root of degree five by Newton's steps: basic operations alone, so that no last bit differs between machines. Of numbers from 1 on. */
function fifthRoot(value: number): number {
  let root = value
  for (let next = value; ; root = next) {
    next = (4 * root + value / (root * root * root * root)) / 5
    if (next >= root) return root
  }
}

/** What a bundle of so many goods is worth beyond its goods: size to the power of 1.2. */
const synergy = (size: number): number => size * fifthRoot(size)

/** How near two goods are to each other: the weight with which one draws the other into a bundle. */
type Nearness = (good: number) => Float64Array

/** Locations on a square map, next to each other or not: the grid without some of its roads, and with some diagonals. Everyone has a neighbour. */
function nearOnMap(random: Random, side: number): Nearness {
  const count = side * side
  const rows = Array.from({ length: count }, () => new Float64Array(count))
  const join = (a: number, b: number): void => {
    ;(rows[a] as Float64Array)[b] = 1
    ;(rows[b] as Float64Array)[a] = 1
  }
  do {
    for (const row of rows) row.fill(0)
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++) {
        const [at, isLast, isLowest] = [y * side + x, x === side - 1, y === side - 1]
        if (!isLast && random.unit() >= MISSING) join(at, at + 1)
        if (!isLowest && random.unit() >= MISSING) join(at, at + side)
        if (isLast || isLowest || random.unit() >= DIAGONAL) continue
        if (random.chance(1, 2)) join(at, at + side + 1)
        else join(at + 1, at + side)
      }
  } while (rows.some((row) => row.every((weight) => weight === 0)))
  return (good) => rows[good] as Float64Array
}

/** Any two goods have something to do with each other, as much as is drawn. */
function nearAtRandom(random: Random, count: number): Nearness {
  const rows = Array.from({ length: count }, () => new Float64Array(count))
  for (let a = 0; a < count; a++)
    for (let b = 0; b < a; b++) {
      const weight = random.unit()
      ;(rows[a] as Float64Array)[b] = weight
      ;(rows[b] as Float64Array)[a] = weight
    }
  return (good) => rows[good] as Float64Array
}

/** An index with a probability in proportion to its weight; −1 where there is none. */
function weighted(random: Random, weights: Float64Array): number {
  let total = 0
  for (const weight of weights) total += weight
  if (total === 0) return -1
  let rest = random.unit() * total
  let last = -1
  for (let index = 0; index < weights.length; index++) {
    const weight = weights[index] as number
    if (weight === 0) continue
    last = index
    rest -= weight
    if (rest < 0) break
  }
  return last
}

/** A bundle that grows good by good from its first one. */
class Bundle {
  readonly goods: number[] = []
  private readonly taste: Float64Array
  private readonly near: Nearness
  /** By good: how much the bundle draws it; 0 for those in it. */
  private readonly pull: Float64Array
  private readonly inside: Uint8Array

  constructor(first: number, taste: Float64Array, near: Nearness) {
    this.taste = taste
    this.near = near
    this.pull = new Float64Array(taste.length)
    this.inside = new Uint8Array(taste.length)
    this.add(first)
  }

  private add(good: number): void {
    this.goods.push(good)
    this.inside[good] = 1
    const row = this.near(good)
    for (let other = 0; other < row.length; other++)
      this.pull[other] = this.inside[other] === 1 ? 0 : (this.pull[other] as number) + (row[other] as number) * (this.taste[other] as number)
  }

  /** One more good: now and then any other, else one that is near. */
  grow(random: Random, jump: number): void {
    if (this.goods.length === this.taste.length) return
    if (random.unit() >= jump) {
      const good = weighted(random, this.pull)
      if (good >= 0) this.add(good)
      return
    }
    let good = random.below(this.taste.length)
    while (this.inside[good] === 1) good = random.below(this.taste.length)
    this.add(good)
  }

  get key(): string {
    return this.goods.toSorted((a, b) => a - b).join()
  }
}

/** Bidders of one market: a good has a worth for all and another for each bidder, and what is near belongs together. */
function bidders(random: Random, near: Nearness, count: number, jump: number): () => readonly Alternative[] {
  const common = Float64Array.from({ length: count }, () => 1 + random.unit() * (VALUE_MAX - 1))
  const sumOf = (goods: readonly number[], worth: (good: number) => number): number => goods.reduce((sum, good) => sum + worth(good), 0)
  return () => {
    for (;;) {
      // From 0 to the whole deviation twice; the middle of it is no difference to the worth for all.
      const taste = Float64Array.from({ length: count }, () => random.unit() * 2 * DEVIATION * VALUE_MAX)
      const own = (good: number): number => (common[good] as number) + (taste[good] as number) - DEVIATION * VALUE_MAX
      const valueOf = ({ goods }: Bundle): number => sumOf(goods, own) + synergy(goods.length)
      const wanted = new Bundle(Math.max(0, weighted(random, taste)), taste, near)
      while (random.unit() < ANOTHER) wanted.grow(random, jump)
      const value = valueOf(wanted)
      if (value <= 0) continue
      const leastResale = RESALE * sumOf(wanted.goods, (good) => common[good] as number)
      const substitutes = new Map<string, { goods: readonly number[]; price: number }>()
      for (const first of wanted.goods) {
        const other = new Bundle(first, taste, near)
        while (other.goods.length < wanted.goods.length) other.grow(random, jump)
        const price = valueOf(other)
        const isWanted = price >= 0 && price <= BUDGET * value && sumOf(other.goods, (good) => common[good] as number) >= leastResale
        if (isWanted && other.key !== wanted.key) substitutes.set(other.key, { goods: other.goods, price })
      }
      const best = [...substitutes.values()].sort((a, b) => b.price - a.price).slice(0, SUBSTITUTES)
      return [{ goods: wanted.goods, price: value }, ...best].map(({ goods, price }) => ({ goods: goods.map(nameOf), price }))
    }
  }
}

const SUITE = 'Leyton-Brown, Pearson, Shoham, Electronic Commerce 2000'
const SIMPLER = 'uniform private values, dominated bids stay'
const goodsOf = (count: number): string[] => Array.from({ length: count }, (_, good) => nameOf(good))

export const CATS_ARBITRARY: BookDistribution = {
  draw(random, bids, values: ParamValues) {
    const count = values['goods'] as number
    return bookOfBidders(goodsOf(count), bids, bidders(random, nearAtRandom(random, count), count, 0))
  },
  params: { goods: GOODS },
  source: `${SUITE}; ${SIMPLER}`,
  title: 'goods that complement each other arbitrarily; each bidder wants one of up to six bundles',
}

export const CATS_REGIONS: BookDistribution = {
  draw(random, bids, values: ParamValues) {
    const side = Math.floor(Math.sqrt(values['goods'] as number))
    return bookOfBidders(goodsOf(side * side), bids, bidders(random, nearOnMap(random, side), side * side, JUMP))
  },
  params: { goods: { ...GOODS, description: 'plots of land on a square map: the largest square up to this number' } },
  source: `${SUITE}; ${SIMPLER}`,
  title: 'plots of land that lie next to each other; each bidder wants one of up to six regions',
}
