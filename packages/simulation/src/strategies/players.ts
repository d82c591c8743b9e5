import type { Agent, State } from '@syntropism/economy'
import { AgentPopulation } from '../economy/index.ts'
import { StrategyError, shown } from '../engine/index.ts'
import { type Random, streamOf } from '../random/index.ts'
import { type Action, badAction } from './action.ts'
import type { Role } from './strategy.ts'
import { AgentView, type Memory } from './view.ts'

/** Agents of an economy that scripts play: who has which role, what each remembers, and their chance. */
export class Players {
  readonly population: AgentPopulation
  readonly roles: readonly Role[]
  readonly role: Uint8Array
  private readonly state: State
  private readonly columns = new Map<string, Float64Array>()
  private readonly random: Random
  /** Agents without a parent that each role got. */
  private readonly seats: number[]

  constructor(state: State, name: string, roles: readonly Role[], capacity: number, seed: number) {
    this.state = state
    this.roles = roles
    this.population = new AgentPopulation(state, name, capacity)
    this.role = this.population.u8()
    for (const field of new Set(roles.flatMap((role) => role.memory ?? []))) this.columns.set(field, this.population.f64())
    this.seats = roles.map(() => 0)
    this.random = streamOf(seed, 'strategies')
  }

  /** Role of the next agent that has no parent: whichever is furthest behind its part, so that the first n agents hold each as it should be. */
  nextRole(): number {
    const total = this.roles.reduce((sum, role) => sum + role.weight, 0)
    const seated = this.seats.reduce((sum, count) => sum + count, 0)
    const behind = this.roles.map((role, index) => (role.weight * (seated + 1)) / total - (this.seats[index] as number))
    const next = behind.indexOf(Math.max(...behind))
    this.seats[next] = (this.seats[next] as number) + 1
    return next
  }

  /** Gives an agent of the economy a role; its parent's when it has one that plays. Returns the member, −1 when there is no room. */
  join(agentId: string, role: number, parentId: string | null): number {
    const member = this.population.enter(agentId)
    if (member < 0) return -1
    this.role[member] = role
    const parent = parentId === null ? -1 : this.population.memberOf(parentId)
    this.guard(member, 0, () => this.roles[role]?.born?.(this.view(member, 0), parent < 0 ? null : this.memory(parent)))
    return member
  }

  private memory(member: number): Memory {
    const column = (name: string): Float64Array => {
      const found = this.columns.get(name)
      if (found === undefined) throw new RangeError(`there is no memory "${name}"; there is: ${[...this.columns.keys()].join(', ') || 'none'}`)
      return found
    }
    return {
      get: (name) => column(name)[member] as number,
      set: (name, value) => {
        if (typeof value !== 'number' || !Number.isFinite(value)) throw new RangeError(`memory ${name} is a finite number, not ${shown(value)}`)
        column(name)[member] = value
      },
    }
  }

  /** Lets a member remember a number: for surroundings that tell it something. */
  remind(member: number, name: string, value: number): void {
    this.memory(member).set(name, value)
  }

  /** What a member remembers under a name. */
  remembers(member: number, name: string): number {
    return this.memory(member).get(name)
  }

  private view(member: number, step: number): AgentView {
    const agent = this.state.agents.get(this.population.agent_ids[member] as string) as Agent
    return new AgentView(this.state, agent, step, this.memory(member), this.random)
  }

  private guard<T>(member: number, step: number, run: () => T): T {
    try {
      return run()
    } catch (error) {
      if (error instanceof StrategyError) throw error
      throw this.fault(member, step, error instanceof Error ? error.message : `threw ${shown(error)}`, error)
    }
  }

  private fault(member: number, step: number, what: string, cause?: unknown): StrategyError {
    return new StrategyError('agent', this.population.agent_ids[member] as string, step, what, cause === undefined ? undefined : { cause })
  }

  /** One member's turn. Throws StrategyError, naming agent, step and value, when its strategy throws or returns no sound actions. */
  act(member: number, step: number): readonly Action[] {
    const role = this.roles[this.role[member] as number] as Role
    const actions = this.guard(member, step, () => role.act(this.view(member, step)))
    if (!Array.isArray(actions)) throw this.fault(member, step, `the strategy returned ${shown(actions)} where a list of actions is needed`)
    for (const action of actions) {
      const bad = badAction(action)
      if (bad !== null) throw this.fault(member, step, bad)
    }
    return actions as readonly Action[]
  }

  /** What `resume` needs, the population's own columns apart. */
  save(): { readonly random: ReturnType<Random['save']>; readonly seats: readonly number[] } {
    return { random: this.random.save(), seats: [...this.seats] }
  }

  resume(saved: ReturnType<Players['save']>): void {
    this.random.resume(saved.random)
    this.seats.splice(0, this.seats.length, ...saved.seats)
  }
}
