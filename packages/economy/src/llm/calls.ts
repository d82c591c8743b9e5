import type { CommandOf, LlmPrice, LlmUsage, Refusal } from '@syntropism/contract'
import { accountOf } from '../ledger/index.ts'
import {
  type LlmCall,
  type LlmHold,
  type LlmKey,
  type LlmReserve,
  type State,
  type Step,
  addDeadline,
  childTrace,
  emit,
  inTrace,
  record,
  refuse,
} from '../state/index.ts'
import { invariant } from '../units/index.ts'
import { boundOf, checkHold, leaveToFollower, postHold, returnHold, takeHold, useHold } from './holds.ts'
import { announceThresholds } from './keys.ts'
import { recount, turnMinute } from './limits.ts'
import { isSoundUsage, llmCostMicroUsd } from './prices.ts'
import { checkDraw, draw, endReserve, returnReserve } from './reserves.ts'

type Finish = 'completed' | 'cancelled' | 'failed' | 'expired'
type Admit = CommandOf<'admit_llm_call'>

/** Whether a call's worst case fits: in the reserve that it was drawn from, or everywhere. */
export function checkAdmit(state: State, command: Admit): Refusal | null {
  const before = state.llm.calls.get(command.follows_call_id ?? '')
  const owner = state.llm.reserves.get(command.reserve_id ?? '')?.key_id ?? command.key_id ?? null
  if (before !== undefined && before.key_id !== owner) return refuse('command_invalid', { expected: 'a call of the same caller', field: 'follows_call_id' })
  return command.reserve_id === undefined ? checkHold(state, command) : checkDraw(state, command, command.reserve_id)
}

interface Worst {
  readonly bound_micro_usd: number
  readonly output_tokens_max: number
  readonly prompt_tokens_max: number
  readonly price: LlmPrice
  readonly request_hash: string
  readonly follows_call_id?: string | undefined
}

/** Holds the worst case of a checked call, where no reserve holds it already, and returns the call. */
export function admitCall(step: Step, command: Admit): LlmCall {
  const { state } = step
  const worst = { ...command, bound_micro_usd: boundOf(command) }
  if (command.follows_call_id !== undefined) leaveToFollower(state, command.follows_call_id)
  if (command.reserve_id === undefined) {
    const hold = takeHold(step, command, 1)
    state.counters.llm_call += 1
    return openCall(step, `call-${state.counters.llm_call}`, hold, worst, null)
  }
  const { call_id, hold } = draw(state, command, command.reserve_id)
  const reserve = state.llm.reserves.get(command.reserve_id) as LlmReserve
  const call = openCall(step, call_id, hold, worst, reserve.reserve_id)
  if (reserve.left.calls === 0) returnReserve(step, reserve)
  return call
}

function openCall(step: Step, callId: string, hold: LlmHold, worst: Worst, reserveId: string | null): LlmCall {
  const { state } = step
  const caller = step.traceparent
  const call: LlmCall = {
    ...hold,
    bound_micro_usd: worst.bound_micro_usd,
    call_id: callId,
    due_at_ms: state.at_ms + state.params.llm_call_ms_max,
    output_tokens_max: worst.output_tokens_max,
    prompt_tokens_max: worst.prompt_tokens_max,
    status: 'open',
    traceparent: childTrace(state, caller, callId),
  }
  state.llm.calls.set(callId, call)
  step.cause_id = callId
  const key = state.llm.keys.get(hold.key_id ?? '')
  if (key !== undefined) key.open_calls += 1
  inTrace(step, call.traceparent, () => {
    if (reserveId === null) postHold(step, hold, worst.bound_micro_usd)
    addDeadline(step, 'llm_call', callId, call.due_at_ms)
    emit(step, 'llm_call_admitted', call.agent_id, {
      agent_id: call.agent_id,
      bound_micro_usd: call.bound_micro_usd,
      call_id: callId,
      ...(caller === '' ? {} : { caller_traceparent: caller }),
      ...(worst.follows_call_id === undefined ? {} : { follows_call_id: worst.follows_call_id }),
      key_id: call.key_id,
      lease_id: call.lease_id,
      minute: call.minute,
      model: call.model,
      output_tokens_max: call.output_tokens_max,
      price: worst.price,
      prompt_tokens_max: call.prompt_tokens_max,
      request_hash: worst.request_hash,
      ...(reserveId === null ? {} : { reserve_id: reserveId }),
      upstream_id: call.upstream_id,
    })
  })
  return call
}

export const checkClose = (state: State, command: CommandOf<'close_llm_reserve'>): Refusal | null =>
  state.llm.reserves.has(command.reserve_id) ? null : refuse('llm_reserve_unknown', { reserve_id: command.reserve_id })

/**
 * Ends a reserve. When nobody can tell which calls went out on it, its rest is booked at once as one call at its bound; what becomes known later
 * corrects that like any other estimate.
 */
export function closeReserve(step: Step, reserve: LlmReserve, rest: 'unused' | 'unknown', finish: Finish): void {
  const { calls, micro_usd: bound, output_tokens, prompt_tokens } = reserve.left
  if (rest === 'unused' || calls === 0) return returnReserve(step, reserve)
  inTrace(step, reserve.traceparent, () => {
    const worst = {
      bound_micro_usd: bound,
      output_tokens_max: output_tokens,
      price: reserve.price,
      prompt_tokens_max: prompt_tokens,
      request_hash: '',
    }
    const { agent_id, budget_account, charges, key_id, lease_id, minute, model, price, upstream_id } = reserve
    const hold = { agent_id, budget_account, charges, key_id, lease_id, minute, model, price, upstream_id }
    settleCall(step, openCall(step, `call-${reserve.rest_call}`, hold, worst, reserve.reserve_id), finish, null)
    endReserve(step, reserve, 0, bound)
  })
}

