import { type Bundle, PPM } from '@syntropism/economy'
import type { World } from '../engine/index.ts'
import type { Population } from '../population/index.ts'

const offersNothing = (capacity: Float64Array, attention: number, cpu: number, llm: number, memory: number): boolean =>
  (attention > 0 && capacity[0] === 0) || (cpu > 0 && capacity[1] === 0) || (llm > 0 && capacity[2] === 0) || (memory > 0 && capacity[3] === 0)

/** Throws StrategyError for an offer that no market takes: it names the member, the step and the value. */
export function checkOffer(
  world: World,
  capacity: Float64Array,
  population: Population,
  member: number,
  bundle: Bundle,
  durationMs: number,
  amountMicro: number,
  tipMicro: number,
): void {
  // A list of the names would be made anew for each offer.
  for (const resource in bundle)
    if (resource !== 'attention' && resource !== 'cpu' && resource !== 'llm' && resource !== 'memory')
      world.fail(population, member, `${JSON.stringify(resource)} is no resource of a market (attention, cpu, llm, memory)`)
  const { attention = 0, cpu = 0, llm = 0, memory = 0 } = bundle
  world.checkAmount(population, member, amountMicro)
  if (tipMicro !== 0) world.checkAmount(population, member, tipMicro)
  // One test for all shares: a NaN or a fraction is not equal to its whole part, and none is below 0 or above the whole.
  const whole = (attention | 0) === attention && (cpu | 0) === cpu && (llm | 0) === llm && (memory | 0) === memory && (durationMs | 0) === durationMs
  const inside = (attention | cpu | llm | memory) >= 0 && attention <= PPM && cpu <= PPM && llm <= PPM && memory <= PPM
  if (!whole || !inside || durationMs <= 0 || (attention | cpu | llm | memory) === 0 || (cpu === 0) !== (memory === 0))
    world.fail(
      population,
      member,
      `a bundle holds whole shares from 0 to ${PPM} ppm, cpu and memory together, for a whole number of milliseconds, not ${JSON.stringify(bundle)} for ${durationMs} ms`,
    )
  if (offersNothing(capacity, attention, cpu, llm, memory)) world.fail(population, member, `${JSON.stringify(bundle)} wants what the market does not sell`)
}
