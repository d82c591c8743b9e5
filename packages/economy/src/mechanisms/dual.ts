import type { BidTable } from './book.ts'

export interface Ascent {
  /** Least dual met: no allocation of the table is worth more, but for rounding. */
  readonly bound: number
  /** Prices of the best bound, per unit of each resource. */
  readonly prices: Float64Array
  /** Prices met on the way, latest last: starting points for a walk. */
  readonly trail: readonly Float64Array[]
}

/** From where an ascent begins, in which units its prices move, and what is already decided. */
interface Start {
  readonly prices: Float64Array
  /** Length of the first stride, in units of `scale`. */
  readonly step: number
  /** Value per unit of each resource; 0 for one without supply. */
  readonly scale: Float64Array
  /** Worth of the bids that are taken for certain: their wants are off the supply. */
  readonly decided: number
}

/** Lagrangian dual at these prices: Σ price·supply + Σ max(0, value − cost). Writes the demand at the prices. */
export function dual(table: BidTable, prices: Float64Array, demand: Float64Array): number {
  const width = prices.length
  const { prices: values, quantities, supply } = table
  demand.fill(0)
  let total = 0
  for (let r = 0; r < width; r++) total += (prices[r] as number) * (supply[r] as number)
  for (let i = 0, at = 0; i < values.length; i++, at += width) {
    let surplus = values[i] as number
    for (let r = 0; r < width; r++) surplus -= (prices[r] as number) * (quantities[at + r] as number)
    if (surplus <= 0) continue
    total += surplus
    for (let r = 0; r < width; r++) demand[r] = (demand[r] as number) + (quantities[at + r] as number)
  }
  return total
}

/**
 * Each price rises where demand at the prices exceeds supply and falls where it is short, by a subgradient step in units of value per supply,
 * smoothed over the last directions and halved when the bound has stopped improving (Fisher, Management Science 1981).
 */
function climb(table: BidTable, supply: Float64Array, start: Start, rounds: number): Ascent {
  const width = supply.length
  const { decided, scale } = start
  const prices = start.prices.slice()
  const demand = new Float64Array(width)
  const direction = new Float64Array(width)
  let bound = decided + dual(table, prices, demand)
  let best = prices.slice()
  let step = start.step
  let stale = 0
  const trail: Float64Array[] = []
  for (let round = 0; round < rounds && step > 1e-7; round++) {
    let length = 0
    for (let r = 0; r < width; r++) {
      const excess = (supply[r] as number) > 0 ? ((demand[r] as number) - (table.supply[r] as number)) / (supply[r] as number) : 0
      const bounded = (prices[r] === 0 && excess < 0) || scale[r] === 0 ? 0 : excess
      direction[r] = 0.6 * bounded + 0.4 * (direction[r] as number)
      length += (direction[r] as number) * (direction[r] as number)
    }
    if (length === 0) break
    const stride = step / Math.sqrt(length)
    for (let r = 0; r < width; r++) prices[r] = Math.max(0, (prices[r] as number) + stride * (direction[r] as number) * (scale[r] as number))
    const value = decided + dual(table, prices, demand)
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
      dual(table, prices, demand)
    }
  }
  return { bound, prices: best, trail }
}

function scaleOf(supply: Float64Array, worth: number): Float64Array {
  return supply.map((one) => (one > 0 ? worth / (one * supply.length) : 0))
}

/** An ascent over the whole table, from prices of zero. */
export function ascend(table: BidTable, rounds: number): Ascent {
  const prices = new Float64Array(table.supply.length)
  const worth = dual(table, prices, new Float64Array(prices.length))
  return climb(table, table.supply, { decided: 0, prices, scale: scaleOf(table.supply, worth), step: 0.5 }, rounds)
}

/** Every so-many-th bid, with as large a part of the supply: about `count` bids that stand for all. */
function sampleOf(table: BidTable, count: number): BidTable {
  const width = table.supply.length
  const every = Math.ceil(table.prices.length / count)
  const size = Math.ceil(table.prices.length / every)
  const prices = new Float64Array(size)
  const quantities = new Float64Array(size * width)
  for (let to = 0; to < size; to++) {
    prices[to] = table.prices[to * every] as number
    for (let r = 0; r < width; r++) quantities[to * width + r] = table.quantities[to * every * width + r] as number
  }
  return { prices, quantities, supply: table.supply.map((supply) => supply * (size / table.prices.length)) }
}

/** The bids whose surplus at these prices is within `margin` of their value, and what the others above and below come to. */
function contested(table: BidTable, at: Float64Array, margin: number): { table: BidTable; decided: number } {
  const width = at.length
  const supply = table.supply.slice()
  const prices: number[] = []
  const quantities: number[] = []
  let decided = 0
  for (let i = 0, first = 0; i < table.prices.length; i++, first += width) {
    const value = table.prices[i] as number
    let surplus = value
    for (let r = 0; r < width; r++) surplus -= (at[r] as number) * (table.quantities[first + r] as number)
    if (surplus < -margin * value) continue
    if (surplus > margin * value) {
      decided += value
      for (let r = 0; r < width; r++) supply[r] = (supply[r] as number) - (table.quantities[first + r] as number)
      continue
    }
    prices.push(value)
    for (let r = 0; r < width; r++) quantities.push(table.quantities[first + r] as number)
  }
  return { decided, table: { prices: Float64Array.from(prices), quantities: Float64Array.from(quantities), supply } }
}

/** How near the border of winning a bid must be to be looked at again in each round, as a share of its value; and the first stride with it. */
const MARGINS = [
  { margin: 0.25, step: 0.02 },
  { margin: 0.04, step: 0.004 },
] as const
const SAMPLE = 1000
/** Excess of demand over supply, or of supply over demand, as a share of supply, at which prices found in this way are not trusted. */
const UNBALANCED = 0.02

/**
 * An ascent over a large table: prices of a sample, then of the bids near the border at those prices, the others being decided, and again nearer.
 * The bound is the dual of the whole table at the prices found: sampling and decisions cost tightness at most, never truth. Where the sample misled, which
 * shows in demand at the prices, the whole table is ascended instead.
 */
export function ascendLarge(table: BidTable, rounds: number): Ascent {
  const width = table.supply.length
  const demand = new Float64Array(width)
  const scale = scaleOf(table.supply, dual(table, new Float64Array(width), demand))
  let { prices } = ascend(sampleOf(table, SAMPLE), rounds)
  let bound = dual(table, prices, demand)
  for (const { margin, step } of MARGINS) {
    const { decided, table: near } = contested(table, prices, margin)
    const found = climb(near, table.supply, { decided, prices, scale, step }, rounds)
    const value = dual(table, found.prices, demand)
    if (value >= bound) continue
    bound = value
    prices = found.prices
  }
  dual(table, prices, demand)
  const whole = isBalanced(table.supply, prices, demand) ? null : ascend(table, 2 * rounds)
  return whole !== null && whole.bound < bound ? whole : { bound, prices, trail: [] }
}

/** Whether demand meets the supply of every resource that has a price, and no other resource is short. */
function isBalanced(supply: Float64Array, prices: Float64Array, demand: Float64Array): boolean {
  return supply.every((offered, r) => {
    const excess = (demand[r] as number) - offered
    return excess <= UNBALANCED * offered && (prices[r] === 0 || excess >= -UNBALANCED * offered)
  })
}
