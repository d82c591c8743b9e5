import jsonata from 'jsonata'
import type { Capacities, UnitPrices } from './prices.ts'
import { pricesMicroPerS } from './prices.ts'
import { createRandom, shuffle } from './random.ts'
import type { Draw, Rules, Scenario } from './schema.ts'
import type { Figures, TaskOption } from './valuation.ts'

/** A service of a scripted agent. */
export interface ServiceSetup {
  readonly cost: number
  readonly needs: readonly string[]
  readonly provider_id: string
  readonly reputation?: number
  readonly response: unknown
  readonly result: 'success' | 'failure'
  readonly service_name: string
}
export interface Injection {
  readonly after?: { readonly type: string; readonly where?: Readonly<Record<string, never>> }
  readonly at_ms?: number
  readonly do: readonly Readonly<Record<string, unknown>>[]
}
/** A scenario with every value drawn: the world of one run. */
export interface Variant {
  readonly scenario_id: string
  readonly seed: number
  readonly index: number
  readonly condition: string
  readonly accept: readonly string[]
  readonly vars: Readonly<Record<string, unknown>>
  readonly world: {
    readonly agent_balance: number
    readonly capacities: Capacities
    readonly competitors: readonly { readonly agent_id: string; readonly bid: number }[]
    readonly cycles: number
    readonly files: Readonly<Record<string, string>>
    readonly human_activity: unknown
    readonly inject: readonly Injection[]
    readonly services: readonly ServiceSetup[]
    readonly spawn_cost: number
    readonly unit_prices: UnitPrices
    readonly window_ms: number
    readonly workload?: { readonly bench: 'operations' | 'auction' | 'pipeline'; readonly file: string }
  }
  readonly brief: { readonly figures: Figures; readonly goal: string; readonly options: readonly TaskOption[]; readonly task: string }
  readonly rules: Rules
}

/** A scenario that cannot be drawn: which expression, and why. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError'
}

const compiled = new Map<string, ReturnType<typeof jsonata>>()
/** Evaluates one expression over values. Throws ScenarioError naming it. */
export async function evaluate(expression: string, vars: Readonly<Record<string, unknown>>): Promise<unknown> {
  try {
    let ready = compiled.get(expression)
    if (ready === undefined) compiled.set(expression, (ready = jsonata(expression)))
    const value: unknown = await ready.evaluate(vars)
    // JSONata marks its arrays; a copy is plain data.
    return value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as unknown)
  } catch (error) {
    throw new ScenarioError(`the expression "${expression}" fails: ${(error as { message?: string }).message ?? String(error)}`, { cause: error })
  }
}

async function resolve(value: unknown, vars: Readonly<Record<string, unknown>>): Promise<unknown> {
  if (typeof value === 'string' && value.startsWith('=') && value.length > 1) {
    const result = await evaluate(value.slice(1), vars)
    if (result === undefined) throw new ScenarioError(`the expression "${value}" has no value`)
    return result
  }
  if (Array.isArray(value)) return Promise.all(value.map((one) => resolve(one, vars)))
  if (typeof value !== 'object' || value === null) return value
  const entries = await Promise.all(Object.entries(value).map(async ([key, one]) => [key, await resolve(one, vars)] as const))
  return Object.fromEntries(entries)
}

function drawOne(draw: Draw, random: () => number): unknown {
  if ('one_of' in draw) return draw.one_of[Math.floor(random() * draw.one_of.length)]
  const steps = Math.floor((draw.to - draw.from) / draw.step + 1e-9)
  return Number((draw.from + draw.step * Math.floor(random() * (steps + 1))).toFixed(9))
}

/** Which condition each variant of a trial has: dealt round, in an order of the seed's. */
function conditionsOf(scenario: Scenario, seed: number): number[] {
  const dealt = Array.from({ length: scenario.variants }, (_, index) => index % scenario.conditions.length)
  return shuffle(dealt, createRandom(seed, `${scenario.id} conditions`))
}

/** Draws the worlds of one trial. The same scenario and seed give the same worlds. Throws ScenarioError. */
export async function drawVariants(scenario: Scenario, seed: number): Promise<Variant[]> {
  const order = conditionsOf(scenario, seed)
  return Promise.all(order.map((condition, index) => drawVariant(scenario, seed, index, condition)))
}

async function drawVariant(scenario: Scenario, seed: number, index: number, conditionIndex: number): Promise<Variant> {
  const condition = scenario.conditions[conditionIndex] as Scenario['conditions'][number]
  const { world } = scenario
  const vars: Record<string, unknown> = { variant: index }
  const draws = { ...scenario.draw, ...condition.draw }
  for (const [name, draw] of Object.entries(draws)) vars[name] = drawOne(draw, createRandom(seed * 1009 + index, `${scenario.id} ${name}`))
  for (const [name, expression] of Object.entries(scenario.derive)) vars[name] = await resolve(expression, vars)
  const drawn = (await resolve(world, vars)) as Variant['world']
  const options = shuffle((await resolve(scenario.brief.options, vars)) as TaskOption[], createRandom(seed * 1009 + index, `${scenario.id} order`))
  const figures = {
    ...((await resolve(scenario.brief.figures, vars)) as object),
    balance: drawn.agent_balance,
    capacities: drawn.capacities,
    human_activity: drawn.human_activity,
    prices_micro_per_s: pricesMicroPerS(drawn.unit_prices, drawn.capacities, drawn.window_ms),
    unit_prices: drawn.unit_prices,
    window_ms: drawn.window_ms,
  }
  return {
    accept: condition.accept ?? [],
    brief: { figures, goal: scenario.brief.goal, options, task: scenario.brief.task },
    condition: condition.name,
    index,
    rules: (await resolve(scenario.rules, vars)) as Rules,
    scenario_id: scenario.id,
    seed,
    vars,
    world: drawn,
  }
}
