import type { Bundle } from '@syntropism/contract'
import type { Resource, State } from '../state/index.ts'
import { PPM, mulDivCeil } from '../units/index.ts'
import { type Prices, reserveCostMicro } from './reserve.ts'

/** One part of a demand curve: a share of the capacity, and the most that is paid per second of the whole. */
export interface Demand {
  readonly share_ppm: number
  readonly price_micro_per_s: number
}

/**
 * Where demand meets the supply left: the highest price asked for a share that does not fit any more, the low end of the prices that clear. Null when
 * all of it fits. Shares are taken whole, the highest price first.
 */
export function refusedPrice(demands: readonly Demand[], supplyPpm: number): number | null {
  let left = supplyPpm
  for (const { price_micro_per_s: price, share_ppm: share } of [...demands].sort((a, b) => b.price_micro_per_s - a.price_micro_per_s)) {
    if (share > left) return price
    left -= share
  }
  return null
}

/** What of a resource's price a bundle would bear: its offer is spread over its resources as their reserve costs are, so that the parts add up to it. */
export function bornePrice(prices: Prices, resource: Resource, bundle: Bundle, durationMs: number, offeredMicro: number): number {
  const cost = reserveCostMicro(prices, bundle, durationMs)
  const price = Number((BigInt(prices[resource]) * BigInt(offeredMicro)) / BigInt(Math.max(1, cost)))
  return Math.min(Number.MAX_SAFE_INTEGER, price)
}

/** The demand curve of one resource: running leases with what they offered, and open bids whose time has come with all they may pay. */
export function demandFor(state: State, resource: Resource, prices: Prices): Demand[] {
  const demands: Demand[] = []
  const { capacity } = state.meters[resource]
  if (capacity === 0) return demands
  for (const lease of state.leases.values()) {
    if (lease.quantities[resource] === 0) continue
    demands.push({
      price_micro_per_s: bornePrice(prices, resource, lease.shares, lease.duration_ms, lease.offered_micro),
      share_ppm: mulDivCeil(lease.quantities[resource], PPM, capacity),
    })
  }
  for (const bid of state.bids.values()) {
    if (bid.not_before_ms > state.at_ms) continue
    if (
      bid.prompt_id === null
        ? bid.bundle.cpu !== undefined && state.agents.get(bid.agent_id)?.lease_id !== null
        : state.prompts.get(bid.prompt_id)?.lease_id !== null
    )
      continue
    const bundle = bid.prompt_id === null ? bid.bundle : { attention: Math.floor(PPM / Math.max(1, state.meters.attention.capacity)) }
    const share = bundle[resource]
    if (share !== undefined) demands.push({ price_micro_per_s: bornePrice(prices, resource, bundle, bid.duration_ms, bid.amount_micro), share_ppm: share })
  }
  return demands
}
