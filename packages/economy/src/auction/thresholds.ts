import {
  type BidTable,
  type Mechanism,
  SIZE_EXPONENTS,
  type SizeExponent,
  criticalPayments,
  greedyOrder,
  leastPriceBefore,
  sizesOf,
} from '../mechanisms/index.ts'
import { type Candidate, allocate, byHighestBid, copyReservation, copySupply, placeFor, takeRoom } from './clear.ts'
import { type Market, freshMarket, possibleIn, rank, tableOf } from './ranking.ts'

/** A walk that a bid's threshold is looked for in: its order as indexes into `candidates`, which are rows of `table`. */
export interface GreedyWalk {
  readonly candidates: readonly Candidate[]
  readonly exponent: SizeExponent
  readonly order: Uint32Array
  readonly table: BidTable
}

const at = (candidates: readonly Candidate[], index: number): Candidate => candidates[index] as Candidate

/** First candidate of the order from `from` on that is let in when `own` is not there, and after which `own` does not fit; −1 when there is none. `market` is used up. */
function blockerOf({ candidates, order }: GreedyWalk, from: number, own: number, market: Market): number {
  const { at_ms: nowMs, reservation, supply } = market
  for (let place = from; place < order.length; place++) {
    const index = order[place] as number
    if (index === own) continue
    const other = at(candidates, index)
    const found = placeFor(other, supply, reservation, nowMs)
    if (found === null) continue
    takeRoom(other, found.room, supply, reservation, nowMs)
    if (placeFor(at(candidates, own), supply, reservation, nowMs) === null) return index
  }
  return -1
}

/**
 * Critical value of each winner, by its row: the least whole offer with which it still wins, 0 when any would. Exact with executors and reservations,
 * since the walk is monotone. On one executor without a reservation the book is a plain one, whose critical values need a single walk.
 */
export function criticalOffers(walk: GreedyWalk, market: Market): Map<number, number> {
  const { candidates, exponent, order, table } = walk
  if (market.reservation === null && market.supply.executors.length <= 1) return criticalPayments(table, exponent, order)
  const { exact } = sizesOf(table)
  const offers = new Map<number, number>()
  const { at_ms: nowMs, reservation, supply } = freshMarket(market)
  order.forEach((index, place) => {
    const candidate = at(candidates, index)
    const found = placeFor(candidate, supply, reservation, nowMs)
    if (found === null) return
    const blocker = blockerOf(walk, place + 1, index, { ...market, reservation: copyReservation(reservation), supply: copySupply(supply) })
    offers.set(index, blocker < 0 ? 0 : leastPriceBefore(table, exponent, index, blocker, exact))
    takeRoom(candidate, found.room, supply, reservation, nowMs)
  })
  return offers
}

/** Least offer with which one row would be let in beside the others, 0 when any would. */
function thresholdIn(walk: GreedyWalk, own: number, market: Market): number {
  const blocker = blockerOf(walk, 0, own, freshMarket(market))
  return blocker < 0 ? 0 : leastPriceBefore(walk.table, walk.exponent, own, blocker, sizesOf(walk.table).exact)
}

/** Least offer with which a bid for cpu is its agent's best one, so that it takes part at all: what it must offer beside the agent's other bids. */
export function leastAmongOwn(candidate: Candidate, eligible: readonly Candidate[]): number {
  if (candidate.quantities.cpu === 0) return 0
  let least = 0
  for (const other of eligible) {
    if (other.agent_id !== candidate.agent_id || other.bid_id === candidate.bid_id || other.quantities.cpu === 0) continue
    least = Math.max(least, other.offered_micro + (candidate.order < other.order ? 0 : 1))
  }
  return least
}

/** Eligible bids for cpu by agent: those that compete for its one window. */
export function bidsForCpu(eligible: readonly Candidate[]): ReadonlyMap<string, readonly Candidate[]> {
  const byAgent = new Map<string, Candidate[]>()
  for (const one of eligible) {
    if (one.quantities.cpu === 0) continue
    const others = byAgent.get(one.agent_id)
    if (others === undefined) byAgent.set(one.agent_id, [one])
    else others.push(one)
  }
  return byAgent
}

/** One agent runs one window: of an agent's several bids for cpu only its best takes part. The eligible bids come in the order of `byHighestBid`. */
export function onePerAgent(eligible: readonly Candidate[]): Candidate[] {
  const seen = new Set<string>()
  return eligible.filter((candidate) => {
    if (candidate.quantities.cpu === 0) return true
    return !seen.has(candidate.agent_id) && seen.add(candidate.agent_id) !== undefined
  })
}

/** Bids in the order of `byHighestBid`, without those that compete with `own` for its agent's one window. */
const rivalsOf = (own: Candidate, eligible: readonly Candidate[]): Candidate[] =>
  onePerAgent(
    [...eligible]
      .sort(byHighestBid)
      .filter((other) => other.bid_id !== own.bid_id && (own.quantities.cpu === 0 || other.quantities.cpu === 0 || other.agent_id !== own.agent_id)),
  )

/**
 * What a bid takes from the others: the welfare of clearing without it, less that of clearing the others in what it leaves; one more where it takes
 * something, so that it is ahead. Both by shadow prices, whose answer to so small a change is near the optimum but not it.
 */
function displacedMicro(own: Candidate, market: Market): number {
  const others = { ...market, candidates: market.candidates.filter((candidate) => candidate.bid_id !== own.bid_id) }
  const beside = freshMarket(others)
  takeRoom(own, placeFor(own, beside.supply, beside.reservation, market.at_ms)?.room ?? null, beside.supply, beside.reservation, market.at_ms)
  const displaced = shadowWelfare(others) - shadowWelfare(beside)
  return displaced > 0 ? displaced + 1 : 0
}

function shadowWelfare(market: Market): number {
  const possible = possibleIn(market)
  const { ordered } = rank('shadow', possible, tableOf(possible, market.supply))
  const { at_ms: nowMs, reservation, supply } = freshMarket(market)
  return allocate(ordered, supply, reservation, nowMs).winners.reduce((sum, { candidate }) => sum + candidate.offered_micro, 0)
}

/**
 * Lowest offer with which a bid would win beside the other eligible ones, at least its reserve; null when it could at no price. Under the greedy rules
 * it is exact: that offer wins and one less does not. Under `drf`, where price has no part, it is the reserve or null. Under `shadow` and `exact` it is
 * what the bid would take from the others, by two clearings at shadow prices.
 */
export function lowestWinningMicro(own: Candidate, eligible: readonly Candidate[], mechanism: Mechanism, market: Omit<Market, 'candidates'>): number | null {
  const candidates = [...rivalsOf(own, eligible), own]
  const all = { ...market, candidates }
  if (placeFor(own, market.supply, market.reservation, market.at_ms) === null) return null
  const floor = Math.max(own.reserve_micro, leastAmongOwn(own, eligible))
  if (mechanism === 'shadow' || mechanism === 'exact') return Math.max(floor, displacedMicro(own, all))
  const possible = possibleIn(all)
  const table = tableOf(possible, market.supply)
  const exponent = SIZE_EXPONENTS[mechanism]
  if (exponent !== undefined) {
    const walk = { candidates: possible, exponent, order: greedyOrder(table, exponent), table }
    return Math.max(floor, thresholdIn(walk, possible.indexOf(own), all))
  }
  const { at_ms: nowMs, reservation, supply } = freshMarket(all)
  const { winners } = allocate(rank('drf', possible, table).ordered, supply, reservation, nowMs)
  return winners.some((win) => win.candidate === own) ? floor : null
}
