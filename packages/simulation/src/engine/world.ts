import { BURN, type Ledger, MINT, type State, assertCirculation, balanceOf, createLedger, moveEach, openAccount, KINDS, move, post } from '@syntropism/economy'
import { type EconomyTerms, type Solve, VirtualEconomy } from '../economy/index.ts'
import { type Activation, Population, type SavedPopulation } from '../population/index.ts'
import { type Random, streamOf } from '../random/index.ts'
import { StrategyError, UsageError, shown } from './errors.ts'
import type { ParamValues } from './params.ts'
import { EventQueue, type SavedQueue } from './queue.ts'

/** How time passes: every stage once per step, or each member at its own random instants. */
export const TIMES = ['scheduled', 'event-driven'] as const
export type Time = (typeof TIMES)[number]

/** A world as it was: plain data. */
export interface SavedWorld {
  readonly step: number
  readonly at_ms: number
  readonly moved_micro: number
  readonly ledger: { readonly agents_micro: number; readonly balances: Float64Array; readonly granted_micro: number; readonly rewarded_micro: number } | null
  readonly economy: ReturnType<VirtualEconomy['save']> | null
  readonly populations: readonly SavedPopulation[]
  readonly queue: SavedQueue
  readonly streams: readonly (readonly [number, number, number, number])[]
}

/** What a model is built on: ledger, chance, time, and the request it answers. Everything that moves credits goes through here and is counted. */
export class World {
  readonly seed: number
  readonly agents: number
  readonly steps: number
  readonly params: ParamValues
  readonly activation: Activation
  readonly time: Time
  ledger: Ledger = createLedger()
  readonly queue: EventQueue = new EventQueue()
  readonly populations: Population[] = []
  /** State of an economy that the run goes on from. */
  readonly start: State | undefined
  /** Steps between two observations. */
  readonly observe_every: number
  /** Finds the winners where a model asks for the exact ones. */
  readonly solve: Solve | undefined
  /** The economy of `live`, for models whose agents live in it. */
  economy: VirtualEconomy | null = null
  private readonly streams: Random[] = []
  step = 0
  at_ms = 0
  /** Credits that changed hands since the start, grants apart. */
  moved_micro = 0

  constructor(request: {
    readonly seed: number
    readonly agents: number
    readonly steps: number
    readonly params: ParamValues
    readonly activation: Activation
    readonly time: Time
    readonly start?: State | undefined
    readonly observe_every?: number
    readonly solve?: Solve | undefined
  }) {
    this.seed = request.seed
    this.agents = request.agents
    this.steps = request.steps
    this.params = request.params
    this.activation = request.activation
    this.time = request.time
    this.start = request.start
    this.observe_every = request.observe_every ?? 1
    this.solve = request.solve
  }

  /** Whether a step is one after which the run is looked at. */
  observes(step: number): boolean {
    return step % this.observe_every === 0 || step === this.steps
  }

  number(name: string): number {
    const value = this.params[name]
    if (typeof value !== 'number') throw new UsageError(`the model asks for a number ${shown(name)} that its parameters do not have`)
    return value
  }

  choice(name: string): string {
    const value = this.params[name]
    if (typeof value !== 'string') throw new UsageError(`the model asks for a choice ${shown(name)} that its parameters do not have`)
    return value
  }

  /** The stream of chance for one use. */
  random(use: string): Random {
    const stream = streamOf(this.seed, use)
    this.streams.push(stream)
    return stream
  }

  population(name: string, alive: number, capacity: number = alive): Population {
    const population = new Population(this.ledger, name, alive, capacity)
    this.populations.push(population)
    return population
  }

  /** Opens the economy of `live` in virtual time; its ledger is the world's from then on. */
  openEconomy(terms: Omit<EconomyTerms, 'economy_id' | 'solve' | 'start'>): VirtualEconomy {
    const from = this.start === undefined ? '' : `-from-${this.start.economy_id}-${this.start.seq}`
    this.economy = new VirtualEconomy({ ...terms, economy_id: `simulation-${this.seed}${from}`.slice(0, 64), solve: this.solve, start: this.start })
    this.ledger = this.economy.state.ledger
    return this.economy
  }

