import type { CommandOf, LlmUsage, Refusal } from '@syntropism/contract'
import { accountOf, balanceOf } from '../ledger/index.ts'
import { llmSliceMicroUsd, turnLeaseMinute } from '../leases/index.ts'
import {
  type Lease,
  type LlmCall,
  type LlmKey,
  type State,
  type Step,
  addDeadline,
  agentOf,
  childTrace,
  emit,
  inTrace,
  record,
  refuse,
} from '../state/index.ts'
import { MS_PER_MINUTE, invariant } from '../units/index.ts'
import { budgetLeft, budgetOf, budgetOrLapsed } from './budgets.ts'
import { announceThresholds, checkKey } from './keys.ts'
import { charge, checkLimit, limitsOf, minuteOf, recount, turnMinute } from './limits.ts'
import { isSoundUsage, llmBoundMicroUsd, llmCostMicroUsd } from './prices.ts'

type Finish = 'completed' | 'cancelled' | 'failed' | 'expired'
type Admit = CommandOf<'admit_llm_call'>
const HELD = 'llm_micro_usd:held'
const USED = 'llm_micro_usd:used'
const LAPSED = 'llm_micro_usd:lapsed'
const BUDGET_HELD = 'llm_budget_micro_usd:held'
const BUDGET_USED = 'llm_budget_micro_usd:used'

const boundOf = (command: Admit): number => llmBoundMicroUsd(command.price, command.prompt_tokens_max, command.output_tokens_max)

/** The lease whose slice pays an agent's call: the one it acts in, else the first running one that bought LLM. */
function payingLease(state: State, command: Admit): Lease | null {
  const acting = state.leases.get(command.lease_id ?? '')
  if (acting !== undefined && acting.quantities.llm > 0) return acting
  for (const lease of state.leases.values()) if (lease.agent_id === command.agent_id && lease.quantities.llm > 0 && state.at_ms < lease.ends_at_ms) return lease
  return null
}

/** Checks the slice of the running minute; a lease whose minute has not been turned yet is looked at as if it had. */
function checkSlice(state: State, command: Admit, bound: number): Refusal | null {
  const lease = payingLease(state, command)
  const figures = { limit: lease === null ? 'no lease with llm' : lease.lease_id, required: bound, unit: 'micro_usd' }
  if (lease === null) return refuse('llm_budget_exhausted', { ...figures, left: 0 })
  const isTurned = lease.llm_minute === minuteOf(state.at_ms)
  const left = isTurned ? balanceOf(state.ledger, lease.accounts.llm_micro_usd) : llmSliceMicroUsd(state, lease.quantities.llm, lease.ends_at_ms)
  if (bound <= left) return null
  const nextMinuteMs = (minuteOf(state.at_ms) + 1) * MS_PER_MINUTE
  const nextSlice = Math.floor((lease.quantities.llm * Math.max(0, Math.min(MS_PER_MINUTE, lease.ends_at_ms - nextMinuteMs))) / MS_PER_MINUTE)
  return bound <= nextSlice
    ? refuse('llm_rate_limited', { ...figures, left, retry_after_ms: nextMinuteMs - state.at_ms })
    : refuse('llm_budget_exhausted', { ...figures, left })
}

function checkAgentCall(state: State, command: Admit, bound: number): Refusal | null {
  const agent = state.agents.get(command.agent_id ?? '')
  if (agent === undefined) return refuse('agent_unknown', { agent_id: command.agent_id ?? '' })
  if (agent.status === 'dead') return refuse('agent_dead', { agent_id: agent.agent_id })
  if (agent.models.length > 0 && !agent.models.includes(command.model)) return refuse('llm_model_forbidden', { model: command.model })
  const left = budgetLeft(state, budgetOf(state, agent))
  if (left !== null && left < bound) return refuse('llm_budget_exhausted', { left, limit: 'budget', required: bound, unit: 'micro_usd' })
  return checkSlice(state, command, bound)
}

function checkKeyCall(state: State, command: Admit): Refusal | null {
  const unusable = checkKey(state, command.key_id ?? '')
  const key = state.llm.keys.get(command.key_id ?? '')
  if (unusable !== null || key === undefined) return unusable
  if (key.models.length > 0 && !key.models.includes(command.model)) return refuse('llm_model_forbidden', { model: command.model })
  return key.open_calls >= key.parallel_max
    ? refuse('llm_rate_limited', { left: 0, limit: `key:${key.key_id}/parallel`, required: 1, retry_after_ms: 1000, unit: 'calls' })
    : null
}

/** Whether a call's worst case fits everywhere: key or lease and budget, model, run, the minute's cap. */
export function checkAdmit(state: State, command: Admit): Refusal | null {
  if ((command.agent_id === undefined) === (command.key_id === undefined))
    return refuse('command_invalid', { expected: 'exactly one of agent_id and key_id', field: 'agent_id' })
  if (state.params.llm_micro_usd_per_minute === 0) return refuse('resource_not_offered', { resource: 'llm' })
  const bound = boundOf(command)
  const own = command.key_id === undefined ? checkAgentCall(state, command, bound) : checkKeyCall(state, command)
  if (own !== null) return own
  const tripper = state.llm.tripped.get(command.upstream_id)
  if (tripper !== undefined) return refuse('llm_upstream_tripped', { call_id: tripper, upstream_id: command.upstream_id })
  const key = state.llm.keys.get(command.key_id ?? '') ?? null
  let first: Refusal | null = null
  for (const limit of limitsOf(state, key, command.model, bound, command.prompt_tokens_max + command.output_tokens_max)) {
    const refusal = checkLimit(state, limit)
    // What can never fit is said before what fits later.
    if (refusal?.code === 'llm_budget_exhausted') return refusal
    first ??= refusal
  }
  return first
}

