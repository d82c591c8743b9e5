import { candidatesOf } from '../apply/index.ts'
import { capacityOf } from '../auction/index.ts'
import { type DenseBook, clearAtShadowPrices } from '../mechanisms/index.ts'
import { type Quantities, RESOURCES, type State } from '../state/index.ts'
import { MS_PER_S, mulDivCeil } from '../units/index.ts'

/** What those who run now declared it to be worth, per second, and a bound on what any choice among them and those who wait could reach. */
export interface Welfare {
  readonly served_micro_per_s: number
  readonly bound_micro_per_s: number
}

interface Claim {
  readonly quantities: Quantities
  readonly value: number
}

const perSecond = (offeredMicro: number, durationMs: number): number => mulDivCeil(offeredMicro, MS_PER_S, durationMs)

/**
 * Declared worth of the running leases beside the shadow-price bound over running leases and eligible bids on the whole capacity, executors taken
 * together. The gap between them holds what the mechanism gave away and what could not be known when the leases began.
 */
export function welfareOf(state: State): Welfare {
  const capacity = capacityOf(state)
  const claims: Claim[] = [...state.leases.values()].map((lease) => ({
    quantities: lease.quantities,
    value: perSecond(lease.offered_micro, lease.duration_ms),
  }))
  const served = claims.reduce((sum, claim) => sum + claim.value, 0)
  for (const one of candidatesOf(state))
    if (RESOURCES.every((resource) => one.quantities[resource] <= capacity[resource]))
      claims.push({ quantities: one.quantities, value: perSecond(one.offered_micro, one.duration_ms) })
  if (claims.length === 0) return { bound_micro_per_s: 0, served_micro_per_s: 0 }
  const book: DenseBook = {
    ids: claims.map((_claim, index) => String(index)),
    prices: Float64Array.from(claims, (claim) => claim.value),
    quantities: Float64Array.from(claims.flatMap((claim) => RESOURCES.map((resource) => claim.quantities[resource]))),
    resources: RESOURCES,
    supply: Float64Array.from(RESOURCES, (resource) => capacity[resource]),
  }
  // Capacity that shrank under running leases bounds nothing: they are there.
  return { bound_micro_per_s: Math.max(served, clearAtShadowPrices(book).bound), served_micro_per_s: served }
}
