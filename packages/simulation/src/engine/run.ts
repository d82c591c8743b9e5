import { BURN, type State, assertConserved, balanceOf, circulatingMicro } from '@syntropism/economy'
import type { Solve } from '../economy/index.ts'
import { giniOfAscending, jain } from '../indicators/index.ts'
import { type Activation, type Population } from '../population/index.ts'
import type { Random } from '../random/index.ts'
import { UsageError, shown } from './errors.ts'
import { type Extra, type Figures, type Model, type Running, STEP_MS, type Stage } from './model.ts'
import { type ParamValues, readParams } from './params.ts'
import { type SavedWorld, type Time, World } from './world.ts'

export interface RunRequest {
  readonly model: Model
  readonly seed: number
  readonly agents?: number | undefined
  readonly steps?: number | undefined
  readonly activation?: string | undefined
  readonly time?: string | undefined
  readonly params?: Readonly<Record<string, unknown>> | undefined
  /** State of an economy to go on from, for models that can; it is not changed. */
  readonly start?: State | undefined
  /** A solver, for models that ask for one. */
  readonly solve?: Solve | undefined
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
  /** The economy and its sequence number that the run went on from. */
  readonly from?: { readonly economy_id: string; readonly seq: number }
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

/** A run as it was after a step: plain data, to be taken up by a run of the same request. */
export interface SavedRun {
  readonly calls: readonly Float64Array[]
  readonly columns: readonly string[]
  readonly figures: Figures
  readonly last: { readonly moved_micro: number; readonly step: number }
  readonly model: unknown
  /** What was asked for, as text: the same request alone may take it up. */
  readonly request: string
  readonly rows: readonly (readonly number[])[]
  readonly world: SavedWorld
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
  /** In event-driven time, by stage: when each member is called next. A call at another instant was that of a former member in its place. */
  private readonly calls: Float64Array[]

  /** Throws UsageError when the request does not fit the model. */
  constructor(request: RunRequest) {
    const { model } = request
    const steps = whole('steps', request.steps ?? model.steps, 1)
    this.model = model
    if (request.start !== undefined && model.forks !== true)
      throw new UsageError(`${model.name} begins from nothing; models whose agents live in the economy go on from one`)
    this.observeEvery = whole('observe-every', request.observe_every ?? Math.max(1, Math.floor(steps / 100)), 1)
    if (!Number.isSafeInteger(request.seed) || request.seed < 0) throw new UsageError(`a seed is a whole number from 0 to 2^53 − 1, not ${shown(request.seed)}`)
    this.world = new World({
      observe_every: this.observeEvery,
      activation: choose('activation', request.activation, model.activations, model.name),
      agents: whole(
        `agents of ${model.name}`,
        request.agents ?? request.start?.living_agents ?? model.agents.default,
        request.start === undefined ? model.agents.min : 0,
      ),
      params: readParams(model.params, request.params ?? {}),
      seed: request.seed,
      solve: request.solve,
      start: request.start,
      steps,
      time: choose('time', request.time, model.times, model.name),
    })
    this.chance = this.world.random('activation')
    this.running = model.setup(this.world)
    this.scratch = new Float64Array(this.world.populations.reduce((sum, population) => sum + population.capacity, 0))
    this.calls = this.running.stages.map((stage) => new Float64Array(this.world.time === 'event-driven' ? stage.population.capacity : 0))
    if (this.world.time === 'event-driven') {
      for (const [kind, stage] of this.running.stages.entries()) for (let member = 0; member < stage.population.living; member++) this.callLater(kind, member)
      this.callNewborn()
    }
    assertConserved(this.world.ledger)
    this.observe()
  }

  /** Carries out one step. Returns whether there is another. */
  step(): boolean {
    const { running, world } = this
    world.step += 1
    running.begin?.(world.step)
    this.callNewborn()
    const endMs = world.step * STEP_MS
    if (world.time === 'event-driven') this.untilMs(endMs)
    else for (const stage of running.stages) this.act(stage)
    world.at_ms = endMs
    running.end?.(world.step)
    world.assertCirculation()
    if (world.observes(world.step)) this.observe()
    return world.step < world.steps
  }

  private act(stage: Stage): void {
    const { world } = this
    const { population } = stage
    // Nobody needs a first instant here: whoever lives acts.
    population.takeNewborn()
    population.arrange(world.activation, this.chance)
    stage.step({ at_ms: world.at_ms, length: population.living, offset: 0, order: population.order, step: world.step })
  }

