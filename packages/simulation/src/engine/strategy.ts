import type { Population } from '../population/index.ts'
import { shown } from './errors.ts'
import type { Turn } from './model.ts'
import type { World } from './world.ts'

/** In random order, from so many members on, what belongs to the next `AHEAD` is read before they act. Fewer are in the nearest caches as it is. */
const AHEAD_FROM = 16_384
const AHEAD = 64

/** Calls `act` for each member whose turn it is. What it throws is passed on with population, member and step named. */
export function actEach(world: World, population: Population, turn: Turn, act: (member: number) => void): void {
  const { length, offset, order } = turn
  const last = offset + length
  const ahead = world.activation === 'random' && length >= AHEAD_FROM ? AHEAD : length
  let index = offset
  try {
    for (let end = offset; end < last; ) {
      end = Math.min(last, end + ahead)
      if (ahead < length) population.readAhead(order, index, end)
      for (; index < end; index++) act(order[index] as number)
    }
  } catch (error) {
    if (error instanceof Error && error.name === 'StrategyError') throw error
    world.fail(population, order[index] as number, error instanceof Error ? error.message : `threw ${shown(error)}`, error)
  }
}

/** Asks a strategy for one number per member, into `out` by member. A value that is no finite number, or a throw, ends the run with member, step and value named. */
export function decideEach(world: World, population: Population, turn: Turn, decide: (member: number) => number, out: Float64Array): void {
  actEach(world, population, turn, (member) => {
    const value = decide(member)
    // A comparison tells NaN and both infinities without a call.
    if (typeof value !== 'number' || !(value - value === 0))
      world.fail(population, member, `the strategy returned ${shown(value)} where a finite number is needed`)
    out[member] = value
  })
}
