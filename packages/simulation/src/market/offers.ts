import { type Bundle, PPM } from '@syntropism/economy'
import type { World } from '../engine/index.ts'
import type { Population } from '../population/index.ts'
import { COLUMNS } from './columns.ts'

/** Largest share of each resource that a market takes: the whole of it, and nothing where it has none. */
export const largestShares = (capacity: Float64Array): Int32Array => Int32Array.from(capacity, (quantity) => (quantity === 0 ? 0 : PPM))

export const isAmount = (amountMicro: number): boolean => amountMicro > 0 && amountMicro <= Number.MAX_SAFE_INTEGER && Math.floor(amountMicro) === amountMicro

/** Throws StrategyError for an offer that no market takes: it names the member, the step and the value. */
export function refuseOffer(
  world: World,
  largest: Int32Array,
  population: Population,
  member: number,
  bundle: Bundle,
  durationMs: number,
  amountMicro: number,
  tipMicro: number,
): never {
  for (const resource in bundle)
    if (!COLUMNS.includes(resource as never)) world.fail(population, member, `${JSON.stringify(resource)} is no resource of a market (${COLUMNS.join(', ')})`)
  world.checkAmount(population, member, amountMicro)
  if (tipMicro !== 0) world.checkAmount(population, member, tipMicro)
  if (COLUMNS.some((resource, r) => (bundle[resource] ?? 0) > 0 && largest[r] === 0))
    world.fail(population, member, `${JSON.stringify(bundle)} wants what the market does not sell`)
  world.fail(
    population,
    member,
    `a bundle holds whole shares from 0 to ${PPM} ppm, cpu and memory together, for a whole number of milliseconds, not ${JSON.stringify(bundle)} for ${durationMs} ms`,
  )
}
