import { type BidTable, DEFAULT_PARAMS, type PriceCurve, clearAtShadowPrices } from '@syntropism/economy'
import { type Model, type Running, STEP_MS, type Turn, UsageError, type World } from '../../engine/index.ts'
import { CURVES, type CurveChoice, Market, type MarketRules, RULE_PARAMS, type SavedMarket, TIP_PARAM, chosenRules, curveOfChoice } from '../../market/index.ts'
import type { Population } from '../../population/index.ts'

const PPM = 1_000_000
/** Mean worth of a job per unit of spend, in micro-credits. */
const WORTH_MICRO = 1_000_000
/** Spend that jobs need, in micro-dollars per step; `mixed` draws one of them. */
const SIZES = [1000, 2000, 4000, 8000, 16_000] as const

interface Job {
  readonly member: number
  readonly since: number
  readonly size: number
  readonly value: number
  readonly poor: boolean
}

/** Curves of a market in which only LLM spend is for sale: its price stands at the least that can be asked, or moves. */
function curvesOf(kind: CurveChoice, meanMicroPerStep: number): MarketRules['curves'] {
  const still: PriceCurve = { ...DEFAULT_PARAMS.curves.llm, ceiling_micro_per_s: 1, floor_micro_per_s: 1, opening_micro_per_s: 1 }
  const moving: PriceCurve = {
    ...still,
    ceiling_micro_per_s: 1000 * meanMicroPerStep,
    floor_micro_per_s: Math.ceil(meanMicroPerStep / 100),
    opening_micro_per_s: Math.ceil(meanMicroPerStep / 10),
    period_ms: STEP_MS,
    target_ppm: 900_000,
  }
  return { attention: still, cpu: still, llm: kind === 'fixed' ? still : curveOfChoice(kind, moving), memory: still }
}

/** Jobs that want more LLM spend than the cap allows, cleared once a step by the market of the economy. */
class Desk {
  arrived = { count: 0, value: 0 }
  served = { count: 0, value: 0, waited: 0 }
  poor = { arrived: 0, served: 0, waited: 0 }
  revenue = 0
  /** Jobs that waited in vain. */
  left = 0
  used = 0
  gap = 0
  readonly cap: number
  readonly market: Market
  private jobs: Job[] = []
  private readonly byArrival: boolean
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
    const curve = world.choice('curve') as CurveChoice
    this.byArrival = world.choice('mechanism') === 'arrival'
    if (this.byArrival && (world.choice('payments') !== 'bid' || curve !== 'fixed'))
      throw new UsageError('scarce-llm: in order of arrival nobody pays for a place: take payments bid and curve fixed')
    this.market = new Market(world, [population], {
      capacity: { attention: 0, cpu: 0, llm: this.cap, memory: 0 },
      curves: curvesOf(curve, Math.round((this.cap / SIZES[0]) * WORTH_MICRO)),
      ...(this.byArrival ? ({ mechanism: 'highest-bid', payment_rule: 'bid' } as const) : chosenRules(world)),
      ...(world.solve === undefined ? {} : { solve: world.solve }),
    })
  }

  /** Every agent without a job gets one, and bids what it is worth, at most what it has; in order of arrival all bid the least, and ties go to the earlier. */
  arrive(turn: Turn): void {
    const { chance, market, population, sizes, world } = this
    const balances = population.balances()
    for (let index = turn.offset; index < turn.offset + turn.length; index++) {
      const member = turn.order[index] as number
      if (market.hasBid(population, member)) continue
      const size = sizes[chance.below(sizes.length)] as number
      const worth = chance.exponential()
      const value = Math.min(balances[member] as number, Math.max(1, Math.round((size / SIZES[0]) * WORTH_MICRO * worth)))
      if (value < 1) continue
      const bundle = { llm: Math.min(PPM, Math.ceil((size * PPM) / this.cap)) }
      market.place(population, member, bundle, STEP_MS, this.byArrival ? 1 : value, Infinity, Math.floor((value * world.number('tip_ppm')) / PPM))
      const poor = worth < Math.LN2
      this.jobs.push({ member, poor, since: turn.step, size, value })
      this.arrived.count += 1
      this.arrived.value += value
      this.poor.arrived += Number(poor)
    }
  }

  /** Winners pay, which burns, and are rewarded with what their work was worth; who waited too long leaves. */
  clear(step: number): void {
    const { jobs, market, poor, population, served, world } = this
    const bound = world.observes(step) ? clearAtShadowPrices(tableOf(jobs, this.cap)).bound : 0
    this.revenue += market.beat().revenue_micro
    const patience = world.number('patience')
    const before = served.value
    this.used = 0
    this.jobs = jobs.filter((job) => {
      const waited = step - job.since
      if (market.hasBid(population, job.member)) {
        if (waited + 1 < patience) return true
        market.withdraw(population, job.member)
        this.left += 1
        return false
      }
      this.used += job.size
      served.count += 1
      served.value += job.value
      served.waited += waited
      if (job.poor) {
        poor.served += 1
        poor.waited += waited
      }
      world.mint(population, job.member, job.value, 'reward')
      return false
    })
    if (bound > 0) this.gap = Math.max(0, 1 - (served.value - before) / bound)
  }

  save(): object {
    const { arrived, gap, jobs, left, market, poor, revenue, served, used } = this
    return { arrived: { ...arrived }, gap, jobs: [...jobs], left, market: market.save(), poor: { ...poor }, revenue, served: { ...served }, used }
  }

  resume({ market, ...own }: { readonly market: SavedMarket }): void {
    Object.assign(this, own)
    this.market.resume(market)
  }
}

