import type { Certificate, Solution } from '@syntropism/contract'
import { optimumOf } from './optimum.ts'
import { type Offer, type Seen } from './seen.ts'
import { type Placed, byOffer, comparison, overTotals, possibleOf, takingPart, totalOf, walk } from './walk.ts'

const within = ({ offer, reserve }: Offer, charge: bigint): bigint => {
  const least = charge > reserve ? charge : reserve
  return least < offer ? least : offer
}

/** Whether a bid would win with another offer, all else as it was. */
function winsWith(seen: Seen, own: Offer, offer: bigint, mechanism: string): boolean {
  const changed = { ...own, offer }
  const others = seen.offers.filter((one) => one.bid_id !== own.bid_id)
  const participants = takingPart([...others, changed])
  if (!participants.includes(changed)) return false
  const compare = comparison(mechanism, seen) ?? byOffer
  const order = possibleOf(seen, participants).sort(compare)
  return walk(seen, order.slice(0, order.indexOf(changed) + 1)).some((placed) => placed.offer === changed)
}

/** Critical values by their definition: with the payment it wins, with one less it does not. */
function criticalProblem(seen: Seen, { offer }: Placed, payment: bigint, mechanism: string): string | null {
  if (!winsWith(seen, offer, payment, mechanism)) return `${offer.bid_id} pays ${payment}, with which it would not have won`
  if (payment > offer.reserve && winsWith(seen, offer, payment - 1n, mechanism)) return `${offer.bid_id} pays ${payment}, but less would have won`
  return null
}

/** What a winner's presence costs the others, from the recorded optima; for small markets those are tried out. */
function vcgCharge(seen: Seen, { offer }: Placed, welfare: bigint, solution: Solution | null): bigint | string {
  const recorded = solution?.welfare_without_micro?.[offer.bid_id]
  if (recorded === undefined) return `no optimum without ${offer.bid_id} was recorded`
  const tried = optimumOf(
    seen,
    possibleOf(
      seen,
      takingPart(seen.offers).filter((one) => one.bid_id !== offer.bid_id),
    ),
  )
  if (tried !== null && tried !== BigInt(recorded)) return `the optimum without ${offer.bid_id} is ${tried}, not ${recorded}`
  return BigInt(recorded) - (welfare - offer.offer)
}

function uniformCharge(seen: Seen, placed: readonly Placed[]): bigint {
  const won = new Set(placed.map(({ offer }) => offer))
  return takingPart(seen.offers).reduce((most, offer) => (!won.has(offer) && offer.offer > most ? offer.offer : most), 0n)
}

function shadowCharge(seen: Seen, { offer }: Placed, prices: NonNullable<Certificate['shadow_prices_micro']>): bigint {
  const whole = { attention: BigInt(prices.attention), cpu: BigInt(prices.cpu), llm: BigInt(prices.llm), memory: BigInt(prices.memory) }
  const { denominator, numerator } = overTotals(offer.wants, whole, totalOf(seen))
  return (numerator + denominator - 1n) / denominator
}

function chargeOf(seen: Seen, certificate: Certificate, placed: readonly Placed[], one: Placed, solution: Solution | null): bigint | string {
  switch (certificate.payment_rule) {
    case 'bid':
    case 'posted':
      return one.offer.offer
    case 'uniform':
      return uniformCharge(seen, placed)
    case 'shadow':
      return certificate.shadow_prices_micro === null ? 'shadow payments need prices' : shadowCharge(seen, one, certificate.shadow_prices_micro)
    case 'vcg':
      return vcgCharge(seen, one, BigInt(certificate.welfare_micro), solution)
    default:
      return `${certificate.payment_rule} is no payment rule`
  }
}

/** First payment that is not what the payment rule comes to, or null. */
export function payProblem(seen: Seen, certificate: Certificate, placed: readonly Placed[], solution: Solution | null): string | null {
  for (const [index, one] of placed.entries()) {
    const payment = BigInt(certificate.winners[index]?.payment_micro ?? -1)
    if (payment > one.offer.offer || payment < one.offer.reserve) return `${one.offer.bid_id} pays ${payment}, outside of its reserve and its offer`
    if (certificate.payment_rule === 'critical') {
      const problem = criticalProblem(seen, one, payment, certificate.mechanism)
      if (problem !== null) return problem
      continue
    }
    const charge = chargeOf(seen, certificate, placed, one, solution)
    if (typeof charge === 'string') return charge
    const expected = within(one.offer, charge)
    if (payment !== expected) return `${one.offer.bid_id} pays ${payment}, but owes ${expected}`
  }
  return null
}
