import type { Certificate, EconomyEvent, Solution } from '@syntropism/contract'
import type { State } from '@syntropism/economy'
import { payProblem } from './charges.ts'
import { optimumOf } from './optimum.ts'
import { type Offer, RESOURCES, type Seen, see } from './seen.ts'
import { type Placed, allOf, comparison, fitsOn, hold, overTotals, placeOf, possibleOf, takingPart, totalOf, walk } from './walk.ts'

/** What a certificate says of its winners' places, checked against the bids seen; a text when something is wrong. */
function placesOf(seen: Seen, certificate: Certificate, solution: Solution | null): Placed[] | string {
  const known = new Map(takingPart(seen.offers).map((offer) => [offer.bid_id, offer]))
  const left = allOf(seen)
  const placed: Placed[] = []
  const answered = certificate.mechanism === 'exact' ? (solution?.winners ?? []) : []
  for (const [place, winner] of certificate.winners.entries()) {
    const answer = answered[place]
    if (answer !== undefined && answer.bid_id !== winner.bid_id) return `${answer.bid_id} should win in place ${place + 1} by the solver's answer`
    const offer = known.get(winner.bid_id)
    if (offer === undefined || !known.delete(winner.bid_id)) return `${winner.bid_id} wins, but takes no part or won already`
    if (BigInt(winner.offered_micro) !== offer.offer || BigInt(winner.reserve_micro) !== offer.reserve)
      return `${winner.bid_id} offers ${offer.offer} over a reserve of ${offer.reserve}, not ${winner.offered_micro} over ${winner.reserve_micro}`
    if (winner.agent_id !== offer.agent_id || winner.payer_id !== offer.payer_id) return `${winner.bid_id} is of other parties`
    if (RESOURCES.some((resource) => BigInt(winner.quantities[resource]) !== offer.wants[resource]))
      return `${winner.bid_id} gets other quantities than it wants`
    const executorId = answer === undefined ? placeOf(left, offer) : answer.executor_id
    if (executorId !== winner.executor_id) return `${winner.bid_id} belongs on ${executorId ?? 'no executor'}`
    if (!fitsOn(left, offer, winner.executor_id)) return `${winner.bid_id} does not fit on ${winner.executor_id ?? 'no executor'}`
    hold(left, offer, winner.executor_id)
    placed.push({ executor_id: winner.executor_id, offer })
  }
  const missed = [...known.values()].find((offer) => placeOf(left, offer) !== undefined)
  return missed === undefined ? placed : `${missed.bid_id} would still have fitted`
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

/** Bound on welfare from the prices that the certificate shows: what anyone can add up. */
function boundOf(seen: Seen, offers: readonly Offer[], prices: NonNullable<Certificate['shadow_prices_micro']>): bigint {
  const totals = totalOf(seen)
  const whole = { attention: BigInt(prices.attention), cpu: BigInt(prices.cpu), llm: BigInt(prices.llm), memory: BigInt(prices.memory) }
  let bound = RESOURCES.reduce((sum, resource) => sum + whole[resource], 0n)
  for (const { offer, wants } of offers) {
    const { denominator, numerator } = overTotals(wants, whole, totals)
    const surplus = offer - numerator / denominator
    if (surplus > 0n) bound += surplus
  }
  return bound
}

function winnersProblem(seen: Seen, certificate: Certificate, placed: readonly Placed[]): string | null {
  const participants = takingPart(seen.offers)
  const possible = possibleOf(seen, participants)
  const welfare = placed.reduce((sum, { offer }) => sum + offer.offer, 0n)
  if (BigInt(certificate.welfare_micro) !== welfare) return `its winners offer ${welfare} together, not ${certificate.welfare_micro}`
  const compare = comparison(certificate.mechanism, seen)
  if (compare !== null) {
    const expected = walk(seen, possible.sort(compare))
    const differs = expected.findIndex(({ executor_id, offer }, place) => placed[place]?.offer !== offer || placed[place]?.executor_id !== executor_id)
    if (differs >= 0) return `${expected[differs]?.offer.bid_id} should win on ${expected[differs]?.executor_id} in place ${differs + 1}`
    if (certificate.bound_micro !== null || certificate.shadow_prices_micro !== null) return `${certificate.mechanism} proves no bound`
    return expected.length === placed.length ? null : 'more win than should'
  }
  if (certificate.bound_micro === null || certificate.shadow_prices_micro === null) return `${certificate.mechanism} owes a bound and its prices`
  const shown = BigInt(certificate.bound_micro)
  const proven = boundOf(seen, possible, certificate.shadow_prices_micro)
  const isRight = certificate.mechanism === 'exact' ? shown <= proven || shown === welfare : shown === proven
  if (!isRight || shown < welfare) return `its prices prove a bound of ${proven}, not ${shown}`
  const optimum = optimumOf(seen, possible)
  return optimum !== null && optimum > shown ? `it claims that nothing above ${shown} is possible, but ${optimum} is` : null
}

/** How many kinds of bundle take part. */
const kindsOf = (seen: Seen): number =>
  new Set(takingPart(seen.offers).map(({ duration_ms, wants }) => [duration_ms, ...RESOURCES.map((resource) => wants[resource])].join(' '))).size

/** Whether other rules than the configured ones were rightly used. */
function rulesProblem(seen: Seen, certificate: Certificate, solution: Solution | null): string | null {
  const { fallback, mechanism, payment_rule: rule } = certificate
  const isConfigured = mechanism === seen.mechanism && rule === seen.payment_rule
  switch (fallback) {
    case null:
      if (rule === 'uniform' && kindsOf(seen) > 1) return 'a uniform price is asked of bundles that differ'
      return isConfigured ? null : `its rules are ${mechanism} and ${rule}, but ${seen.mechanism} and ${seen.payment_rule} were in force`
    case 'bundles_differ':
      return seen.payment_rule === 'uniform' && mechanism === seen.mechanism && rule === 'bid' && kindsOf(seen) > 1 ? null : 'all bundles are the same'
    case 'no_answer':
    case 'answer_infeasible':
    case 'answer_unproven':
      if (seen.mechanism !== 'exact' || mechanism !== 'highest-bid' || rule !== 'bid') return `${fallback} does not lead to these rules`
      return (fallback === 'no_answer') === (solution === null) ? null : `${fallback} is not what happened`
    default:
      return `${fallback} is no reason`
  }
}

/**
 * Recomputes a clearing and compares its certificate, with code of its own: supply and eligible bids from the state, the order by cross-multiplied
 * integers, the walk, and each payment from its definition. The winners of `shadow` and `exact` are not searched for again: their places, the bound that
 * the shown prices prove, and for small markets the optimum are. Returns what is wrong, or null. `solution` is what the solver had said.
 */
export function auditClearing(seen: Seen, certificate: Certificate, solution: Solution | null): string | null {
  const facts = factsProblem(seen, certificate) ?? rulesProblem(seen, certificate, solution)
  if (facts !== null) return facts
  const placed = placesOf(seen, certificate, solution)
  if (typeof placed === 'string') return placed
  return winnersProblem(seen, certificate, placed) ?? payProblem(seen, certificate, placed, solution)
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

  /** The state that a clearing starts from. */
  book(state: State): void {
    this.#seen = see(state)
  }

  /** An event of the command that carried this solution, if it carried one. */
  event(event: EconomyEvent, solution: Solution | null): void {
    if (event.type !== 'market_cleared') return
    const { certificate } = event.data
    const problem = this.#seen === null ? 'nothing was to be cleared' : auditClearing(this.#seen, certificate, solution)
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
}
