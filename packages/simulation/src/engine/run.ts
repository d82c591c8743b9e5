import { BURN, assertConserved, balanceOf, circulatingMicro } from '@syntropism/economy'
import { giniOfAscending, jain } from '../indicators/index.ts'
import { type Activation, type Population } from '../population/index.ts'
import type { Random } from '../random/index.ts'
import { UsageError, shown } from './errors.ts'
import { type Extra, type Figures, type Model, type Running, STEP_MS, type Stage } from './model.ts'
import { type ParamValues, readParams } from './params.ts'
import { type Time, World } from './world.ts'

export interface RunRequest {
  readonly model: Model
  readonly seed: number
  readonly agents?: number | undefined
  readonly steps?: number | undefined
  readonly activation?: string | undefined
  readonly time?: string | undefined
  readonly params?: Readonly<Record<string, unknown>> | undefined
  /** Steps between two observations; by default as many as give about 100 of them. The last step is always observed. */
  readonly observe_every?: number | undefined
}

/** What a run came to: the same bytes for the same request, anywhere. */
export interface RunResult {
  readonly model: string
  readonly seed: number
  readonly agents: number
  readonly steps: number
  readonly activation: Activation
  readonly time: Time
  readonly params: ParamValues
  /** Those of the last observation. */
  readonly figures: Figures
  readonly series: { readonly columns: readonly string[]; readonly rows: readonly (readonly number[])[] }
  readonly extras: readonly Extra[]
}

const whole = (what: string, value: number, min: number): number => {
  if (!Number.isSafeInteger(value) || value < min) throw new UsageError(`${what} is a whole number of at least ${min}, not ${shown(value)}`)
  return value
}

function choose<T extends string>(what: string, given: string | undefined, allowed: readonly T[], model: string): T {
  const value = given ?? (allowed[0] as T)
  if (!allowed.includes(value as T)) throw new UsageError(`${what} of ${model} is one of ${allowed.join(', ')}, not ${shown(value)}`)
  return value as T
}

/** One run, step by step: whoever drives it may look, stop or draw in between. */
export class Run {
  readonly world: World
  private readonly model: Model
  private readonly running: Running
  private readonly chance: Random
  private readonly observeEvery: number
  private columns: readonly string[] = []
  private readonly rows: number[][] = []
  private figures: Figures = {}
  /** Balances of all members, for the indicators: kept, because it may be the largest array of a run. */
  private readonly scratch: Float64Array
  private last = { moved_micro: 0, step: 0 }

  /** Throws UsageError when the request does not fit the model. */
  constructor(request: RunRequest) {
    const { model } = request
    const steps = whole('steps', request.steps ?? model.steps, 1)
    this.model = model
    this.observeEvery = whole('observe-every', request.observe_every ?? Math.max(1, Math.floor(steps / 100)), 1)
    if (!Number.isSafeInteger(request.seed) || request.seed < 0) throw new UsageError(`a seed is a whole number from 0 to 2^53 − 1, not ${shown(request.seed)}`)
    this.world = new World({
      activation: choose('activation', request.activation, model.activations, model.name),
      agents: whole(`agents of ${model.name}`, request.agents ?? model.agents.default, model.agents.min),
      params: readParams(model.params, request.params ?? {}),
      seed: request.seed,
      steps,
      time: choose('time', request.time, model.times, model.name),
    })
    this.chance = this.world.random('activation')
    this.running = model.setup(this.world)
    this.scratch = new Float64Array(this.world.populations.reduce((sum, population) => sum + population.capacity, 0))
    if (this.world.time === 'event-driven')
      for (const [kind, stage] of this.running.stages.entries()) for (let member = 0; member < stage.population.living; member++) this.callLater(kind, member)
    assertConserved(this.world.ledger)
    this.observe()
  }

  /** Carries out one step. Returns whether there is another. */
  step(): boolean {
    const { running, world } = this
    world.step += 1
    running.begin?.(world.step)
    const endMs = world.step * STEP_MS
    if (world.time === 'event-driven') this.untilMs(endMs)
    else for (const stage of running.stages) this.act(stage)
    world.at_ms = endMs
    running.end?.(world.step)
    world.assertCirculation()
    if (world.step % this.observeEvery === 0 || world.step === world.steps) this.observe()
    return world.step < world.steps
  }

  private act(stage: Stage): void {
    const { world } = this
    const { population } = stage
    population.arrange(world.activation, this.chance)
    stage.step({ at_ms: world.at_ms, length: population.living, offset: 0, order: population.order, step: world.step })
  }

  /** Each member acts at its own instants, a Poisson process: on average once per step, whole milliseconds. */
  private callLater(kind: number, member: number): void {
    this.world.queue.push(this.world.at_ms + Math.max(1, Math.round(STEP_MS * this.chance.exponential())), kind, member)
  }

  private untilMs(endMs: number): void {
    const { running, world } = this
    const one = new Int32Array(1)
    while (world.queue.nextMs() <= endMs) {
      const due = world.queue.pop()
      const stage = running.stages[due.kind] as Stage
      if (!stage.population.isAlive(due.subject)) continue
      world.at_ms = due.at_ms
      one[0] = due.subject
      stage.step({ at_ms: due.at_ms, length: 1, offset: 0, order: one, step: world.step })
      this.callLater(due.kind, due.subject)
    }
  }

  private observe(): void {
    const { last, running, world } = this
    assertConserved(world.ledger)
    const steps = Math.max(1, world.step - last.step)
    const circulating = circulatingMicro(world.ledger)
    const own = running.observe()
    for (const [name, value] of Object.entries(own))
      if (typeof value !== 'number' || Number.isNaN(value))
        throw new TypeError(`model ${this.model.name}, step ${world.step}: figure ${name} is ${shown(value)}`)
    this.figures = {
      step: world.step,
      ...own,
      ...figuresOf(world.populations, this.scratch),
      burned_micro: balanceOf(world.ledger, BURN),
      circulating_micro: circulating,
      minted_micro: world.ledger.granted_micro + world.ledger.rewarded_micro,
      velocity_per_step: circulating === 0 ? 0 : (world.moved_micro - last.moved_micro) / circulating / steps,
    }
    this.columns = Object.keys(this.figures)
    this.rows.push(Object.values(this.figures))
    this.last = { moved_micro: world.moved_micro, step: world.step }
  }

  /** The result so far; complete once `step` has returned false. */
  result(): RunResult {
    const { activation, agents, params, seed, time } = this.world
    return {
      activation,
      agents,
      extras: this.running.extras?.() ?? [],
      figures: this.figures,
      model: this.model.name,
      params,
      seed,
      series: { columns: this.columns, rows: this.rows },
      steps: this.world.step,
      time,
    }
  }
}

/** Gini and Jain over the living of all populations, and how many they are. */
function figuresOf(populations: readonly Population[], scratch: Float64Array): Figures {
  let count = 0
  for (const population of populations) {
    const held = population.balances()
    for (let member = 0; member < population.capacity; member++) if (population.isAlive(member)) scratch[count++] = held[member] as number
  }
  const balances = scratch.subarray(0, count)
  const fairness = jain(balances)
  return {
    births: populations.reduce((sum, population) => sum + population.births, 0),
    deaths: populations.reduce((sum, population) => sum + population.deaths, 0),
    gini: giniOfAscending(balances.sort()),
    jain: fairness,
    population: count,
  }
}

/** A whole run at once. */
export function simulate(request: RunRequest): RunResult {
  const run = new Run(request)
  while (run.step());
  return run.result()
}
