import type { Command, EconomyEvent, EventData, EventType } from '@syntropism/contract'
import { canonicalJson, eventId, isoTime } from '../codec/index.ts'
import { type Asset, ASSETS, BURN, HOLDS, MINT, balanceOf, placeHold, post, takeFromHold } from '../ledger/index.ts'
import { invariant, microToCredits } from '../units/index.ts'
import { type Deadline, pushDeadline } from './deadlines.ts'
import type { Agent, State } from './state.ts'
import { continuesCaller } from './trace.ts'

/** One line of the book, for read models. */
export interface Posting {
  readonly amount: number
  readonly asset: Asset
  readonly at_ms: number
  readonly cause_id: string
  readonly credit: string
  readonly debit: string
  readonly entry_id: number
  readonly purpose: string
  readonly seq: number
  /** Trace in which it was posted, '' when nobody traces. */
  readonly traceparent: string
  readonly transfer_id: string
}

/** Where a step writes what happened. Without one nothing is made: a simulation reads the state itself. */
export interface Sink {
  event(event: EconomyEvent): void
  /** Shown the state that a clearing is about to start from: the open book, what runs and what is for sale. For those who check it. */
  book?(state: State): void
  posting(posting: Posting): void
}

/** One command being carried out. */
export interface Step {
  readonly state: State
  readonly sink: Sink | null
  readonly correlation_id: string
  /** Context in which events and postings are made now; '' when nobody traces. */
  traceparent: string
  /** Whether a bid placed by this command goes on in the caller's trace. */
  readonly continues_caller: boolean
  /** Id of what causes the postings and events made now. */
  cause_id: string
  /** Agents whose situation may have changed, with who would have woken them; `judged` when a hold was released or a lease ended. */
  readonly touched: Map<string, { judged: boolean; waker: string }>
}

export const beginStep = (state: State, sink: Sink | null, command: Command): Step => ({
  cause_id: command.id ?? `${command.type}:${state.seq + 1}`,
  continues_caller: continuesCaller(state, command),
  correlation_id: command.correlation_id ?? '',
  sink,
  state,
  touched: new Map(),
  traceparent: command.traceparent ?? '',
})

/** Carries out a part of a step in the context of the thing it is about. */
export function inTrace<T>(step: Step, traceparent: string, action: () => T): T {
  const before = step.traceparent
  if (traceparent !== '') step.traceparent = traceparent
  const result = action()
  step.traceparent = before
  return result
}

const SOURCES: Partial<Record<EventType, 'agent'>> = {
  code_change_applied: 'agent',
  code_change_proposed: 'agent',
  reasoning_trace: 'agent',
  reflection: 'agent',
  tool_call_completed: 'agent',
  tool_call_initiated: 'agent',
}

/** Events whose data hold what a caller wrote, or are put together from parts: their members are sorted when they are written down. */
const COMPOSED: ReadonlySet<EventType> = new Set<EventType>([
  'agent_spawned',
  'code_change_applied',
  'code_change_proposed',
  'llm_call_admitted',
  'llm_call_settled',
  'market_cleared',
  'operator_acted',
  'prompt_filed',
  'reasoning_trace',
  'reflection',
  'resources_allocated',
  'rules_changed',
  'rules_tuned',
  'service_invoked',
  'service_registered',
  'service_requested',
  'standing_bid_set',
  'tool_call_admitted',
  'tool_call_completed',
  'tool_call_initiated',
  'tool_call_settled',
])

/** Canonical bytes of an event (RFC 8785). Events that are not in COMPOSED are built with sorted members, so that plain JSON.stringify is already canonical. */
export const eventText = (event: EconomyEvent): string => (COMPOSED.has(event.type) ? canonicalJson(event) : JSON.stringify(event))

/** Writes an event. `data` of a type that is not in COMPOSED has its members in sorted order. */
export function emit<T extends EventType>(step: Step, type: T, agentId: string, data: EventData<T>): void {
  const { state, sink } = step
  state.seq += 1
  if (sink === null) return
  sink.event({
    agent_id: agentId,
    at_ms: state.at_ms,
    cause_id: step.cause_id,
    correlation_id: step.correlation_id,
    data,
    event_id: eventId(state.event_id_prefix, state.seq),
    scenario_id: '',
    seq: state.seq,
    source: SOURCES[type] ?? 'system',
    timestamp: isoTime(state.at_ms),
    traceparent: step.traceparent,
    type,
  } as unknown as EconomyEvent)
}

