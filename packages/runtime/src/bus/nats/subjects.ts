import { EVENTS, type EventType, subjectOf } from '@syntropism/contract'

/** First tokens of events' subjects after the economy. */
const DOMAINS: readonly string[] = [...new Set(Object.values(EVENTS).map(({ subject }) => subject.split('.')[0] ?? ''))]

/** Names of everything on the bus, in one place. Ids hold letters, digits, `_` and `-` alone, so each is one token of a subject. */
export const subjects = {
  /** Every event of one economy. */
  events: (economyId: string): readonly string[] => DOMAINS.map((domain) => `syntropism.${economyId}.${domain}.>`),
  event: (economyId: string, type: EventType): string => subjectOf(economyId, type),
  /** Calls of the System Service that carry their own bearer token. */
  engineHttp: (economyId: string): string => `syntropism.${economyId}.engine.http`,
  /** Calls in the name of an agent's lease: the System Service alone may publish here. */
  engineAgent: (economyId: string, agentId = '*', leaseId = '*'): string => `syntropism.${economyId}.engine.agent.${agentId}.${leaseId}`,
  /** What an agent calls: its credentials allow its own name and lease alone. */
  call: (economyId: string, agentId = '*', leaseId = '*'): string => `syntropism.${economyId}.call.${agentId}.${leaseId}`,
  /** What executors say to the engine: join, claim, beat, leave. */
  engineExecutor: (economyId: string, executorId = '*', verb = '*'): string => `syntropism.${economyId}.engine.executor.${executorId}.${verb}`,
  /** Runs that wait for an executor, and receipts that wait for the engine. */
  execution: (economyId: string, executorId: string): string => `syntropism.${economyId}.work.execution.${executorId}`,
  report: (economyId: string, executorId = '*'): string => `syntropism.${economyId}.work.report.${executorId}`,
  /** Calls of outside tools. */
  toolCall: (economyId: string): string => `syntropism.${economyId}.tools.call`,
  toolStream: (economyId: string): string => `SYNTROPISM_${economyId}_TOOLS`,
  workStream: (economyId: string): string => `SYNTROPISM_${economyId}_WORK`,
  executorConsumer: (executorId: string): string => `executor_${executorId}`,
  /** Work that failed as often as it may be tried. */
  dead: (economyId: string): string => `syntropism.${economyId}.dead`,
  deadStream: (economyId: string): string => `SYNTROPISM_${economyId}_DEAD`,
  /** Bucket of current prices and states of agents, and the subject of one of its keys. */
  board: (economyId: string): string => `SYNTROPISM_${economyId}_STATE`,
  boardKey: (economyId: string, key = '>'): string => `$KV.SYNTROPISM_${economyId}_STATE.${key}`,
  eventStream: (economyId: string): string => `SYNTROPISM_${economyId}_EVENTS`,
}
