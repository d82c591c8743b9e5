import type { Certificate, Solution } from '@syntropism/contract'
import { showPrompt } from '../attention/index.ts'
import {
  type Candidate,
  type ClearedMarket,
  type Lowest,
  type Market,
  OfferTrial,
  type PaidWin,
  type Reservation,
  type Supply,
  bundleOf,
  byHighestBid,
  capacityOf,
  clearMarket,
  leaveBook,
  offeredMicro,
  onePerAgent,
  placeFor,
  quantitiesOf,
  reserve,
} from '../auction/index.ts'
import { canonicalJson, sha256Hex } from '../codec/index.ts'
import { meterSold, openLease, payWindow, releasesOf, supplyOf } from '../leases/index.ts'
import { type Prices, pricesNow, reserveCostMicro } from '../market/index.ts'
import type { MarketPaymentRule } from '../mechanisms/index.ts'
import { type Bid, type Quantities, type State, type Step, childTrace, inTrace } from '../state/index.ts'

const isPaused = ({ paused }: State, agentId: string): boolean => paused.everyone || paused.agents.has(agentId)

/** Whether a bid may take part in a clearing now, money aside. */
function isEligible(state: State, bid: Bid, capacity: ReturnType<typeof capacityOf>): boolean {
  if (bid.not_before_ms > state.at_ms) return false
  if (bid.prompt_id !== null) return capacity.attention > 0 && state.prompts.get(bid.prompt_id)?.lease_id === null
  const { attention, cpu, llm, memory } = bid.bundle
  if (
    (attention !== undefined && capacity.attention === 0) ||
    (cpu !== undefined && capacity.cpu === 0) ||
    (llm !== undefined && capacity.llm === 0) ||
    (memory !== undefined && capacity.memory === 0)
  )
    return false
  if (isPaused(state, bid.agent_id)) return false
  return cpu === undefined || state.agents.get(bid.agent_id)?.lease_id === null
}

/** A bid as a clearing sees it. */
function candidateOf(state: State, bid: Bid, capacity: Quantities, prices: Prices, rule: MarketPaymentRule = state.params.payment_rule): Candidate {
  const bundle = bundleOf(state, bid, capacity)
  const reserveMicro = reserveCostMicro(prices, bundle, bid.duration_ms)
  return {
    agent_id: bid.agent_id,
    bid_id: bid.bid_id,
    duration_ms: bid.duration_ms,
    offered_micro: offeredMicro(state, bid, reserveMicro, rule),
    order: bid.order,
    quantities: quantitiesOf(state, bundle, capacity),
    reserve_micro: reserveMicro,
  }
}

/** Eligible bids at or above their reserve, in no order yet, with what they offer under a payment rule, that in force if none is named. */
export function candidatesOf(state: State, rule: MarketPaymentRule = state.params.payment_rule): Candidate[] {
  const capacity = capacityOf(state)
  const prices = pricesNow(state)
  const candidates: Candidate[] = []
  for (const bid of state.bids.values()) {
    if (!isEligible(state, bid, capacity)) continue
    const candidate = candidateOf(state, bid, capacity, prices, rule)
    if (candidate.offered_micro >= candidate.reserve_micro) candidates.push(candidate)
  }
  return candidates
}

/** The reservation of the bid that has been the best unserved one for longer than `starvation_ms`. */
function reservationFor(state: State, eligible: readonly Candidate[], supply: Supply): Reservation | null {
  const { starving, params } = state
  if (params.starvation_ms === 0 || starving === null || state.at_ms - starving.since_ms < params.starvation_ms) return null
  const candidate = eligible.find((one) => one.bid_id === starving.bid_id)
  return candidate === undefined ? null : reserve(candidate, supply, releasesOf(state), state.at_ms)
}

/** The market of this instant: eligible bids best first, and those of them that take part. */
function marketOf(state: State): { readonly eligible: readonly Candidate[]; readonly market: Market } {
  const eligible = candidatesOf(state).sort(byHighestBid)
  const supply = supplyOf(state)
  return { eligible, market: { at_ms: state.at_ms, candidates: onePerAgent(eligible), reservation: reservationFor(state, eligible, supply), supply } }
}

/** What a solver is asked under the mechanism `exact`: every winner on one executor, nothing oversold, the most offered. */
export interface WinnerProblem extends Market {
  readonly problem_hash: string
}

/** The problem of the next clearing, or null when nobody could win. Read it just after a beat that held its clearing. */
export function winnerProblem(state: State): WinnerProblem | null {
  const { market } = marketOf(state)
  const hasWinner = market.candidates.some((candidate) => placeFor(candidate, market.supply, market.reservation, market.at_ms) !== null)
  return hasWinner ? problemOf(market) : null
}

/** A market as a solver is asked it. */
export const problemOf = (market: Market): WinnerProblem => ({ ...market, problem_hash: problemHash(market) })

