import { setImmediate as breathe } from 'node:timers/promises'
import type { Solution } from '@syntropism/contract'
import { type Bid, type Lowest, type OfferTrial, type State, type WinnerProblem, offerTrialOf, problemOf, searchLowest } from '@syntropism/economy'

/** What a bid would have to offer, and how many clearings were run to see it. */
export interface LowestWinning extends Lowest {
  readonly clearings: number
}

/** Asks a solver for winners; null when there is none, or it proved no optimum in time. */
export type Prove = (problem: WinnerProblem) => Promise<Solution | null>

/** By clearing the book again and again with other offers of the bid, a turn of the event loop for each. */
async function bySearch(trial: OfferTrial, hint: number): Promise<LowestWinning> {
  const search = searchLowest(trial.floor_micro, hint, trial.ceiling_micro)
  let clearings = 0
  let turn = search.next()
  while (turn.done !== true) {
    await breathe()
    clearings += 1
    turn = search.next(trial.wins(turn.value))
  }
  return { amount_micro: turn.value, clearings, is_estimate: false }
}

/** Who wins with an offer of the bid (null: without the bid), by a proven optimum; null when that was not proven. */
async function provenWith(trial: OfferTrial, offer: number | null, prove: Prove): Promise<{ readonly welfare: number; readonly wins: boolean } | null> {
  const market = trial.market(offer)
  if (market.candidates.length === 0) return { welfare: 0, wins: false }
  const solution = await prove(problemOf(market))
  if (solution === null || solution.bound_micro === null) return null
  return { welfare: solution.bound_micro, wins: solution.winners.some(({ bid_id }) => bid_id === trial.bid_id) }
}

/**
 * By optima: without the bid, and with it forced in, which leaves what the others have beside it. The difference is the offer at which both are worth the
 * same; which of them the solver then takes is its choice, so that offer is tried, then one more. Null when something was not proven.
 */
async function byOptima(trial: OfferTrial, prove: Prove): Promise<LowestWinning | null> {
  let clearings = 2
  const without = await provenWith(trial, null, prove)
  if (without === null) return null
  const high = Math.max(trial.floor_micro, without.welfare + 1)
  const forced = await provenWith(trial, high, prove)
  if (forced === null) return null
  if (!forced.wins) return { amount_micro: null, clearings, is_estimate: false }
  const even = Math.max(trial.floor_micro, without.welfare - (forced.welfare - high))
  for (const offer of [even, even + 1]) {
    clearings += 1
    const tried = await provenWith(trial, offer, prove)
    if (tried === null) return null
    if (!tried.wins) continue
    if (offer > even || offer === trial.floor_micro) return { amount_micro: offer, clearings, is_estimate: false }
    clearings += 1
    const less = await provenWith(trial, offer - 1, prove)
    return less === null || less.wins ? null : { amount_micro: offer, clearings, is_estimate: false }
  }
  return null
}

/**
 * Lowest offer with which a bid would win at this instant, by running the clearing with it: it wins, and one less does not (or is below the reserve). Null
 * amount: it was seen to win with none. Stays an estimate under `exact` when no solver proves the optima.
 */
export async function lowestWinning(state: State, bid: Bid, prove: Prove): Promise<LowestWinning> {
  const trial = offerTrialOf(state, bid)
  if (trial === null) return { amount_micro: null, clearings: 0, is_estimate: false }
  const told: LowestWinning = { ...trial.lowest(), clearings: 0 }
  if (!told.is_estimate || told.amount_micro === null) return told
  return trial.mechanism === 'exact' ? ((await byOptima(trial, prove)) ?? told) : await bySearch(trial, told.amount_micro)
}
