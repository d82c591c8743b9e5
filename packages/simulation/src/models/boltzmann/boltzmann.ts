import { type Model, type Running, type Turn, UsageError, type World } from '../../engine/index.ts'
import type { Population } from '../../population/index.ts'

/** Receivers drawn at once: small enough for the nearest cache. */
const BATCH = 4096

/** Members that had the amount at the step's beginning, compacted into `out`: under simultaneous activation nobody gives what came in meanwhile. */
function ableTo(population: Population, turn: Turn, amountMicro: number, out: Int32Array): number {
  const seen = population.seenBalances()
  let count = 0
  for (let index = turn.offset; index < turn.offset + turn.length; index++) {
    const member = turn.order[index] as number
    if ((seen[member] as number) >= amountMicro) out[count++] = member
  }
  return count
}

/** Each in turn gives a fixed amount to a random member, if it has it (Drăgulescu, Yakovenko 2000). */
function giveUnit(world: World, population: Population): (turn: Turn) => void {
  const random = world.random('receivers')
  const amount = world.number('unit_micro')
  const receivers = new Int32Array(BATCH)
  const able = world.activation === 'simultaneous' ? new Int32Array(population.capacity) : null
  return (turn) => {
    const payers = able ?? turn.order
    const first = able === null ? turn.offset : 0
    const end = first + (able === null ? turn.length : ableTo(population, turn, amount, able))
    for (let offset = first; offset < end; offset += BATCH) {
      const length = Math.min(BATCH, end - offset)
      random.fillBelow(receivers, length, population.capacity)
      world.transferEach(population, payers, offset, receivers, length, amount)
    }
  }
}

/** Each in turn meets a random other; both keep a share λ of what they have, the rest is pooled and split at random (Chakraborti, Chakrabarti 2000; λ = 0 is the plain split). */
function splitPool(world: World, population: Population): (turn: Turn) => void {
  const random = world.random('receivers')
  const saved = world.number('saving_ppm') / 1_000_000
  return (turn) => {
    const balances = population.balances()
    for (let index = turn.offset; index < turn.offset + turn.length; index++) {
      const one = turn.order[index] as number
      const other = random.below(population.capacity)
      if (one === other) continue
      const mine = balances[one] as number
      const keepsMine = Math.floor(mine * saved)
      const pool = mine - keepsMine + ((balances[other] as number) - Math.floor((balances[other] as number) * saved))
      const gains = keepsMine + Math.floor(random.unit() * (pool + 1)) - mine
      if (gains > 0) world.transfer(population, other, one, gains)
      else if (gains < 0) world.transfer(population, one, other, -gains)
    }
  }
}

export const boltzmann: Model = {
  activations: ['random', 'sequential', 'simultaneous'],
  agents: { default: 1000, min: 2 },
  name: 'boltzmann',
  params: {
    rule: {
      choices: ['unit', 'split'],
      default: 'unit',
      description: 'unit: give one unit to a random other; split: pool what is not saved and split it at random',
      kind: 'choice',
    },
    saving_ppm: { default: 0, description: 'saving propensity λ of the rule "split", in parts per million', kind: 'integer', max: 999_999, min: 0 },
    start_units: { default: 10, description: 'units that each member has at first', kind: 'integer', max: 1_000_000, min: 1 },
    unit_micro: { default: 1_000_000, description: 'one unit in micro-credits', kind: 'integer', max: 1_000_000_000, min: 1 },
  },
  setup(world): Running {
    const population = world.population('agent', world.agents)
    const each = world.number('start_units') * world.number('unit_micro')
    for (let member = 0; member < world.agents; member++) world.mint(population, member, each)
    const unit = world.choice('rule') === 'unit'
    if (!unit && world.activation === 'simultaneous')
      throw new UsageError('the rule "split" has no meaning under simultaneous activation: two meetings would split the same credits')
    const step = unit ? giveUnit(world, population) : splitPool(world, population)
    return { observe: () => ({}), save: () => null, stages: [{ population, step }] }
  },
  source: 'Drăgulescu, Yakovenko, "Statistical mechanics of money", Eur. Phys. J. B 17 (2000); Chakraborti, Chakrabarti, Eur. Phys. J. B 17 (2000)',
  steps: 1000,
  times: ['scheduled', 'event-driven'],
  title: 'Boltzmann wealth exchange',
}
