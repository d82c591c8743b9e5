import { BURN, type Ledger, MINT, assertCirculation, balanceOf, createLedger, moveEach, openAccount, KINDS, move, post } from '@syntropism/economy'
import { type Activation, Population } from '../population/index.ts'
import { type Random, streamOf } from '../random/index.ts'
import { StrategyError, UsageError, shown } from './errors.ts'
import type { ParamValues } from './params.ts'
import { EventQueue } from './queue.ts'

/** How time passes: every stage once per step, or each member at its own random instants. */
export const TIMES = ['scheduled', 'event-driven'] as const
export type Time = (typeof TIMES)[number]

/** What a model is built on: ledger, chance, time, and the request it answers. Everything that moves credits goes through here and is counted. */
export class World {
  readonly seed: number
  readonly agents: number
  readonly steps: number
  readonly params: ParamValues
  readonly activation: Activation
  readonly time: Time
  readonly ledger: Ledger = createLedger()
  readonly queue: EventQueue = new EventQueue()
  readonly populations: Population[] = []
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
  }) {
    this.seed = request.seed
    this.agents = request.agents
    this.steps = request.steps
    this.params = request.params
    this.activation = request.activation
    this.time = request.time
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
    return streamOf(this.seed, use)
  }

  population(name: string, alive: number, capacity: number = alive): Population {
    const population = new Population(this.ledger, name, alive, capacity)
    this.populations.push(population)
    return population
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
}
