export { type Deadline, popDeadline, pushDeadline, sortedDeadlines } from './deadlines.ts'
export {
  type Agent, type Bid, type Executor, type Human, type InboxEntry, type Invocation, type Lease, type Meter, type Prompt, type Quantities, RESOURCES, type Remembered, type Resource, type Service, type State, refuse,
} from './state.ts'
export { type End, type Party, type Posting, type Sink, type Step, addDeadline, agentOf, beginStep, emit, free, freeMicro, held, mintCredits, moveCredits, record, touch } from './step.ts'
