import type { Certificate, EconomyEvent, Solution } from '@syntropism/contract'
import type { State } from '@syntropism/economy'
import type { ExactClearing } from './again.ts'
import { answeredWinners, provesPayments } from './answer.ts'
import { payProblem } from './charges.ts'
import { RESOURCES, type Seen, see } from './seen.ts'
import { type Placed, allOf, fitsOn, hold, possibleOf, takingPart } from './walk.ts'
import { winnersProblem } from './winners.ts'

/** The bids that a certificate says have won, with whose they are and what they get checked; a text when something is wrong. */
function placesOf(seen: Seen, certificate: Certificate): Placed[] | string {
  const known = new Map(takingPart(seen.offers).map((offer) => [offer.bid_id, offer]))
  const left = allOf(seen)
  const placed: Placed[] = []
  for (const winner of certificate.winners) {
    const offer = known.get(winner.bid_id)
    if (offer === undefined || !known.delete(winner.bid_id)) return `${winner.bid_id} wins, but takes no part or won already`
    if (BigInt(winner.offered_micro) !== offer.offer || BigInt(winner.reserve_micro) !== offer.reserve)
      return `${winner.bid_id} offers ${offer.offer} over a reserve of ${offer.reserve}, not ${winner.offered_micro} over ${winner.reserve_micro}`
    if (winner.agent_id !== offer.agent_id || winner.payer_id !== offer.payer_id) return `${winner.bid_id} is of other parties`
    if (RESOURCES.some((resource) => BigInt(winner.quantities[resource]) !== offer.wants[resource]))
      return `${winner.bid_id} gets other quantities than it wants`
    if (!fitsOn(left, offer, winner.executor_id)) return `${winner.bid_id} does not fit on ${winner.executor_id ?? 'no executor'}`
    hold(left, offer, winner.executor_id)
    placed.push({ executor_id: winner.executor_id, offer })
  }
  return placed
}

/** What the certificate says of the book and the supply it started from. */
function factsProblem(seen: Seen, certificate: Certificate): string | null {
  const { reserved, supply } = certificate
  if (certificate.bids_count !== seen.bids_count || certificate.eligible_count !== seen.offers.length) return 'it counts other bids than there were'
  if (certificate.book_hash !== seen.book_hash) return 'it names another book'
  const rooms = seen.rooms.every(
    (room) => BigInt(supply.executors[room.executor_id]?.cpu ?? -1) === room.cpu && BigInt(supply.executors[room.executor_id]?.memory ?? -1) === room.memory,
  )
  if (!rooms || Object.keys(supply.executors).length !== seen.rooms.length || BigInt(supply.attention) !== seen.attention || BigInt(supply.llm) !== seen.llm)
    return 'it shows another supply'
  if (
    (reserved?.bid_id ?? null) !== (seen.kept?.bid_id ?? null) ||
    (reserved?.starts_at_ms ?? null) !== (seen.kept?.starts_at_ms ?? null) ||
    (reserved?.executor_id ?? null) !== (seen.kept?.executor_id ?? null)
  )
    return 'it keeps other room for the starving bid'
  const lowest = Math.min(...certificate.winners.map((winner) => winner.payment_micro))
  return certificate.lowest_winning_micro === lowest ? null : `the lowest payment is ${lowest}`
}

/** How many kinds of bundle take part. */
const kindsOf = (seen: Seen): number =>
  new Set(takingPart(seen.offers).map(({ duration_ms, wants }) => [duration_ms, ...RESOURCES.map((resource) => wants[resource])].join(' '))).size

/** Why the rules of `exact` cannot be applied with what the solver said; null when they can. */
function answerProblem(seen: Seen, solution: Solution | null): Certificate['fallback'] {
  if (solution === null) return 'no_answer'
  const placed = answeredWinners(seen, solution)
  if (placed === null) return 'answer_infeasible'
  return seen.payment_rule === 'vcg' && !provesPayments(seen, solution, placed) ? 'answer_unproven' : null
}

