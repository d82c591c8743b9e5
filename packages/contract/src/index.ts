export { Book } from './book.ts'
export { Certificate, Prices, Quantities } from './certificate.ts'
export { EVENT_MEANINGS } from './event-meanings.ts'
export { EVENTS, EventEnvelope, BundleShown, subjectOf } from './events.ts'
export type { EconomyEvent, EventData, EventType } from './events.ts'
export { COMMANDS, CommandSchema, TRANSFERS_MAX } from './commands.ts'
export type { Command, CommandOf, CommandType } from './commands.ts'
export { LlmKeyTerms, LlmLimit, LlmPrice, LlmUsage, LlmWindow, ModelName, TOKENS_MAX } from './llm.ts'
export { AgentManifest } from './manifest.ts'
export { Audit } from './operator.ts'
export { REFUSALS } from './refusals.ts'
export { ToolName } from './tools.ts'
export type { Refusal, RefusalCode } from './refusals.ts'
export { ParamChanges, Params, PriceCurve, Solution } from './rules.ts'
export {
  AmountMicro,
  AmountMicroOrZero,
  AtMs,
  Bundle,
  BundleAmounts,
  ClientId,
  DurationMs,
  Id,
  RESOURCES,
  RatioPpm,
  Resource,
  Scores,
  SharePpm,
  StandingBid,
  SUPPLY_MICRO_MAX,
  type TraceIds,
  Traceparent,
  traceIdsOf,
} from './units.ts'
