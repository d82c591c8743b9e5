import type { Solution } from '@syntropism/contract'
import {
  type BidTable,
  type MarketPaymentRule,
  type Mechanism,
  SIZE_EXPONENTS,
  boundAt,
  bundleCost,
  greedyOrder,
  supplyPrices,
  clearAtShadowPrices,
} from '../mechanisms/index.ts'
import type { Quantities } from '../state/index.ts'
import { type Allocation, type Candidate, type Win, allocate, placeFor, takeRoom } from './clear.ts'
import { COLUMNS, type Market, type Ranking, freshMarket, possibleIn, rank, tableOf } from './ranking.ts'
import { bidsForCpu, criticalOffers, leastAmongOwn } from './thresholds.ts'

export interface Rules {
  readonly mechanism: Mechanism
  readonly payment_rule: MarketPaymentRule
}

/** A solver's answer, or what kind of answer there is not; `fits` says that it was made for this very problem. */
export type Answer = { readonly fits: boolean; readonly solution: Solution } | null

export interface PaidWin extends Win {
  /** At least its reserve, at most its offer. */
  readonly payment_micro: number
}

/** What a clearing came to, with the rules it came from. */
export interface ClearedMarket extends Rules {
  /** The best candidate in the order of `byHighestBid` that found no room: the one that starves. */
  readonly best_loser: Candidate | null
  readonly bound_micro: number | null
  /** Why other rules than the configured ones were used, null when they were not. */
  readonly fallback: 'bundles_differ' | 'no_answer' | 'answer_infeasible' | 'answer_unproven' | null
  readonly shadow_prices_micro: Quantities | null
  readonly welfare_micro: number
  readonly winners: readonly PaidWin[]
}

/** What replaces rules that cannot be applied to a clearing. */
const DEFAULT_RULES: Rules = { mechanism: 'highest-bid', payment_rule: 'bid' }

interface Outcome {
  readonly allocation: Allocation
  readonly bound_micro: number | null
  /** Whole prices of all that was for sale. */
  readonly prices: Float64Array | null
}

interface Book {
  readonly possible: readonly Candidate[]
  readonly table: BidTable
}

/** The candidates that no winner is. */
function losersOf(candidates: readonly Candidate[], winners: readonly Win[]): Candidate[] {
  const won = new Set(winners.map((win) => win.candidate.bid_id))
  return candidates.filter((candidate) => !won.has(candidate.bid_id))
}

function walkRanking(market: Market, { dual_prices: dual, ordered }: Ranking, { table }: Book): Outcome {
  const { at_ms: nowMs, reservation, supply } = freshMarket(market)
  const allocation = allocate(ordered, supply, reservation, nowMs)
  const prices = dual === null ? null : supplyPrices(table, dual)
  return { allocation, bound_micro: prices === null ? null : boundAt(table, prices), prices }
}

/** Lets a solver's winners in where it placed them, then fills up by the highest bid; null when they do not fit. Nothing of the answer is taken on trust but its bound. */
function walkSolution(market: Market, answer: NonNullable<Answer>, { table }: Book): Outcome | null {
  const { at_ms: nowMs, candidates, reservation, supply } = freshMarket(market)
  const known = new Map(candidates.map((candidate) => [candidate.bid_id, candidate]))
  const winners: Win[] = []
  for (const { bid_id: bidId, executor_id: executorId } of answer.solution.winners) {
    const candidate = known.get(bidId)
    if (candidate === undefined || !known.delete(bidId)) return null
    const only = { ...supply, executors: supply.executors.filter((room) => room.executor_id === executorId) }
    const place = placeFor(candidate, only, reservation, nowMs)
    if (place === null || (place.room?.executor_id ?? null) !== executorId) return null
    takeRoom(candidate, place.room, supply, reservation, nowMs)
    winners.push({ candidate, executor_id: executorId })
  }
  const more = allocate([...known.values()], supply, reservation, nowMs)
  winners.push(...more.winners)
  const prices = supplyPrices(table, clearAtShadowPrices(table).prices)
  const proven = answer.fits ? answer.solution.bound_micro : null
  const bound = Math.max(welfareOf(winners), Math.min(boundAt(table, prices), proven ?? Infinity))
  return { allocation: { best_loser: more.best_loser, winners }, bound_micro: bound, prices }
}

const welfareOf = (winners: readonly Win[]): number => winners.reduce((sum, { candidate }) => sum + candidate.offered_micro, 0)

/** The highest losing offer when all bundles are the same; null when they differ, for then no one price is theirs. */
function uniformPrice(candidates: readonly Candidate[], winners: readonly Win[]): number | null {
  const [first] = candidates
  if (first === undefined) return 0
  for (const { duration_ms, quantities } of candidates)
    if (duration_ms !== first.duration_ms || COLUMNS.some((resource) => quantities[resource] !== first.quantities[resource])) return null
  return losersOf(candidates, winners).reduce((highest, { offered_micro }) => Math.max(highest, offered_micro), 0)
}