/** Open jobs as a book of one resource, for the bound on what they could be worth together. */
const tableOf = (jobs: readonly Job[], cap: number): BidTable => ({
  prices: Float64Array.from(jobs, (job) => job.value),
  quantities: Float64Array.from(jobs, (job) => job.size),
  supply: Float64Array.of(cap),
})

const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole)

export const scarceLlm: Model = {
  activations: ['random', 'sequential'],
  agents: { default: 300, min: 10 },
  asks_solver: ({ mechanism }) => mechanism === 'exact',
  name: 'scarce-llm',
  params: {
    curve: {
      choices: CURVES,
      default: 'fixed',
      description: 'price of spend under which nobody is served: none to speak of, or moving by a curve',
      kind: 'choice',
    },
    load_ppm: { default: 3_000_000, description: 'demand over the spend cap, parts per million', kind: 'integer', max: 100_000_000, min: 1 },
    mechanism: {
      ...RULE_PARAMS.mechanism,
      choices: [...RULE_PARAMS.mechanism.choices, 'arrival'],
      description: "who is served: the economy's mechanisms, or first come first served",
    },
    patience: { default: 1, description: 'steps that a job waits, its first included', kind: 'integer', max: 1000, min: 1 },
    payments: RULE_PARAMS.payments,
    sizes: { choices: ['mixed', 'equal'], default: 'mixed', description: 'spend that jobs need: 1 to 16 milli-dollars, or 4 for all', kind: 'choice' },
    tip_ppm: TIP_PARAM,
  },
  setup(world): Running {
    const population = world.population('agent', world.agents)
    for (let member = 0; member < world.agents; member++) world.mint(population, member, 1_000_000_000)
    const desk = new Desk(world, population)
    return {
      end: (step) => desk.clear(step),
      observe: () => ({
        welfare_share: share(desk.served.value, desk.arrived.value),
        served_share: share(desk.served.count, desk.arrived.count),
        served_poor_share: share(desk.poor.served, desk.poor.arrived),
        waited_steps_mean: share(desk.served.waited, desk.served.count),
        waited_poor_steps_mean: share(desk.poor.waited, desk.poor.served),
        left_share: share(desk.left, desk.arrived.count),
        paid_share: share(desk.revenue, desk.served.value),
        gap: desk.gap,
        jobs_arrived: desk.arrived.count,
        price_llm: desk.market.prices.llm,
        utilisation: desk.used / desk.cap,
        welfare: desk.served.value,
      }),
      resume: (saved: Parameters<Desk['resume']>[0]) => desk.resume(saved),
      save: () => desk.save(),
      stages: [{ population, step: (turn) => desk.arrive(turn) }],
    }
  },
  source: 'demand above a spend cap; top order statistics of exponential values: Rényi, "On the theory of order statistics" (1953)',
  steps: 100,
  times: ['scheduled'],
  title: 'The scarce-LLM economy',
}