  /** Each member acts at its own instants, a Poisson process: on average once per step, whole milliseconds. */
  private callLater(kind: number, member: number): void {
    const atMs = this.world.at_ms + Math.max(1, Math.round(STEP_MS * this.chance.exponential()))
    const calls = this.calls[kind] as Float64Array
    calls[member] = atMs
    this.world.queue.push(atMs, kind, member)
  }

  /** Who was born gets its first instant; where time is scheduled it acts from the next step on. */
  private callNewborn(): void {
    if (this.world.time !== 'event-driven') return
    for (const [kind, stage] of this.running.stages.entries()) for (const member of stage.population.takeNewborn()) this.callLater(kind, member)
  }

  private untilMs(endMs: number): void {
    const { running, world } = this
    const one = new Int32Array(1)
    while (world.queue.nextMs() <= endMs) {
      const due = world.queue.pop()
      const stage = running.stages[due.kind] as Stage
      if (!stage.population.isAlive(due.subject) || this.calls[due.kind]?.[due.subject] !== due.at_ms) continue
      world.at_ms = due.at_ms
      one[0] = due.subject
      stage.step({ at_ms: due.at_ms, length: 1, offset: 0, order: one, step: world.step })
      this.callLater(due.kind, due.subject)
      this.callNewborn()
    }
  }

  private observe(): void {
    const { last, running, world } = this
    assertConserved(world.ledger)
    const steps = Math.max(1, world.step - last.step)
    const moved = world.moved_micro + (world.economy?.flow.moved_micro ?? 0)
    const circulating = circulatingMicro(world.ledger)
    const own = running.observe()
    for (const [name, value] of Object.entries(own))
      if (typeof value !== 'number' || Number.isNaN(value))
        throw new TypeError(`model ${this.model.name}, step ${world.step}: figure ${name} is ${shown(value)}`)
    this.figures = {
      step: world.step,
      ...own,
      ...(world.economy?.indicators() ?? figuresOf(world.populations, this.scratch)),
      burned_micro: balanceOf(world.ledger, BURN),
      circulating_micro: circulating,
      minted_micro: world.ledger.granted_micro + world.ledger.rewarded_micro,
      velocity_per_step: circulating === 0 ? 0 : (moved - last.moved_micro) / circulating / steps,
    }
    this.columns = Object.keys(this.figures)
    this.rows.push(Object.values(this.figures))
    this.last = { moved_micro: moved, step: world.step }
  }

  /** The result so far; complete once `step` has returned false. */
  result(): RunResult {
    const { activation, agents, params, seed, time } = this.world
    return {
      activation,
      agents,
      extras: this.running.extras?.() ?? [],
      figures: this.figures,
      ...(this.world.start === undefined ? {} : { from: { economy_id: this.world.start.economy_id, seq: this.world.start.seq } }),
      model: this.model.name,
      params,
      seed,
      series: { columns: this.columns, rows: this.rows },
      steps: this.world.step,
      time,
    }
  }

  /** The request, as text. */
  private get identity(): string {
    const { activation, agents, params, seed, start, steps, time } = this.world
    const from = start === undefined ? null : [start.economy_id, start.seq]
    return JSON.stringify({ activation, agents, from, model: this.model.name, observe_every: this.observeEvery, params, seed, steps, time })
  }

  /** The run as it is after a step, or null when the model cannot be taken up again. Valid until the next step. */
  save(): SavedRun | null {
    const model = this.running.save?.()
    if (model === undefined) return null
    return {
      calls: this.calls,
      columns: this.columns,
      figures: this.figures,
      last: this.last,
      model,
      request: this.identity,
      rows: this.rows,
      world: this.world.save(),
    }
  }

  /** Goes on from what `save` gave; before the first step. Throws UsageError when it was another request. */
  resume(saved: SavedRun): void {
    if (saved.request !== this.identity) throw new UsageError(`another run was kept: ${saved.request}, not ${this.identity}`)
    this.world.resume(saved.world)
    this.running.resume?.(saved.model as never)
    for (const [kind, calls] of this.calls.entries()) calls.set(saved.calls[kind] as Float64Array)
    this.columns = saved.columns
    this.figures = saved.figures
    this.last = saved.last
    this.rows.splice(0, this.rows.length, ...saved.rows.map((row) => [...row]))
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
