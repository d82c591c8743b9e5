import type { LlmPrice, Refusal } from '@syntropism/contract'
import { accountOf, balanceOf } from '../ledger/index.ts'
import { llmSliceMicroUsd, turnLeaseMinute } from '../leases/index.ts'
import { type Lease, type LlmHold, type LlmKey, type State, type Step, agentOf, record, refuse } from '../state/index.ts'
import { MS_PER_MINUTE } from '../units/index.ts'
import { budgetLeft, budgetOf, budgetOrAbove } from './budgets.ts'
import { checkKey } from './keys.ts'
import { type Limit, charge, checkLimit, limitsOf, minuteOf, recount, turnMinute } from './limits.ts'
import { llmBoundMicroUsd } from './prices.ts'

export const HELD = 'llm_micro_usd:held'
const USED = 'llm_micro_usd:used'
const LAPSED = 'llm_micro_usd:lapsed'
const BUDGET_HELD = 'llm_budget_micro_usd:held'
const BUDGET_USED = 'llm_budget_micro_usd:used'

/** The worst case of a call, and whose it would be. */
export interface Wanted {
  readonly agent_id?: string | undefined
  readonly key_id?: string | undefined
  readonly lease_id?: string | undefined
  readonly model: string
  readonly upstream_id: string
  readonly price: LlmPrice
  readonly prompt_tokens_max: number
  readonly output_tokens_max: number
  /** The call whose request this one takes up at another upstream. */
  readonly follows_call_id?: string | undefined
}

export const boundOf = (wanted: Wanted): number => llmBoundMicroUsd(wanted.price, wanted.prompt_tokens_max, wanted.output_tokens_max)

const keyOf = (state: State, wanted: Wanted): LlmKey | null => state.llm.keys.get(wanted.key_id ?? '') ?? null

const tokensOf = (worst: Pick<Wanted, 'output_tokens_max' | 'prompt_tokens_max'>): number => worst.prompt_tokens_max + worst.output_tokens_max

/** Every limit that the worst cases of so many calls have to fit in. One that takes up a request is no further request. */
export const limitsFor = (state: State, wanted: Wanted, calls: number): Limit[] =>
  limitsOf(state, keyOf(state, wanted), wanted.model, {
    bound: calls * boundOf(wanted),
    requests: wanted.follows_call_id === undefined ? calls : 0,
    tokens: calls * tokensOf(wanted),
  })

/** What the call before counts in a limit of tokens, and leaves to the one that takes up its request. */
function leftToFollower(state: State, wanted: Wanted, limit: Limit): number {
  const before = state.llm.calls.get(wanted.follows_call_id ?? '')
  const counts = before?.charges.some(({ gauge, unit, window }) => unit === 'tokens' && gauge === limit.gauge && window === limit.window) ?? false
  return before !== undefined && counts ? tokensOf(before) : 0
}

/** Takes out of the count of tokens what another upstream was asked for in the same request. What that may have cost stays counted. */
export function leaveToFollower(state: State, callId: string): void {
  const call = state.llm.calls.get(callId)
  if (call === undefined) return
  const tokens = tokensOf(call)
  for (const taken of call.charges) if (taken.unit === 'tokens') recount(state, taken, tokens, 0, call.status === 'open' ? 0 : tokens)
  state.llm.calls.set(callId, { ...call, charges: call.charges.filter(({ unit }) => unit === 'micro_usd') })
}

/** The lease whose slice pays an agent's call: the one it acts in, else the first running one that bought LLM. */
export function payingLease(state: State, wanted: Wanted): Lease | null {
  if (wanted.key_id !== undefined) return null
  const acting = state.leases.get(wanted.lease_id ?? '')
  if (acting !== undefined && acting.quantities.llm > 0) return acting
  for (const lease of state.leases.values()) if (lease.agent_id === wanted.agent_id && lease.quantities.llm > 0 && state.at_ms < lease.ends_at_ms) return lease
  return null
}

/** What a lease may still spend in the running minute; one whose minute has not been turned yet is looked at as if it had. */
export const sliceLeft = (state: State, lease: Lease): number =>
  lease.llm_minute === minuteOf(state.at_ms)
    ? balanceOf(state.ledger, lease.accounts.llm_micro_usd)
    : llmSliceMicroUsd(state, lease.quantities.llm, lease.ends_at_ms)

function checkSlice(state: State, wanted: Wanted, bound: number): Refusal | null {
  const lease = payingLease(state, wanted)
  const figures = { limit: lease === null ? 'no lease with llm' : lease.lease_id, required: bound, unit: 'micro_usd' }
  if (lease === null) return refuse('llm_budget_exhausted', { ...figures, left: 0 })
  const left = sliceLeft(state, lease)
  if (bound <= left) return null
  const nextMinuteMs = (minuteOf(state.at_ms) + 1) * MS_PER_MINUTE
  const nextSlice = Math.floor((lease.quantities.llm * Math.max(0, Math.min(MS_PER_MINUTE, lease.ends_at_ms - nextMinuteMs))) / MS_PER_MINUTE)
  return bound <= nextSlice
    ? refuse('llm_rate_limited', { ...figures, left, retry_after_ms: nextMinuteMs - state.at_ms })
    : refuse('llm_budget_exhausted', { ...figures, left })
}