/** What each winner pays before reserve and offer bound it; null when the rule cannot be applied to this clearing. */
function chargesOf(market: Market, eligible: readonly Candidate[], rules: Rules, outcome: Outcome, book: Book, answer: Answer): ((win: Win) => number) | null {
  const { possible, table } = book
  switch (rules.payment_rule) {
    case 'bid':
    case 'posted':
      return ({ candidate }) => candidate.offered_micro
    case 'uniform': {
      const price = uniformPrice(market.candidates, outcome.allocation.winners)
      return price === null ? null : () => price
    }
    case 'critical': {
      const exponent = SIZE_EXPONENTS[rules.mechanism] ?? 0
      const offers = criticalOffers({ candidates: possible, exponent, order: greedyOrder(table, exponent), table }, market)
      const rows = new Map(possible.map((candidate, row) => [candidate.bid_id, row]))
      const own = bidsForCpu(eligible)
      return ({ candidate }) =>
        Math.max(offers.get(rows.get(candidate.bid_id) as number) as number, leastAmongOwn(candidate, own.get(candidate.agent_id) ?? []))
    }
    case 'shadow': {
      const prices = outcome.prices as Float64Array
      const rows = new Map(possible.map((candidate, row) => [candidate.bid_id, row]))
      return ({ candidate }) => bundleCost(table, rows.get(candidate.bid_id) as number, prices)
    }
    case 'vcg': {
      const { bound_micro: bound, welfare_without_micro: without } = answer?.solution ?? { bound_micro: null, welfare_without_micro: null }
      const welfare = welfareOf(outcome.allocation.winners)
      const isProven = answer?.fits === true && bound === welfare && without !== null
      if (!isProven || outcome.allocation.winners.some(({ candidate }) => !isVcgCharge(without[candidate.bid_id], welfare, candidate))) return null
      return ({ candidate }) => (without[candidate.bid_id] as number) - (welfare - candidate.offered_micro)
    }
  }
}

/** Whether the optimum without a winner can be what the answer says: no more than with it, and no less than the others have. */
const isVcgCharge = (without: number | undefined, welfare: number, { offered_micro: offered }: Candidate): boolean =>
  without !== undefined && without <= welfare && without >= welfare - offered

/** Clears a market under rules that are sound together. Where they cannot be applied the default ones are, and the outcome says why. */
export function clearMarket(market: Market, eligible: readonly Candidate[], rules: Rules, answer: Answer = null): ClearedMarket {
  const isPlain = rules.mechanism === 'highest-bid' && rules.payment_rule !== 'critical'
  const possible = isPlain ? market.candidates : possibleIn(market)
  const book: Book = { possible, table: isPlain ? tableOf([], market.supply) : tableOf(possible, market.supply) }
  if (rules.mechanism === 'exact') {
    if (answer === null) return fallBack(market, eligible, 'no_answer')
    const solved = walkSolution(market, answer, book)
    return solved === null ? fallBack(market, eligible, 'answer_infeasible') : settle(market, eligible, rules, solved, book, answer)
  }
  const ranking = isPlain ? { dual_prices: null, ordered: market.candidates } : rank(rules.mechanism, possible, book.table)
  return settle(market, eligible, rules, walkRanking(market, ranking, book), book, null)
}

const fallBack = (market: Market, eligible: readonly Candidate[], why: ClearedMarket['fallback']): ClearedMarket => ({
  ...clearMarket(market, eligible, DEFAULT_RULES),
  fallback: why,
})

function settle(market: Market, eligible: readonly Candidate[], rules: Rules, outcome: Outcome, book: Book, answer: Answer): ClearedMarket {
  const { best_loser: refused, winners } = outcome.allocation
  const charge = chargesOf(market, eligible, rules, outcome, book, answer)
  if (charge === null) {
    if (rules.payment_rule === 'vcg') return fallBack(market, eligible, 'answer_unproven')
    return { ...settle(market, eligible, { ...rules, payment_rule: 'bid' }, outcome, book, answer), fallback: 'bundles_differ' }
  }
  const { prices } = outcome
  return {
    ...rules,
    best_loser: rules.mechanism === 'highest-bid' && rules.payment_rule !== 'critical' ? refused : (losersOf(market.candidates, winners)[0] ?? null),
    bound_micro: outcome.bound_micro,
    fallback: null,
    shadow_prices_micro:
      prices === null ? null : { attention: prices[0] as number, cpu: prices[1] as number, llm: prices[2] as number, memory: prices[3] as number },
    welfare_micro: welfareOf(winners),
    winners: winners.map((win) => ({ ...win, payment_micro: Math.min(win.candidate.offered_micro, Math.max(win.candidate.reserve_micro, charge(win))) })),
  }
}
