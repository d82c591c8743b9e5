export { type Deadline, popDeadline, pushDeadline, sortedDeadlines } from './deadlines.ts'
export type { LlmBook, LlmCall, LlmCharge, LlmGauge, LlmHold, LlmKey, LlmReserve, LlmRoom } from './llm-book.ts'
export {
  type Agent,
  type Bid,
  type Executor,
  type Human,
  type Invocation,
  type Lease,
  type Meter,
  type Prompt,
  type Quantities,
  RESOURCES,
  type Remembered,
  type Resource,
  type Service,
  type State,
  type ToolCall,
  refuse,
} from './state.ts'
export {
  type End,
  type Posting,
  type Sink,
  type Step,
  addDeadline,
  agentOf,
  beginStep,
  emit,
  eventText,
  free,
  freeMicro,
  held,
  inTrace,
  mintCredits,
  moveCredits,
  postCredits,
  record,
  touch,
} from './step.ts'
export { movementsIn } from './movements.ts'
export { childTrace, rootTrace, sameTrace } from './trace.ts'
