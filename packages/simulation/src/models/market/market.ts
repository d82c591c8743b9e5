import { DEFAULT_PARAMS } from '@syntropism/economy'
import type { Model, ParamValues, World } from '../../engine/index.ts'
import { CURVES, type CurveChoice, RULE_PARAMS, TIP_PARAM, chosenRules, curveOfChoice } from '../../market/index.ts'
import { type AgentView, type Bundle, type Game, type Role, type Surroundings, marketModel } from '../../strategies/index.ts'

/** Length of a job: with a beat of 100 ms it is over when the next step begins. */
const JOB_MS = 900
const BEAT_MS = 100
const [CPU_MILLICORES, MEMORY_MB, LLM_MICRO_USD_PER_MINUTE] = [100_000, 204_800, 10_000_000] as const

const number = (values: ParamValues, name: string): number => Number(values[name])

const bundleOf = (values: ParamValues): Bundle => {
  const share = number(values, 'share_ppm')
  return { cpu: share, memory: Math.ceil(share / 2), ...(number(values, 'llm_ppm') === 0 ? {} : { llm: number(values, 'llm_ppm') }) }
}

/** What a job is worth to its agent, drawn anew for each: exponential. */
const drawWorth = (self: AgentView, meanMicro: number): number => Math.max(1, Math.round(self.random.exponential() * meanMicro))

/** Bids what the job is worth to it when that covers the reserve, at most what it has; forgets the job otherwise. */
const careful = (values: ParamValues): Role => ({
  act(self) {
    if (self.is_running || self.bids().length > 0) return []
    const worth = drawWorth(self, number(values, 'worth_micro'))
    const bundle = bundleOf(values)
    const amount = Math.min(self.free_micro, Math.floor((worth * number(values, 'bid_ppm')) / 1_000_000))
    if (amount < self.reserveMicro(bundle, JOB_MS)) return []
    self.memory.set('worth_micro', worth)
    const tip = values['payments'] === 'posted' ? { tip_micro: Math.floor((worth * number(values, 'tip_ppm')) / 1_000_000) } : {}
    return [{ amount_micro: amount, bundle, duration_ms: JOB_MS, expires_in_ms: BEAT_MS * 2, ...tip, type: 'bid' }]
  },
  memory: ['worth_micro'],
  name: 'careful',
  start_credits_micro: number(values, 'start_micro'),
  weight: 1_000_000 - number(values, 'careless_ppm'),
})

/** Bids twice what the job is worth: it wins more often, loses on each, and ends when its credits do. */
const careless = (values: ParamValues): Role => ({
  ...careful({ ...values, bid_ppm: 2_000_000 }),
  name: 'careless',
  weight: number(values, 'careless_ppm'),
})

/** Customers pay for a job what it is worth when its window begins. */
function customers({ economy, players, world }: Game): Surroundings {
  let [jobs, worth, sold] = [0, 0, 0]
  let [soldSum, reserveSum, steps] = [0, 0, 0]
  const bundle = bundleOf(world.params)
  economy.onEvent((event) => {
    if (event.type !== 'resources_allocated') return
    const member = players.population.memberOf(event.data.agent_id)
    const paid = member < 0 ? 0 : players.remembers(member, 'worth_micro')
    if (paid === 0) return
    jobs += 1
    worth += paid
    sold += 1
    economy.submit({ agent_id: event.data.agent_id, amount_micro: paid, type: 'fund' })
  })
  const share = bundle.cpu as number
  return {
    end() {
      soldSum += (sold * share * JOB_MS) / 1000 / 1_000_000
      reserveSum += reserveNow()
      steps += 1
      sold = 0
    },
    observe() {
      const figures = {
        careless_alive: aliveOf('careless'),
        jobs,
        reserve_mean_micro: steps === 0 ? reserveNow() : reserveSum / steps,
        sold_mean: steps === 0 ? 0 : soldSum / steps,
        worth_served_micro: worth,
      }
      ;[soldSum, reserveSum, steps] = [0, 0, 0]
      return figures
    },
    resume(saved: readonly number[]) {
      ;[jobs, worth, soldSum, reserveSum, steps] = saved as [number, number, number, number, number]
    },
    save: () => [jobs, worth, soldSum, reserveSum, steps],
  }

  function reserveNow(): number {
    const perSecond = Object.entries(bundle).reduce((sum, [resource, ppm]) => sum + economy.state.meters[resource as 'cpu'].price_micro_per_s * (ppm ?? 0), 0)
    return (perSecond * JOB_MS) / 1_000_000_000
  }

  function aliveOf(name: string): number {
    const role = players.roles.findIndex((one) => one.name === name)
    let count = 0
    for (let member = 0; member < players.population.capacity; member++) if (players.population.isAlive(member) && players.role[member] === role) count += 1
    return count
  }
}

/** Curves of what jobs need; that of attention has no part. */
function curvesOf(kind: CurveChoice): Partial<typeof DEFAULT_PARAMS.curves> {
  const { cpu, llm, memory } = DEFAULT_PARAMS.curves
  return { cpu: curveOfChoice(kind, cpu), llm: curveOfChoice(kind, llm), memory: curveOfChoice(kind, memory) }
}

/** Agents with jobs bid for cpu, memory and LLM spend in the clearing of `live`, at prices that move. */
export const market: Model = marketModel({
  agents: { default: 200, min: 2 },
  asks_solver: ({ mechanism }) => mechanism === 'exact',
  economy: (world: World) => ({
    beat_ms: BEAT_MS,
    cpu_millicores: CPU_MILLICORES,
    curves: curvesOf(world.choice('curve') as CurveChoice),
    memory_mb: MEMORY_MB,
    params: {
      credit_value_micro_usd: 0,
      // Who has less than a job is worth on average is out of business.
      death_below_micro: world.number('worth_micro'),
      ...chosenRules(world),
      llm_micro_usd_per_minute: world.number('llm_ppm') === 0 ? 0 : LLM_MICRO_USD_PER_MINUTE,
      program_cpu_ppm_min: 1,
      program_memory_mb_min: 1,
    },
  }),
  name: 'market',
  params: {
    bid_ppm: { default: 1_000_000, description: 'what a careful agent bids, parts per million of the worth', kind: 'integer', max: 1_000_000, min: 1 },
    careless_ppm: { default: 100_000, description: 'agents that bid twice what a job is worth, parts per million', kind: 'integer', max: 1_000_000, min: 0 },
    curve: { choices: CURVES, default: 'linear', description: 'how the prices of cpu, memory and LLM spend move', kind: 'choice' },
    llm_ppm: {
      default: 10_000,
      description: 'share of the LLM spend that a job needs, parts per million; 0 for none',
      kind: 'integer',
      max: 1_000_000,
      min: 0,
    },
    ...RULE_PARAMS,
    share_ppm: { default: 10_000, description: 'share of the cpu that a job needs, half as much memory', kind: 'integer', max: 1_000_000, min: 2 },
    start_micro: { default: 20_000_000, description: 'credits of each at the start, micro-credits', kind: 'integer', max: 1_000_000_000_000, min: 1 },
    tip_ppm: TIP_PARAM,
    worth_micro: { default: 1_000_000, description: 'mean worth of a job, exponential, micro-credits', kind: 'integer', max: 1_000_000_000, min: 1 },
  },
  roles: (values) => [careful(values), careless(values)],
  source: 'demand of exponential values: expected sale at a reserve r is N b e^(−r/μ); prices of docs/reference/rules.md',
  steps: 400,
  surroundings: customers,
  title: 'Agents in the compute market',
})
