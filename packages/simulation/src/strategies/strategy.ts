import type { ParamTable, ParamValues } from '../engine/index.ts'
import type { Action } from './action.ts'
import type { AgentView, Memory } from './view.ts'

/** A kind of agent and how it acts: scripted, the same in virtual time and live. */
export interface Role {
  readonly name: string
  /** Its part of the agents, relative to the other roles. */
  readonly weight: number
  /** Granted at the start; a child has what its parent gives. */
  readonly start_credits_micro: number
  /** Names of the numbers that it remembers. */
  readonly memory?: readonly string[]
  /** Called once for each agent of the role, before it acts. `parent` is what its parent remembers, null for those of the start. */
  born?(self: AgentView, parent: Memory | null): void
  /** One turn: what the agent does, in order. What the economy refuses changes nothing. */
  act(self: AgentView): readonly Action[]
}

/** Roles that parameters make: what a model and `live --strategies` share. */
export interface StrategySet {
  readonly name: string
  readonly params: ParamTable
  roles(values: ParamValues): readonly Role[]
}
