import type { Command, CommandOf, Refusal } from '@syntropism/contract'
import { JSON_DEPTH_MAX, type Json, canonicalJson, fingerprint53, isDeeperThan } from '../codec/index.ts'
import { assertCirculation } from '../ledger/index.ts'
import { reconcileAgent } from '../lifecycle/index.ts'
import { type Sink, type State, type Step, beginStep, emit, refuse } from '../state/index.ts'
import { microToCredits } from '../units/index.ts'
import { checkCommand } from './check.ts'
import { bury } from './endings.ts'
import { recordOrder } from './orders.ts'
import { perform } from './perform.ts'
import { remember } from './remember.ts'

export type Result = Readonly<Record<string, Json>>
/** What a command came to. `repeated`: the id was used before with the same content, and this is the first answer; nothing happened now. */
export type Outcome = { readonly ok: true; readonly repeated: boolean; readonly result: Result } | { readonly ok: false; readonly refusal: Refusal }

const NOT_CONTENT: ReadonlySet<string> = new Set(['at_ms', 'correlation_id', 'id', 'lease_id', 'owner', 'traceparent'])

/** Members that hold any JSON. */
const FREE_JSON: Readonly<Partial<Record<Command['type'], string>>> = {
  admit_tool_call: 'arguments',
  file_prompt: 'content',
  invoke_service: 'request',
  place_bid: 'payload',
  register_service: 'specification',
  report: 'data',
  respond_service: 'response',
  settle_tool_call: 'result',
}

/** Looked at before anything walks through the command. */
function checkDepth(command: Command): Refusal | null {
  const field = FREE_JSON[command.type]
  return field !== undefined && isDeeperThan((command as Readonly<Record<string, unknown>>)[field], JSON_DEPTH_MAX)
    ? refuse('command_invalid', { expected: `JSON of at most ${JSON_DEPTH_MAX} levels`, field })
    : null
}

/** What a batch asks for, as one text: a purpose, which may hold anything, follows its length. */
function transfersText(transfers: CommandOf<'transfer_batch'>['transfers']): string {
  let text = ''
  for (const { amount_micro, from_agent_id, purpose, to_agent_id } of transfers)
    text += `${amount_micro},${from_agent_id},${to_agent_id},${purpose.length},${purpose};`
  return text
}

/** Fingerprint of what a command asks for, without when, by which window and in which trace. */
function contentFingerprint(command: Command): number {
  let text = ''
  for (const key of Object.keys(command).sort()) {
    if (NOT_CONTENT.has(key)) continue
    const value: unknown = (command as Readonly<Record<string, unknown>>)[key]
    if (key === 'transfers' && command.type === 'transfer_batch') text += transfersText(command.transfers)
    else if (value !== undefined) text += `${key}:${typeof value === 'number' ? value : canonicalJson(value)},`
  }
  return fingerprint53(text)
}

/** Looks at every agent that the command touched, in the order of touching; burying one may touch others. */
export function reconcile(step: Step): void {
  for (const [agentId, mark] of step.touched) {
    step.touched.delete(agentId)
    reconcileAgent(step, agentId, mark.waker, mark.judged, (agent, cause, reason) => bury(step, agent, cause, reason))
  }
}

/** A refused bid leaves everything untouched but the record of its refusal. */
function recordRejection(step: Step, command: Extract<Command, { type: 'place_bid' }>, refusal: Refusal): void {
  const available = typeof refusal.detail.available_micro === 'number' ? refusal.detail.available_micro : null
  emit(step, 'bid_rejected', command.agent_id, {
    agent_id: command.agent_id,
    available: available === null ? null : microToCredits(available),
    available_micro: available,
    bid_id: null,
    lowest_winning_micro: null,
    reason: refusal.code === 'credits_insufficient' ? 'insufficient_balance' : refusal.code,
    required: microToCredits(command.amount_micro),
    required_micro: command.amount_micro,
  })
}

/**
 * Carries out one command at its time. Deterministic: the same state and command give the same events, byte for byte.
 * A refusal changes nothing (but the sequence number of a recorded `bid_rejected`). Throws InvariantError on a bug, after which the state must not be used.
 */
export function apply(state: State, command: Command, sink: Sink | null): Outcome {
  if (command.at_ms < state.at_ms) return { ok: false, refusal: refuse('time_runs_back', { at_ms: command.at_ms, economy_at_ms: state.at_ms }) }
  const tooDeep = checkDepth(command)
  if (tooDeep !== null) return { ok: false, refusal: tooDeep }
  const key = command.id === undefined ? null : `${command.owner} ${command.id}`
  const fingerprint = key === null ? 0 : contentFingerprint(command)
  const known = key === null ? undefined : state.remembered.get(key)
  // What is still remembered counts, however old: the journal, which knows every id, is asked only about the others.
  if (known !== undefined)
    return known.fingerprint === fingerprint
      ? { ok: true, repeated: true, result: known.result }
      : { ok: false, refusal: refuse('id_reused', { id: command.id ?? '' }) }
  const timeBefore = state.at_ms
  state.at_ms = command.at_ms
  const step = beginStep(state, sink, command)
  const refusal = checkCommand(state, command)
  if (refusal !== null) {
    if (command.type === 'place_bid' && state.agents.has(command.agent_id)) recordRejection(step, command, refusal)
    else state.at_ms = timeBefore
    return { ok: false, refusal }
  }
  if (command.audit !== undefined) recordOrder(step, command, command.audit)
  const result = perform(step, command, { reconcile: () => reconcile(step), timeBefore })
  reconcile(step)
  assertCirculation(state.ledger)
  if (key !== null) remember(state, key, { at_ms: state.at_ms, fingerprint, result })
  return { ok: true, repeated: false, result }
}
