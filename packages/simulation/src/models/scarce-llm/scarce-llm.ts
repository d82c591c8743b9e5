import { type Mechanism, clearBook } from '@syntropism/economy'
import { type Model, type Running, type Turn, UsageError, type World } from '../../engine/index.ts'
import type { Population } from '../../population/index.ts'

const PPM = 1_000_000
/** Mean worth of a job per unit of spend, in micro-credits. */
const WORTH_MICRO = 1_000_000
/** Spend that jobs need, in micro-dollars per step; `mixed` draws one of them. */
const SIZES = [1000, 2000, 4000, 8000, 16_000] as const

interface Job {
  readonly member: number
  readonly order: number
  readonly since: number
  readonly size: number
  readonly value: number
}

/** Jobs that want more LLM spend than the cap allows, cleared once a step by the economy's mechanisms. */
class Desk {
  arrived = { count: 0, value: 0 }
  served = { count: 0, value: 0, waited: 0 }
  poor = { arrived: 0, served: 0, waited: 0 }
  /** Jobs that waited in vain. */
  left = 0
  readonly cap: number
  used = 0
  gap = 0
  private waiting: Job[] = []
  private orders = 0
  private readonly world: World
  private readonly population: Population
  private readonly chance: ReturnType<World['random']>
  private readonly sizes: readonly number[]

  constructor(world: World, population: Population) {
    this.world = world
    this.population = population
    this.chance = world.random('jobs')
    this.sizes = world.choice('sizes') === 'equal' ? [SIZES[2]] : SIZES
    const mean = this.sizes.reduce((sum, size) => sum + size, 0) / this.sizes.length
    this.cap = Math.floor((world.agents * mean * PPM) / world.number('load_ppm'))
    if (this.cap < Math.max(...this.sizes))
      throw new UsageError(`scarce-llm: with ${world.agents} agents the cap is below one job; take more agents or less load`)
  }

  /** Every agent without a job gets one, and stakes on it what it is worth, at most what it has. */
  arrive(turn: Turn): void {
    const balances = this.population.balances()
    const busy = new Set(this.waiting.map((job) => job.member))
    for (let index = turn.offset; index < turn.offset + turn.length; index++) {
      const member = turn.order[index] as number
      if (busy.has(member)) continue
      const size = this.sizes[this.chance.below(this.sizes.length)] as number
      const worth = this.chance.exponential()
      const value = Math.min(balances[member] as number, Math.max(1, Math.round((size / SIZES[0]) * WORTH_MICRO * worth)))
      if (value < 1) continue
      this.waiting.push({ member, order: this.orders++, since: turn.step, size, value })
      this.arrived.count += 1
      this.arrived.value += value
      if (worth < Math.LN2) this.poor.arrived += 1
    }
  }

  /** Winners pay their bid, which burns, and are rewarded with what their work was worth; who waited too long leaves. */
  clear(step: number): void {
    const { waiting } = this
    const rule = this.world.choice('mechanism')
    const won = new Set(rule === 'arrival' ? this.inOrder() : this.byMechanism(rule as Mechanism))
    this.used = 0
    for (const order of won) {
      const job = waiting.find((one) => one.order === order) as Job
      this.used += job.size
      this.served.count += 1
      this.served.value += job.value
      this.served.waited += step - job.since
      if (job.value / ((job.size / SIZES[0]) * WORTH_MICRO) < Math.LN2) {
        this.poor.served += 1
        this.poor.waited += step - job.since
      }
      this.world.burn(this.population, job.member, job.value)
      this.world.mint(this.population, job.member, job.value, 'reward')
    }
    const patience = this.world.number('patience')
    this.waiting = waiting.filter((job) => !won.has(job.order) && step - job.since + 1 < patience)
    this.left += waiting.length - won.size - this.waiting.length
  }

  save(): object {
    const { arrived, gap, left, orders, poor, served, used, waiting } = this
    return { arrived: { ...arrived }, gap, left, orders, poor: { ...poor }, served: { ...served }, used, waiting }
  }

  private byMechanism(mechanism: Mechanism): number[] {
    const bids = this.waiting.map((job) => ({ bundle: { llm: job.size }, id: String(job.order), price: job.value }))
    const cleared = clearBook({ bids, supply: { llm: this.cap } }, mechanism, 'bid')
    this.gap = cleared.gap
    return cleared.winners.map(Number)
  }

  private inOrder(): number[] {
    let left = this.cap
    this.gap = 0
    return this.waiting.flatMap((job) => {
      if (job.size > left) return []
      left -= job.size
      return [job.order]
    })
  }
}

export const scarceLlm: Model = {
  activations: ['random', 'sequential'],
  agents: { default: 300, min: 10 },
  name: 'scarce-llm',
  params: {
    load_ppm: { default: 3_000_000, description: 'demand over the spend cap, parts per million', kind: 'integer', max: 100_000_000, min: 1 },
    mechanism: {
      choices: ['highest-bid', 'density', 'density-sqrt', 'shadow', 'arrival'],
      default: 'highest-bid',
      description: "who is served: the economy's mechanisms, or first come first served",
      kind: 'choice',
    },
    patience: { default: 1, description: 'steps that a job waits, its first included', kind: 'integer', max: 1000, min: 1 },
    sizes: { choices: ['mixed', 'equal'], default: 'mixed', description: 'spend that jobs need: 1 to 16 milli-dollars, or 4 for all', kind: 'choice' },
  },
  setup(world): Running {
    const population = world.population('agent', world.agents)
    for (let member = 0; member < world.agents; member++) world.mint(population, member, 1_000_000_000)
    const desk = new Desk(world, population)
    return {
      end: (step) => desk.clear(step),
      observe: () => ({
        gap: desk.gap,
        jobs_arrived: desk.arrived.count,
        left_share: desk.arrived.count === 0 ? 0 : desk.left / desk.arrived.count,
        served_poor_share: desk.poor.arrived === 0 ? 0 : desk.poor.served / desk.poor.arrived,
        served_share: desk.arrived.count === 0 ? 0 : desk.served.count / desk.arrived.count,
        utilisation: desk.used / desk.cap,
        waited_poor_steps_mean: desk.poor.served === 0 ? 0 : desk.poor.waited / desk.poor.served,
        waited_steps_mean: desk.served.count === 0 ? 0 : desk.served.waited / desk.served.count,
        welfare: desk.served.value,
        welfare_share: desk.arrived.value === 0 ? 0 : desk.served.value / desk.arrived.value,
      }),
      resume: (saved: object) => void Object.assign(desk, saved),
      save: () => desk.save(),
      stages: [{ population, step: (turn) => desk.arrive(turn) }],
    }
  },
  source: 'demand above a spend cap; top order statistics of exponential values: Rényi, "On the theory of order statistics" (1953)',
  steps: 100,
  times: ['scheduled'],
  title: 'The scarce-LLM economy',
}
