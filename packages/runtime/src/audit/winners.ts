import type { Certificate, Solution } from '@syntropism/contract'
import { answeredWinners, isFor, offeredBy } from './answer.ts'
import { optimumOf } from './optimum.ts'
import { type Amounts, type Offer, RESOURCES, type Seen } from './seen.ts'
import { shadowOrder } from './shadow.ts'
import { type Placed, comparison, overTotals, possibleOf, takingPart, totalOf, walk } from './walk.ts'

/** What a clearing comes to by its mechanism. */
interface Expected {
  readonly placed: readonly Placed[]
  /** Prices of all that was for sale; null where the mechanism has none. */
  readonly prices: Amounts | null
}

/** Prices of the whole supply by the shadow rule, and the order in which it lets bids in. */
function byShadowPrices(seen: Seen, possible: readonly Offer[]): { readonly order: Offer[]; readonly prices: Amounts } {
  const offers = [...possible].sort((a, b) => a.order - b.order)
  const totals = totalOf(seen)
  const { order, prices } = shadowOrder({
    bids: offers.map(({ offer, wants }) => ({ value: Number(offer), wants: RESOURCES.map((resource) => Number(wants[resource])) })),
    supply: RESOURCES.map((resource) => Number(totals[resource])),
  })
  const [attention, cpu, llm, memory] = RESOURCES.map((resource, r) => BigInt(Math.round((prices[r] as number) * Number(totals[resource]))))
  return { order: order.map((index) => offers[index] as Offer), prices: { attention, cpu, llm, memory } as Amounts }
}

/** Winners and prices of a mechanism, worked out anew; a text when there was nothing to work them out from. */
function expectedOf(seen: Seen, mechanism: string, solution: Solution | null): Expected | string {
  const possible = possibleOf(seen, takingPart(seen.offers))
  const compare = comparison(mechanism, seen)
  if (compare !== null) return { placed: walk(seen, possible.sort(compare)), prices: null }
  const { order, prices } = byShadowPrices(seen, possible)
  if (mechanism === 'shadow') return { placed: walk(seen, order), prices }
  if (mechanism !== 'exact') return `${mechanism} is no mechanism`
  const placed = solution === null ? null : answeredWinners(seen, solution)
  return placed === null ? 'no answer of a solver was recorded that fits' : { placed, prices }
}

/** Bound on welfare from the prices that the certificate shows: what anyone can add up. */
function boundOf(seen: Seen, offers: readonly Offer[], prices: Amounts): bigint {
  const totals = totalOf(seen)
  let bound = RESOURCES.reduce((sum, resource) => sum + prices[resource], 0n)
  for (const { offer, wants } of offers) {
    const { denominator, numerator } = overTotals(wants, prices, totals)
    const surplus = offer - numerator / denominator
    if (surplus > 0n) bound += surplus
  }
  return bound
}

/** The bound that a clearing proves: by its prices, or by a solver's proof for this very problem where that is lower. */
function provenBound(seen: Seen, mechanism: string, prices: Amounts, welfare: bigint, solution: Solution | null): bigint {
  const byPrices = boundOf(seen, possibleOf(seen, takingPart(seen.offers)), prices)
  if (mechanism !== 'exact') return byPrices
  const solved = solution !== null && solution.bound_micro !== null && isFor(seen, solution) ? BigInt(solution.bound_micro) : byPrices
  const least = solved < byPrices ? solved : byPrices
  return least > welfare ? least : welfare
}

/** First winner that is not the one the mechanism gives, in the same place; or what the bound and its prices have wrong. */
export function winnersProblem(seen: Seen, certificate: Certificate, placed: readonly Placed[], solution: Solution | null): string | null {
  const { mechanism } = certificate
  const welfare = offeredBy(placed)
  if (BigInt(certificate.welfare_micro) !== welfare) return `its winners offer ${welfare} together, not ${certificate.welfare_micro}`
  const expected = expectedOf(seen, mechanism, solution)
  if (typeof expected === 'string') return expected
  const differs = expected.placed.findIndex(({ executor_id, offer }, place) => placed[place]?.offer !== offer || placed[place]?.executor_id !== executor_id)
  if (differs >= 0)
    return `${expected.placed[differs]?.offer.bid_id} should win on ${expected.placed[differs]?.executor_id ?? 'no executor'} in place ${differs + 1}`
  if (expected.placed.length !== placed.length) return 'more win than should'
  const { prices } = expected
  if (prices === null) return certificate.bound_micro === null && certificate.shadow_prices_micro === null ? null : `${mechanism} proves no bound`
  const { bound_micro: bound, shadow_prices_micro: shown } = certificate
  if (bound === null || shown === null) return `${mechanism} owes a bound and its prices`
  const wrong = RESOURCES.find((resource) => BigInt(shown[resource]) !== prices[resource])
  if (wrong !== undefined) return `the shadow price of all ${wrong} is ${prices[wrong]}, not ${shown[wrong]}`
  const proven = provenBound(seen, mechanism, prices, welfare, solution)
  if (BigInt(bound) !== proven) return `its bound is ${proven}, not ${bound}`
  const optimum = optimumOf(seen, possibleOf(seen, takingPart(seen.offers)))
  return optimum !== null && optimum > proven ? `it claims that nothing above ${proven} is possible, but ${optimum} is` : null
}
