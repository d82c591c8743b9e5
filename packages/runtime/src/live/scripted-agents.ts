import type { Host } from '../host/index.ts'
import type { Bus } from '../ports/index.ts'

/** Agents that scripts of this process play. Trusted: what they decide becomes commands without a token. */
export interface ScriptedAgents {
  /** Whether an agent is one of them: its windows start no program. */
  owns(agentId: string): boolean
  /** Creates them, or takes them up again; called once the economy has begun and before anything is for sale. */
  begin(host: Host, bus: Bus): Promise<void>
  /** No turn begins any more. */
  end(): void
}