function checkAgentCall(state: State, wanted: Wanted, bound: number): Refusal | null {
  const agent = state.agents.get(wanted.agent_id ?? '')
  if (agent === undefined) return refuse('agent_unknown', { agent_id: wanted.agent_id ?? '' })
  if (agent.status === 'dead') return refuse('agent_dead', { agent_id: agent.agent_id })
  if (agent.models.length > 0 && !agent.models.includes(wanted.model)) return refuse('llm_model_forbidden', { model: wanted.model })
  const left = budgetLeft(state, budgetOf(state, agent))
  if (left !== null && left < bound) return refuse('llm_budget_exhausted', { left, limit: 'budget', required: bound, unit: 'micro_usd' })
  return checkSlice(state, wanted, bound)
}

/** Why a key may have no further call open now. */
export const checkParallel = (key: LlmKey): Refusal | null =>
  key.open_calls >= key.parallel_max
    ? refuse('llm_rate_limited', { left: 0, limit: `key:${key.key_id}/parallel`, required: 1, retry_after_ms: 1000, unit: 'calls' })
    : null

function checkKeyCall(state: State, wanted: Wanted): Refusal | null {
  const key = keyOf(state, wanted)
  const unusable = checkKey(state, wanted.key_id ?? '')
  if (unusable !== null || key === null) return unusable
  if (state.params.llm_keys_micro_usd_per_minute === 0) return refuse('llm_keys_not_offered', { setting: 'llm.keys_usd_per_minute' })
  if (key.models.length > 0 && !key.models.includes(wanted.model)) return refuse('llm_model_forbidden', { model: wanted.model })
  return checkParallel(key)
}

/** Whether one more worst case fits everywhere: key or lease and budget, model, run, the minute's cap. */
export function checkHold(state: State, wanted: Wanted): Refusal | null {
  if ((wanted.agent_id === undefined) === (wanted.key_id === undefined))
    return refuse('command_invalid', { expected: 'exactly one of agent_id and key_id', field: 'agent_id' })
  if (state.params.llm_micro_usd_per_minute === 0) return refuse('resource_not_offered', { resource: 'llm', setting: 'llm.usd_per_minute' })
  const own = wanted.key_id === undefined ? checkAgentCall(state, wanted, boundOf(wanted)) : checkKeyCall(state, wanted)
  if (own !== null) return own
  const tripper = state.llm.tripped.get(wanted.upstream_id)
  if (tripper !== undefined) return refuse('llm_upstream_tripped', { call_id: tripper, upstream_id: wanted.upstream_id })
  let first: Refusal | null = null
  for (const limit of limitsFor(state, wanted, 1)) {
    const refusal = checkLimit(state, limit, leftToFollower(state, wanted, limit))
    // What can never fit is said before what fits later.
    if (refusal?.code === 'llm_budget_exhausted') return refusal
    first ??= refusal
  }
  return first
}

/** Counts the worst cases of so many calls in every limit; what they may spend is moved by `postHold`. */
export function takeHold(step: Step, wanted: Wanted, calls: number): LlmHold {
  const { state } = step
  turnMinute(state, 0)
  const lease = payingLease(state, wanted)
  if (lease !== null) turnLeaseMinute(step, lease)
  return {
    agent_id: wanted.agent_id ?? '',
    budget_account: wanted.agent_id === undefined ? null : budgetOf(state, agentOf(state, wanted.agent_id)),
    charges: limitsFor(state, wanted, calls).map((limit) => charge(state, limit)),
    key_id: wanted.key_id ?? null,
    lease_id: lease?.lease_id ?? null,
    minute: minuteOf(state.at_ms),
    model: wanted.model,
    price: wanted.price,
    upstream_id: wanted.upstream_id,
  }
}

/** Moves what may be spent from the lease's slice (or what is offered to keys) and the budget into the holds. */
export function postHold(step: Step, hold: LlmHold, amount: number): void {
  if (amount === 0) return
  const { ledger, leases } = step.state
  const source = leases.get(hold.lease_id ?? '')?.accounts.llm_micro_usd ?? accountOf(ledger, 'llm_micro_usd:offered')
  record(step, source, accountOf(ledger, HELD), amount, 'llm_hold')
  if (hold.budget_account !== null) record(step, accountOf(ledger, hold.budget_account), accountOf(ledger, BUDGET_HELD), amount, 'llm_hold')
}

/** Takes a part of a hold as used. */
export function useHold(step: Step, hold: LlmHold, amount: number): void {
  if (amount === 0) return
  const { ledger } = step.state
  record(step, accountOf(ledger, HELD), accountOf(ledger, USED), amount, 'llm_use')
  if (hold.budget_account !== null) record(step, accountOf(ledger, BUDGET_HELD), accountOf(ledger, BUDGET_USED), amount, 'llm_use')
}

/** Gives a part of a hold (or of what was taken as used by an estimate) back to where it may still be spent, or lets it lapse. */
export function returnHold(step: Step, hold: LlmHold, amount: number, from: 'held' | 'used'): void {
  if (amount === 0) return
  const { state } = step
  const { ledger } = state
  const lease = state.leases.get(hold.lease_id ?? '')
  const isRunningMinute = lease !== undefined && lease.llm_minute === hold.minute && minuteOf(state.at_ms) === hold.minute
  const to = isRunningMinute ? lease.accounts.llm_micro_usd : accountOf(ledger, LAPSED)
  record(step, accountOf(ledger, from === 'held' ? HELD : USED), to, amount, 'llm_release')
  if (hold.budget_account !== null)
    record(step, accountOf(ledger, from === 'held' ? BUDGET_HELD : BUDGET_USED), budgetOrAbove(state, hold.budget_account), amount, 'llm_release')
}