/** Whether other rules than the configured ones were rightly used. */
function rulesProblem(seen: Seen, certificate: Certificate, solution: Solution | null): string | null {
  const { fallback, mechanism, payment_rule: rule } = certificate
  const isConfigured = mechanism === seen.mechanism && rule === seen.payment_rule
  switch (fallback) {
    case null:
      if (rule === 'uniform' && kindsOf(seen) > 1) return 'a uniform price is asked of bundles that differ'
      if (mechanism === 'exact' && isConfigured && answerProblem(seen, solution) !== null) return `${answerProblem(seen, solution)} calls for the default rules`
      return isConfigured ? null : `its rules are ${mechanism} and ${rule}, but ${seen.mechanism} and ${seen.payment_rule} were in force`
    case 'bundles_differ':
      return seen.payment_rule === 'uniform' && mechanism === seen.mechanism && rule === 'bid' && kindsOf(seen) > 1 ? null : 'all bundles are the same'
    case 'no_answer':
    case 'answer_infeasible':
    case 'answer_unproven':
      if (seen.mechanism !== 'exact' || mechanism !== 'highest-bid' || rule !== 'bid') return `${fallback} does not lead to these rules`
      return fallback === answerProblem(seen, solution) ? null : `${fallback} is not what happened`
    default:
      return `${fallback} is no reason`
  }
}

/**
 * Recomputes a clearing and compares its certificate, with code of its own: supply and eligible bids from the state, the order by cross-multiplied
 * integers or by the shadow rule, the walk, the prices and the bound, and each payment from its definition. Under `exact` the winners are those of the
 * recorded answer, filled up; for small markets the optimum is tried out. Returns what is wrong, or null. `solution` is what the solver had said.
 */
export function auditClearing(seen: Seen, certificate: Certificate, solution: Solution | null): string | null {
  const facts = factsProblem(seen, certificate) ?? rulesProblem(seen, certificate, solution)
  if (facts !== null) return facts
  const placed = placesOf(seen, certificate)
  if (typeof placed === 'string') return placed
  return winnersProblem(seen, certificate, placed, solution) ?? payProblem(seen, certificate, placed, solution)
}

/** A clearing that let nobody in: who should have won, or null. */
function auditNoWinner(seen: Seen): string | null {
  const [missed] = possibleOf(seen, takingPart(seen.offers))
  return missed === undefined ? null : `nobody won, but ${missed.bid_id} would have fitted`
}

/** Follows the clearings of one economy and keeps the first thing that is wrong. */
export class ClearingAudit {
  #seen: Seen | null = null
  #problem: { readonly problem: string; readonly seq: number } | null = null
  #exact: ExactClearing[] = []

  /** The state that a clearing starts from. */
  book(state: State): void {
    this.#seen = see(state)
  }

  /** An event of the command that carried this solution, if it carried one. */
  event(event: EconomyEvent, solution: Solution | null): void {
    if (event.type !== 'market_cleared') return
    const { certificate } = event.data
    const seen = this.#seen
    const problem = seen === null ? 'nothing was to be cleared' : auditClearing(seen, certificate, solution)
    if (seen !== null && certificate.mechanism === 'exact' && solution !== null) this.#exact.push({ certificate, seen, seq: event.seq, solution })
    this.#seen = null
    if (problem !== null) this.#problem ??= { problem: `the certificate of ${certificate.clearing_id} is wrong: ${problem}`, seq: event.seq }
  }

  /** The command is over, at this sequence number: what was begun and let nobody in is looked at too. */
  end(seq: number): { readonly problem: string; readonly seq: number } | null {
    const missed = this.#seen === null ? null : auditNoWinner(this.#seen)
    this.#seen = null
    if (missed !== null) this.#problem ??= { problem: missed, seq }
    return this.#problem
  }

  /** The clearings under `exact` since the last call. */
  takeExact(): readonly ExactClearing[] {
    const taken = this.#exact
    this.#exact = []
    return taken
  }
}