/** Marks an agent for the look at the end of the command: standing bid, dormancy, death. */
export function touch(step: Step, agentId: string, waker: string, judged: boolean): void {
  const mark = step.touched.get(agentId)
  if (mark === undefined) step.touched.set(agentId, { judged, waker })
  else mark.judged ||= judged
}

export function addDeadline(step: Step, kind: Deadline['kind'], id: string, atMs: number): void {
  step.state.counters.order += 1
  pushDeadline(step.state.deadlines, { at_ms: atMs, id, kind, order: step.state.counters.order })
}

/** Posts between any two accounts of one asset and tells the read models. Returns the entry id. */
export function record(step: Step, from: number, to: number, amount: number, purpose: string): number {
  post(step.state.ledger, from, to, amount)
  return note(step, from, to, amount, purpose, '')
}

function note(step: Step, from: number, to: number, amount: number, purpose: string, transferId: string): number {
  const { state, sink } = step
  state.counters.entry += 1
  sink?.posting({
    amount,
    asset: ASSETS[state.ledger.assets[from] as number] as Asset,
    at_ms: state.at_ms,
    cause_id: step.cause_id,
    credit: state.ledger.names[to] as string,
    debit: state.ledger.names[from] as string,
    entry_id: state.counters.entry,
    purpose,
    seq: state.seq + 1,
    traceparent: step.traceparent,
    transfer_id: transferId,
  })
  return state.counters.entry
}

export type Party = Agent | 'mint' | 'burn'
/** Where one end of a credit movement stands. `held` is an agent's part of the holds. */
export interface End {
  readonly party: Party
  readonly held: boolean
}
export const free = (party: Party): End => ({ held: false, party })
export const held = (party: Agent): End => ({ held: true, party })

const indexOf = (end: End): number => (end.held ? HOLDS : end.party === 'mint' ? MINT : end.party === 'burn' ? BURN : end.party.account)
const nameOf = (end: End): string => (typeof end.party === 'string' ? end.party : end.party.agent_id)
const accountName = (end: End): string => (typeof end.party === 'string' ? end.party : end.held ? 'holds' : 'balance')

/** Moves credits and says so in one `credits_transferred`. The caller has checked that they are there. */
export function moveCredits(
  step: Step,
  from: End,
  to: End,
  amountMicro: number,
  purpose: string,
  holdId: string | null = null,
): { entry_id: number; transfer_id: string } {
  const { state } = step
  state.counters.transfer += 1
  const transferId = `transfer-${state.counters.transfer}`
  if (to.held) placeHold(state.ledger, holdId as string, indexOf(from), amountMicro)
  else if (from.held) takeFromHold(state.ledger, holdId as string, indexOf(to), amountMicro)
  else post(state.ledger, indexOf(from), indexOf(to), amountMicro)
  const entryId = note(step, indexOf(from), indexOf(to), amountMicro, purpose, transferId)
  if (from.held) (from.party as Agent).held_micro -= amountMicro
  if (to.held) (to.party as Agent).held_micro += amountMicro
  emit(step, 'credits_transferred', typeof from.party === 'string' ? nameOf(to) : nameOf(from), {
    amount: microToCredits(amountMicro),
    amount_micro: amountMicro,
    entry_id: entryId,
    from_account: accountName(from),
    from_agent: nameOf(from),
    hold_id: holdId,
    purpose,
    to_account: accountName(to),
    to_agent: nameOf(to),
    transfer_id: transferId,
  })
  return { entry_id: entryId, transfer_id: transferId }
}

/** Moves credits between two free balances; the batch that it belongs to says so in its one event. */
export function postCredits(step: Step, from: Agent, to: Agent, amountMicro: number, purpose: string): void {
  step.state.counters.transfer += 1
  post(step.state.ledger, from.account, to.account, amountMicro)
  note(step, from.account, to.account, amountMicro, purpose, `transfer-${step.state.counters.transfer}`)
}

export const freeMicro = (state: State, agent: Agent): number => balanceOf(state.ledger, agent.account)

/** Grants and rewards: the two kinds of mint, never mixed. */
export function mintCredits(step: Step, agent: Agent, amountMicro: number, kind: 'grant' | 'reward'): void {
  if (kind === 'grant') step.state.ledger.granted_micro += amountMicro
  else step.state.ledger.rewarded_micro += amountMicro
  moveCredits(step, free('mint'), free(agent), amountMicro, kind)
}

export function agentOf(state: State, agentId: string): Agent {
  const agent = state.agents.get(agentId)
  invariant(agent !== undefined, 'an agent once created stays known', { agent_id: agentId })
  return agent
}