  /** A named account that is no agent's: a pool, a treasury. Counted in circulation. */
  account(name: string): number {
    return openAccount(this.ledger, name, 'credits', KINDS.agent)
  }

  /** Creates credits for a member: a grant, or a reward for work. */
  mint(population: Population, member: number, amountMicro: number, kind: 'grant' | 'reward' = 'grant'): void {
    this.checkAmount(population, member, amountMicro)
    post(this.ledger, MINT, population.accounts.first + member, amountMicro)
    if (kind === 'grant') this.ledger.granted_micro += amountMicro
    else this.ledger.rewarded_micro += amountMicro
  }

  burn(population: Population, member: number, amountMicro: number): void {
    this.checkAmount(population, member, amountMicro)
    post(this.ledger, population.accounts.first + member, BURN, amountMicro)
    this.moved_micro += amountMicro
  }

  /** Moves credits between two members of one population. */
  transfer(population: Population, from: number, to: number, amountMicro: number): void {
    this.checkAmount(population, from, amountMicro)
    move(population.accounts, from, to, amountMicro)
    this.moved_micro += amountMicro
  }

  /** Moves credits between members of two populations. */
  pay(payers: Population, from: number, receivers: Population, to: number, amountMicro: number): void {
    this.checkAmount(payers, from, amountMicro)
    post(this.ledger, payers.accounts.first + from, receivers.accounts.first + to, amountMicro)
    this.moved_micro += amountMicro
  }

  /** `amountMicro` from each payer to its receiver, in order; who has not enough or would pay itself is passed over. Returns how many paid. */
  transferEach(population: Population, payers: Int32Array, offset: number, receivers: Int32Array, length: number, amountMicro: number): number {
    const made = moveEach(population.accounts, payers, offset, receivers, length, amountMicro)
    this.moved_micro += made * amountMicro
    return made
  }

  /** What an account that is no member's holds. */
  held(account: number): number {
    return balanceOf(this.ledger, account)
  }

  /** Throws StrategyError naming the member, step and value. */
  fail(population: Population, member: number, what: string, cause?: unknown): never {
    throw new StrategyError(population.name, member, this.step, what, cause === undefined ? undefined : { cause })
  }

  checkAmount(population: Population, member: number, amountMicro: number): void {
    if (!(amountMicro > 0) || !Number.isSafeInteger(amountMicro))
      this.fail(population, member, `an amount is a positive whole number of micro-credits, not ${shown(amountMicro)}`)
  }

  assertCirculation(): void {
    assertCirculation(this.ledger)
  }

  /** Ledger, populations, chance, time and economy, for `resume`. */
  save(): SavedWorld {
    const { agents_micro, balances, count, granted_micro, rewarded_micro } = this.ledger
    return {
      at_ms: this.at_ms,
      economy: this.economy?.save() ?? null,
      ledger: this.economy === null ? { agents_micro, balances: balances.slice(0, count), granted_micro, rewarded_micro } : null,
      moved_micro: this.moved_micro,
      populations: this.populations.map((population) => population.save()),
      queue: this.queue.save(),
      step: this.step,
      streams: this.streams.map((stream) => stream.save()),
    }
  }

  /** Puts back what `save` gave, into a world in which the model was set up in the same way. */
  resume(saved: SavedWorld): void {
    if (saved.streams.length !== this.streams.length || saved.populations.length !== this.populations.length)
      throw new UsageError('what was kept of the run does not fit the model as it is now')
    if (saved.economy !== null && this.economy !== null) {
      this.economy.resume(saved.economy)
      this.ledger = this.economy.state.ledger
    }
    if (saved.ledger !== null) {
      const { balances, ...totals } = saved.ledger
      if (balances.length !== this.ledger.count) throw new UsageError('what was kept of the run does not fit the model as it is now')
      this.ledger.balances.set(balances)
      Object.assign(this.ledger, totals)
    }
    for (const [index, population] of this.populations.entries()) population.resume(saved.populations[index] as never)
    for (const [index, stream] of this.streams.entries()) stream.resume(saved.streams[index] as SavedWorld['streams'][number])
    this.queue.resume(saved.queue)
    Object.assign(this, { at_ms: saved.at_ms, moved_micro: saved.moved_micro, step: saved.step })
  }
}