/** Hash of all that the answer depends on. The instant counts only by whom a reservation stops, so the same book a little later is the same problem. */
const problemHash = ({ at_ms: atMs, candidates, reservation, supply }: Market): string =>
  sha256Hex(
    canonicalJson({
      candidates: candidates.map(({ bid_id, duration_ms, offered_micro, quantities }) => ({
        bid_id,
        is_late: reservation !== null && atMs + duration_ms > reservation.starts_at_ms,
        offered_micro,
        quantities,
      })),
      reservation,
      supply,
    }),
  )

/** A bid beside the open book of this instant, to try other offers of it; null when it could take no part whatever it offered. */
export function offerTrialOf(state: State, bid: Bid): OfferTrial | null {
  const capacity = capacityOf(state)
  if (!isEligible(state, bid, capacity)) return null
  const { eligible, market } = marketOf(state)
  return new OfferTrial(candidateOf(state, bid, capacity, pricesNow(state)), eligible, state.params.mechanism, market)
}

/** Lowest offer with which a bid would win at this instant beside the open book, under the mechanism in force. */
export const lowestWinningOf = (state: State, bid: Bid): Lowest => offerTrialOf(state, bid)?.lowest() ?? { amount_micro: null, is_estimate: false }

type Draft = Omit<Certificate, 'hash' | 'prices_after'>

/** Clears the book under the mechanism and payment rule in force. Null when nobody won. */
export function clear(step: Step, solution: Solution | null): Draft | null {
  const { state } = step
  state.book_changed = false
  step.sink?.book?.(state)
  const { eligible, market } = marketOf(state)
  const facts = { bids_count: state.bids.size, book_hash: state.book_hash, eligible_count: eligible.length }
  const answer = solution === null || state.params.mechanism !== 'exact' ? null : { fits: solution.problem_hash === problemHash(market), solution }
  const cleared = clearMarket(market, eligible, state.params, answer)
  const { best_loser: loser, winners } = cleared
  if (loser === null) state.starving = null
  else if (state.starving?.bid_id !== loser.bid_id) state.starving = { bid_id: loser.bid_id, since_ms: state.at_ms }
  if (winners.length === 0) return null
  state.counters.clearing += 1
  const clearingId = `clearing-${state.counters.clearing}`
  step.cause_id = clearingId
  let marginal = ''
  const shown = winners.map((win) => {
    const bid = state.bids.get(win.candidate.bid_id) as Bid
    marginal = childTrace(state, bid.traceparent, `${clearingId} ${bid.bid_id}`)
    return inTrace(step, marginal, () => settleWinner(step, bid, win, clearingId))
  })
  // The sold share, and the price it leads to, belong to the story of the last bid that was let in.
  inTrace(step, marginal, () => meterSold(step))
  return {
    ...facts,
    ...rulesShown(cleared),
    clearing_id: clearingId,
    lowest_winning_micro: shown.reduce((least, winner) => Math.min(least, winner.payment_micro), Infinity),
    prices_before: pricesNow(state),
    ...supplyShown(market),
    winners: shown,
  }
}

const rulesShown = ({ bound_micro, fallback, mechanism, payment_rule, shadow_prices_micro, welfare_micro }: ClearedMarket) => ({
  bound_micro,
  fallback,
  mechanism,
  payment_rule,
  shadow_prices_micro,
  welfare_micro,
})

const supplyShown = ({ reservation, supply }: Market): Pick<Draft, 'reserved' | 'supply'> => ({
  reserved: reservation === null ? null : { bid_id: reservation.bid_id, executor_id: reservation.executor_id, starts_at_ms: reservation.starts_at_ms },
  supply: {
    attention: supply.attention,
    executors: Object.fromEntries(supply.executors.map((room) => [room.executor_id, { cpu: room.cpu, memory: room.memory }])),
    llm: supply.llm,
  },
})

/** Payment, burn and lease of one winner; a prompt's credits stay in hold until a human has judged it. */
function settleWinner(step: Step, bid: Bid, win: PaidWin, clearingId: string): Certificate['winners'][number] {
  const { state } = step
  const { candidate, executor_id: executorId, payment_micro: paymentMicro } = win
  const shares = bundleOf(state, bid)
  const isPrompt = bid.prompt_id !== null
  if (!isPrompt) leaveBook(state, bid)
  const entry = isPrompt ? null : payWindow(step, bid, paymentMicro)
  const lease = openLease(step, {
    bid,
    clearing_id: clearingId,
    executor_id: executorId,
    offered_micro: candidate.offered_micro,
    paid_micro: isPrompt ? 0 : paymentMicro,
    quantities: candidate.quantities,
    shares,
  })
  if (entry !== null) lease.entry_ids.unshift(entry)
  if (isPrompt) showPrompt(step, bid, lease, paymentMicro)
  return {
    agent_id: bid.agent_id,
    bid_id: bid.bid_id,
    executor_id: executorId,
    lease_id: lease.lease_id,
    offered_micro: candidate.offered_micro,
    payer_id: bid.payer_id,
    payment_micro: paymentMicro,
    quantities: candidate.quantities,
    reserve_micro: candidate.reserve_micro,
  }
}

/** Hash of a certificate: SHA-256 of its canonical JSON without the hash. */
export const certificateHash = (certificate: Omit<Certificate, 'hash'>): string => sha256Hex(canonicalJson(certificate))
