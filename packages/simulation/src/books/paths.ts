import type { Random } from '../random/index.ts'
import { type Alternative, type BookDistribution, bookOfBidders } from './distribution.ts'

/** Constants of the suite: a city begins with roads to its nearest ones, and a road that is not there yet costs more. */
const [NEAREST, PENALTY, ROADS_PER_CITY] = [2, 1.7, 3]
/** What a bidder pays for shipping at most, in straight lines; and how many ways it bids for. */
const [SHIPPING, WAYS] = [1.5, 5]

/** Cities on a plane, and roads between some of them. */
class Roads {
  readonly count: number
  /** Length of a straight line between two cities, row by row. */
  readonly lengths: Float64Array
  /** By city, those that a road leads to. */
  readonly next: number[][]
  private readonly built: Uint8Array
  roads = 0

  constructor(random: Random, count: number) {
    this.count = count
    const places = Array.from({ length: count }, () => ({ x: random.unit(), y: random.unit() }))
    this.lengths = Float64Array.from(places.flatMap((a) => places.map((b) => Math.sqrt((a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y)))))
    this.next = places.map(() => [])
    this.built = new Uint8Array(count * count)
    for (let city = 0; city < count; city++) {
      const others = places.map((_, other) => other).filter((other) => other !== city)
      others.sort((a, b) => this.between(city, a) - this.between(city, b))
      for (const other of others.slice(0, NEAREST)) this.build(city, other)
    }
    // Until there are enough roads, or the ways between many pairs of cities in a row needed no other.
    for (let idle = 0; this.roads < ROADS_PER_CITY * count && idle < count; idle++) {
      const [from, to] = this.pair(random)
      if (this.build(from, to)) idle = 0
    }
  }

  between(a: number, b: number): number {
    return this.lengths[a * this.count + b] as number
  }

  pair(random: Random): [number, number] {
    const from = random.below(this.count)
    const other = random.below(this.count - 1)
    return [from, other < from ? other : other + 1]
  }

  /** Cost of the cheapest way from each city to one, and where it goes next (Dijkstra): over roads, at a penalty also where there is none when `builds`. */
  cheapest(to: number, builds: boolean): { readonly costs: Float64Array; readonly steps: Int32Array } {
    const { built, count } = this
    const costs = new Float64Array(count).fill(Infinity)
    const steps = new Int32Array(count).fill(-1)
    const done = new Uint8Array(count)
    costs[to] = 0
    for (;;) {
      let at = -1
      for (let city = 0; city < count; city++) if (done[city] === 0 && (costs[city] as number) < (at < 0 ? Infinity : (costs[at] as number))) at = city
      if (at < 0) return { costs, steps }
      done[at] = 1
      for (let city = 0; city < count; city++) {
        const hasRoad = built[at * count + city] === 1
        if (done[city] === 1 || (!hasRoad && !builds)) continue
        const cost = (costs[at] as number) + this.between(at, city) * (hasRoad ? 1 : PENALTY)
        if (cost >= (costs[city] as number)) continue
        costs[city] = cost
        steps[city] = at
      }
    }
  }

  /** Builds what is missing of the cheapest way between two cities; false when nothing was. */
  private build(from: number, to: number): boolean {
    const { built, count, next } = this
    const { steps } = this.cheapest(to, true)
    const before = this.roads
    for (let at = from; at !== to; ) {
      const step = steps[at] as number
      if (built[at * count + step] === 0) {
        built[at * count + step] = 1
        built[step * count + at] = 1
        next[at]?.push(step)
        next[step]?.push(at)
        this.roads += 1
      }
      at = step
    }
    return this.roads > before
  }

  /** Up to `WAYS` cheapest ways between two cities below a cost, cheapest first: a search that leaves a way when it cannot become one of them. */
  ways(from: number, to: number, below: number): { cost: number; cities: number[] }[] {
    const { costs } = this.cheapest(to, false)
    const found: { cost: number; cities: number[] }[] = []
    const cities = [from]
    const limit = (): number => (found.length < WAYS ? below : (found.at(-1)?.cost ?? below))
    const visit = (at: number, cost: number): void => {
      if (at === to) {
        found.push({ cities: [...cities], cost })
        found.sort((a, b) => a.cost - b.cost)
        if (found.length > WAYS) found.pop()
        return
      }
      const reach = (city: number): number => cost + this.between(at, city) + (costs[city] as number)
      for (const city of [...(this.next[at] as number[])].sort((a, b) => reach(a) - reach(b))) {
        if (reach(city) >= limit()) return
        if (cities.includes(city)) continue
        cities.push(city)
        visit(city, cost + this.between(at, city))
        cities.pop()
      }
    }
    visit(from, 0)
    return found
  }
}

const roadOf = (a: number, b: number): string => `road-${Math.min(a, b) + 1}-${Math.max(a, b) + 1}`

export const CATS_PATHS: BookDistribution = {
  draw(random, bids, values) {
    const roads = new Roads(random, values['cities'] as number)
    const names = roads.next.flatMap((others, city) => others.filter((other) => city < other).map((other) => roadOf(city, other)))
    const bidder = (): readonly Alternative[] => {
      const [from, to] = roads.pair(random)
      const worth = (1 + random.unit() * (SHIPPING - 1)) * roads.between(from, to)
      return roads.ways(from, to, worth).map(({ cities, cost }) => ({
        goods: cities.slice(1).map((city, index) => roadOf(cities[index] as number, city)),
        price: worth - cost,
      }))
    }
    return bookOfBidders(names, bids, bidder)
  },
  params: { cities: { default: 30, description: 'cities; the goods are the roads between them, up to three a city', kind: 'integer', max: 200, min: 3 } },
  source: 'Leyton-Brown, Pearson, Shoham, Electronic Commerce 2000; the number of cities is given instead of that of roads',
  title: 'roads between two cities; each bidder wants one of up to five ways',
}
