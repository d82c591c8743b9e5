import { type BidTable, type Mechanism, SIZE_EXPONENTS, clearAtShadowPrices, dominantShareOrder, greedyOrder, orderAt } from '../mechanisms/index.ts'
import { type Candidate, type Reservation, type Supply, byHighestBid, copyReservation, copySupply, placeFor } from './clear.ts'

/** What one clearing is about. Candidates stand in the order of `byHighestBid`. */
export interface Market {
  readonly at_ms: number
  readonly candidates: readonly Candidate[]
  readonly reservation: Reservation | null
  readonly supply: Supply
}

/** Columns of a book made from a market. */
export const COLUMNS = ['attention', 'cpu', 'llm', 'memory'] as const

/** All that is for sale, executors taken together; what running leases hold beyond a shrunken capacity counts as nothing left. */
function forSale(supply: Supply): Float64Array {
  let cpu = 0
  let memory = 0
  for (const room of supply.executors) {
    cpu += Math.max(0, room.cpu)
    memory += Math.max(0, room.memory)
  }
  return Float64Array.of(Math.max(0, supply.attention), cpu, Math.max(0, supply.llm), memory)
}

/** Candidates as a book of absolute quantities, in the order of their ties. */
export function tableOf(candidates: readonly Candidate[], supply: Supply): BidTable {
  const quantities = new Float64Array(candidates.length * COLUMNS.length)
  const prices = new Float64Array(candidates.length)
  candidates.forEach((candidate, index) => {
    prices[index] = candidate.offered_micro
    COLUMNS.forEach((resource, column) => {
      quantities[index * COLUMNS.length + column] = candidate.quantities[resource]
    })
  })
  return { prices, quantities, supply: forSale(supply) }
}

/** Candidates that fit an otherwise empty market, in the order of their ties. The others cannot win now under any rule. */
export const possibleIn = ({ at_ms, candidates, reservation, supply }: Market): Candidate[] =>
  candidates.filter((candidate) => placeFor(candidate, supply, reservation, at_ms) !== null).sort((a, b) => a.order - b.order)

/** The order in which candidates are let in; under `shadow` the winners of the dual come first and the rest fill up. */
export interface Ranking {
  readonly ordered: readonly Candidate[]
  /** Prices per unit from the dual of the book, null where the mechanism has none. */
  readonly dual_prices: Float64Array | null
}

/** Order of a mechanism. `possible` are the candidates that could win, `table` the same as a book. */
export function rank(mechanism: Exclude<Mechanism, 'exact'>, possible: readonly Candidate[], table: BidTable): Ranking {
  const at = (index: number): Candidate => possible[index] as Candidate
  if (mechanism === 'shadow') {
    const { prices, winners } = clearAtShadowPrices(table)
    const won = new Set(winners)
    const rest = [...orderAt(table, prices)].filter((index) => !won.has(index))
    return { dual_prices: prices, ordered: [...winners, ...rest].map(at) }
  }
  const exponent = SIZE_EXPONENTS[mechanism]
  if (exponent === 0) return { dual_prices: null, ordered: [...possible].sort(byHighestBid) }
  const order = exponent === undefined ? dominantShareOrder(table) : greedyOrder(table, exponent)
  return { dual_prices: null, ordered: Array.from(order, at) }
}

/** A copy of a market whose supply and reservation may be used up. */
export const freshMarket = (market: Market): Market => ({ ...market, reservation: copyReservation(market.reservation), supply: copySupply(market.supply) })