/** Holds the worst case of a checked call at every level and returns the call. */
export function admitCall(step: Step, command: Admit): LlmCall {
  const { state } = step
  const { llm } = state
  const bound = boundOf(command)
  turnMinute(state, 0)
  const key = llm.keys.get(command.key_id ?? '') ?? null
  const lease = key === null ? payingLease(state, command) : null
  if (lease !== null) turnLeaseMinute(step, lease)
  const budget = command.agent_id === undefined ? null : budgetOf(state, agentOf(state, command.agent_id))
  state.counters.llm_call += 1
  const callId = `call-${state.counters.llm_call}`
  const caller = step.traceparent
  const call: LlmCall = {
    agent_id: command.agent_id ?? '',
    bound_micro_usd: bound,
    budget_account: budget,
    call_id: callId,
    charges: limitsOf(state, key, command.model, bound, command.prompt_tokens_max + command.output_tokens_max).map((limit) => charge(state, limit)),
    due_at_ms: state.at_ms + state.params.llm_call_ms_max,
    key_id: key?.key_id ?? null,
    lease_id: lease?.lease_id ?? null,
    minute: minuteOf(state.at_ms),
    model: command.model,
    output_tokens_max: command.output_tokens_max,
    price: command.price,
    prompt_tokens_max: command.prompt_tokens_max,
    status: 'open',
    traceparent: childTrace(state, caller, callId),
    upstream_id: command.upstream_id,
  }
  llm.calls.set(call.call_id, call)
  step.cause_id = call.call_id
  if (key !== null) key.open_calls += 1
  inTrace(step, call.traceparent, () => holdWorstCase(step, call, lease, command.request_hash, caller))
  return call
}

function holdWorstCase(step: Step, call: LlmCall, lease: Lease | null, requestHash: string, caller: string): void {
  const { ledger } = step.state
  const { bound_micro_usd: bound, budget_account: budget } = call
  if (bound > 0) {
    const source = lease === null ? accountOf(ledger, 'llm_micro_usd:offered') : lease.accounts.llm_micro_usd
    record(step, source, accountOf(ledger, HELD), bound, 'llm_hold')
    if (budget !== null) record(step, accountOf(ledger, budget), accountOf(ledger, BUDGET_HELD), bound, 'llm_hold')
  }
  addDeadline(step, 'llm_call', call.call_id, call.due_at_ms)
  emit(step, 'llm_call_admitted', call.agent_id, {
    agent_id: call.agent_id,
    bound_micro_usd: bound,
    call_id: call.call_id,
    ...(caller === '' ? {} : { caller_traceparent: caller }),
    key_id: call.key_id,
    lease_id: call.lease_id,
    minute: call.minute,
    model: call.model,
    output_tokens_max: call.output_tokens_max,
    price: call.price,
    prompt_tokens_max: call.prompt_tokens_max,
    request_hash: requestHash,
    upstream_id: call.upstream_id,
  })
}

export function checkSettle(state: State, command: CommandOf<'settle_llm_call'>): Refusal | null {
  const call = state.llm.calls.get(command.call_id)
  if (call === undefined || (call.status === 'estimated' && command.usage === null)) return refuse('llm_call_unknown', { call_id: command.call_id })
  return command.usage === null || isSoundUsage(command.usage)
    ? null
    : refuse('command_invalid', { expected: 'parts of the usage that are not larger than their wholes', field: 'usage' })
}

/** Takes `within` of the hold (or of an earlier estimate) as used and gives the rest back to where it may still be spent. */
function postUse(step: Step, call: LlmCall, within: number): void {
  const { state } = step
  const { ledger } = state
  const rest = call.bound_micro_usd - within
  const isOpen = call.status === 'open'
  const lease = state.leases.get(call.lease_id ?? '')
  const isRunningMinute = lease !== undefined && lease.llm_minute === call.minute && minuteOf(state.at_ms) === call.minute
  if (isOpen && within > 0) record(step, accountOf(ledger, HELD), accountOf(ledger, USED), within, 'llm_use')
  if (rest > 0)
    record(step, accountOf(ledger, isOpen ? HELD : USED), isRunningMinute ? lease.accounts.llm_micro_usd : accountOf(ledger, LAPSED), rest, 'llm_release')
  if (call.budget_account === null) return
  if (isOpen && within > 0) record(step, accountOf(ledger, BUDGET_HELD), accountOf(ledger, BUDGET_USED), within, 'llm_use')
  if (rest > 0) record(step, accountOf(ledger, isOpen ? BUDGET_HELD : BUDGET_USED), budgetOrLapsed(state, call.budget_account), rest, 'llm_release')
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
    const [held, came] = taken.unit === 'tokens' ? [tokensMax, tokens] : [call.bound_micro_usd, within]
    // An overrun is real money: the limits of run and model count it; the cap gives it up in following minutes, a key is not to blame.
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