/** A reserve that nobody closed. */
export const reserveIsDue = (step: Step, reserveId: string): void =>
  closeReserve(step, step.state.llm.reserves.get(reserveId) as LlmReserve, 'unknown', 'expired')

export function checkSettle(state: State, command: CommandOf<'settle_llm_call'>): Refusal | null {
  const call = state.llm.calls.get(command.call_id)
  if (call === undefined || (call.status === 'estimated' && command.usage === null)) return refuse('llm_call_unknown', { call_id: command.call_id })
  return command.usage === null || isSoundUsage(command.usage)
    ? null
    : refuse('command_invalid', { expected: 'parts of the usage that are not larger than their wholes', field: 'usage' })
}

/** Takes `within` of the hold (or of an earlier estimate) as used and gives the rest back. */
function postUse(step: Step, call: LlmCall, within: number): void {
  const isOpen = call.status === 'open'
  if (isOpen) useHold(step, call, within)
  returnHold(step, call, call.bound_micro_usd - within, isOpen ? 'held' : 'used')
}

/** Books what went past the bound, in full, and takes the upstream that did it out of rotation. */
function bookOverrun(step: Step, call: LlmCall, overrun: number): void {
  const { ledger, llm } = step.state
  if (overrun > 0) record(step, accountOf(ledger, 'llm_micro_usd:offered'), accountOf(ledger, 'llm_micro_usd:upstream_overrun'), overrun, 'llm_overrun')
  turnMinute(step.state, overrun)
  llm.tripped.set(call.upstream_id, call.call_id)
  emit(step, 'llm_upstream_tripped', call.agent_id, { call_id: call.call_id, overrun_micro_usd: overrun, upstream_id: call.upstream_id })
}

function recountCharges(step: Step, call: LlmCall, within: number, tokens: number, overrun: number): void {
  const tokensMax = call.prompt_tokens_max + call.output_tokens_max
  const isOpen = call.status === 'open'
  for (const taken of call.charges) {
    if (taken.unit === 'requests') continue
    // An overrun is real money: the limits of run and model count it; the cap gives it up in following minutes, a key is not to blame, nor for its tokens.
    const [held, came] = taken.unit === 'tokens' ? [tokensMax, Math.min(tokens, tokensMax)] : [call.bound_micro_usd, within]
    const past = taken.gauge.startsWith('run/') || taken.gauge.startsWith('model:') ? overrun : 0
    recount(step.state, taken, held, came + past, isOpen ? 0 : held)
  }
}

/**
 * Settles a call with what it used. Without usage the whole bound is booked as an estimate, and a later settlement may correct it.
 * Usage past the bound, in money or in tokens, is booked in full and trips the upstream.
 */
export const settleCall = (step: Step, call: LlmCall, finish: Finish, usage: LlmUsage | null): void =>
  inTrace(step, call.traceparent, () => settle(step, call, finish, usage))

function settle(step: Step, call: LlmCall, finish: Finish, usage: LlmUsage | null): void {
  const { state } = step
  const cost = usage === null ? call.bound_micro_usd : llmCostMicroUsd(call.price, usage)
  const within = Math.min(cost, call.bound_micro_usd)
  const tokens = usage === null ? call.prompt_tokens_max + call.output_tokens_max : usage.input_tokens + usage.output_tokens
  const corrects = call.status === 'estimated'
  step.cause_id = call.call_id
  postUse(step, call, within)
  recountCharges(step, call, within, tokens, cost - within)
  const lease = state.leases.get(call.lease_id ?? '')
  if (lease !== undefined) {
    lease.llm_spent_micro_usd += within - (corrects ? call.bound_micro_usd : 0)
    lease.llm_tokens += tokens - (corrects ? call.prompt_tokens_max + call.output_tokens_max : 0)
  }
  emit(step, 'llm_call_settled', call.agent_id, {
    agent_id: call.agent_id,
    bound_micro_usd: call.bound_micro_usd,
    call_id: call.call_id,
    corrects,
    cost_micro_usd: cost,
    estimated: usage === null,
    finish,
    key_id: call.key_id,
    lease_id: call.lease_id,
    minute: call.minute,
    model: call.model,
    overrun_micro_usd: cost - within,
    upstream_id: call.upstream_id,
    usage,
  })
  if (usage !== null && (cost > within || usage.output_tokens > call.output_tokens_max || usage.input_tokens > call.prompt_tokens_max))
    bookOverrun(step, call, cost - within)
  if (call.key_id !== null) {
    if (!corrects) (state.llm.keys.get(call.key_id) as LlmKey).open_calls -= 1
    announceThresholds(step, call.key_id)
  }
  if (usage !== null) {
    state.llm.calls.delete(call.call_id)
    return
  }
  invariant(!corrects, 'an estimate is corrected by usage alone', { call_id: call.call_id })
  call.status = 'estimated'
  call.due_at_ms = state.at_ms + state.params.llm_late_ms
  addDeadline(step, 'llm_call', call.call_id, call.due_at_ms)
}

/** A call is due: an open one is settled with its bound, an estimate can no longer be corrected. */
export function callIsDue(step: Step, callId: string): void {
  const call = step.state.llm.calls.get(callId) as LlmCall
  if (call.status === 'open') settleCall(step, call, 'expired', null)
  else step.state.llm.calls.delete(callId)
}

export function restoreUpstream(step: Step, upstreamId: string): void {
  step.state.llm.tripped.delete(upstreamId)
  emit(step, 'llm_upstream_restored', '', { upstream_id: upstreamId })
}
