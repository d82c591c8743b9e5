import { type EventType, subjectOf } from '@syntropism/contract'

/** Names of everything on the bus, in one place. Ids hold letters, digits, `_` and `-` alone, so each is one token of a subject. */
export const subjects = {
  /** Every event of one economy. */
  events: (economyId: string): readonly string[] =>
    ['economy', 'market', 'attention', 'service', 'agent', 'execution', 'judge'].map((domain) => `syntropism.${economyId}.${domain}.>`),
  event: (economyId: string, type: EventType): string => subjectOf(economyId, type),
  /** Calls of the System Service that carry their own bearer token. */
  engineHttp: (economyId: string): string => `syntropism.${economyId}.engine.http`,
  /** Calls in the name of an agent's lease: the System Service alone may publish here. */
  engineAgent: (economyId: string, agentId = '*', leaseId = '*'): string => `syntropism.${economyId}.engine.agent.${agentId}.${leaseId}`,
  /** What an agent calls: its credentials allow its own name and lease alone. */
  call: (economyId: string, agentId = '*', leaseId = '*'): string => `syntropism.${economyId}.call.${agentId}.${leaseId}`,
  eventStream: (economyId: string): string => `SYNTROPISM_${economyId}_EVENTS`,
}
