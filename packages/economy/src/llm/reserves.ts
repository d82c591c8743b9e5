import type { CommandOf, Refusal } from '@syntropism/contract'
import { type LlmHold, type LlmReserve, type LlmRoom, type State, type Step, addDeadline, childTrace, emit, inTrace, refuse } from '../state/index.ts'
import { MS_PER_MINUTE } from '../units/index.ts'
import { budgetLeft, budgetOf } from './budgets.ts'
import { type Wanted, boundOf, checkHold, checkParallel, limitsFor, payingLease, postHold, returnHold, sliceLeft, takeHold } from './holds.ts'
import { leftIn, recount } from './limits.ts'

/** A reserve takes at most this part of what is left in any limit: room that one caller sets aside is not refused to another for long. */
const SHARE_OF_LEFT = 8

/** What one call takes of a reserve. */
export const roomOf = (wanted: Wanted): LlmRoom => ({
  calls: 1,
  micro_usd: boundOf(wanted),
  output_tokens: wanted.output_tokens_max,
  prompt_tokens: wanted.prompt_tokens_max,
})

/** Takes one call's room, all of it or nothing. The same for who draws ahead of the record and for the record itself. */
export function takeRoom(left: LlmRoom, wanted: LlmRoom): boolean {
  if (wanted.calls > left.calls || wanted.micro_usd > left.micro_usd || wanted.output_tokens > left.output_tokens || wanted.prompt_tokens > left.prompt_tokens)
    return false
  left.calls -= wanted.calls
  left.micro_usd -= wanted.micro_usd
  left.output_tokens -= wanted.output_tokens
  left.prompt_tokens -= wanted.prompt_tokens
  return true
}

/** How many calls of this size a reserve may hold now. */
function callsWithRoom(state: State, wanted: Wanted): number {
  const fits = (left: number, amount: number): number => (amount === 0 ? Infinity : Math.floor(Math.floor(left / SHARE_OF_LEFT) / amount))
  const bound = boundOf(wanted)
  const lease = payingLease(state, wanted)
  const agent = state.agents.get(wanted.agent_id ?? '')
  const budget = agent === undefined ? null : budgetLeft(state, budgetOf(state, agent))
  return Math.min(
    lease === null ? Infinity : fits(sliceLeft(state, lease), bound),
    budget === null ? Infinity : fits(budget, bound),
    ...limitsFor(state, wanted, 1).map((limit) => fits(leftIn(state, limit), limit.amount)),
  )
}

/** Whether a call could be admitted, and there is ample room for more of its kind. */
export function checkReserve(state: State, command: CommandOf<'reserve_llm_calls'>): Refusal | null {
  const refusal = checkHold(state, command)
  if (refusal !== null) return refusal
  const required = SHARE_OF_LEFT * boundOf(command)
  return callsWithRoom(state, command) >= 1 ? null : refuse('llm_budget_exhausted', { left: 0, limit: 'reserve', required, unit: 'micro_usd' })
}

/** Holds the worst cases of several calls at once and sets their numbers aside. */
export function openReserve(step: Step, command: CommandOf<'reserve_llm_calls'>): LlmReserve {
  const { state } = step
  const { counters, params } = state
  const calls = Math.min(command.calls, callsWithRoom(state, command))
  const windowEnds = limitsFor(state, command, calls).flatMap((limit) => (limit.window_ms === 0 ? [] : [(limit.window + 1) * limit.window_ms]))
  const hold = takeHold(step, command, calls)
  const ends = [
    (hold.minute + 1) * MS_PER_MINUTE,
    ...windowEnds,
    state.leases.get(hold.lease_id ?? '')?.ends_at_ms ?? Infinity,
    state.llm.keys.get(hold.key_id ?? '')?.expires_at_ms ?? Infinity,
  ]
  const first = counters.llm_call + 1
  // One more: the number of the call that stands for the rest when nobody can tell what became of it.
  counters.llm_call += calls + 1
  const reserveId = `reserve-${first}`
  const held = calls * boundOf(command)
  const reserve: LlmReserve = {
    ...hold,
    due_at_ms: Math.min(...ends) + params.llm_call_ms_max,
    ends_at_ms: Math.min(...ends),
    left: { calls, micro_usd: held, output_tokens: calls * command.output_tokens_max, prompt_tokens: calls * command.prompt_tokens_max },
    next_call: first,
    rest_call: first + calls,
    reserve_id: reserveId,
    traceparent: childTrace(state, step.traceparent, reserveId),
  }
  state.llm.reserves.set(reserveId, reserve)
  step.cause_id = reserveId
  inTrace(step, reserve.traceparent, () => {
    postHold(step, hold, held)
    addDeadline(step, 'llm_reserve', reserveId, reserve.due_at_ms)
    const { agent_id, key_id, lease_id, minute, model, upstream_id } = hold
    emit(step, 'llm_reserve_opened', agent_id, {
      agent_id,
      calls,
      ends_at_ms: reserve.ends_at_ms,
      first_call: first,
      held_micro_usd: held,
      key_id,
      lease_id,
      minute,
      model,
      reserve_id: reserveId,
      upstream_id,
    })
  })
  return reserve
}

/**
 * Whether a call may go out on a reserve now, ahead of its record: what an admission would look at again. The caller sees to parallel calls, and takes
 * the room in its own copy. `leaseId`: the lease that an agent acts in.
 */
export function mayDraw(state: State, reserve: LlmReserve, leaseId: string, atMs: number): boolean {
  if (atMs >= reserve.ends_at_ms || state.llm.tripped.has(reserve.upstream_id) || !state.llm.reserves.has(reserve.reserve_id)) return false
  if (reserve.key_id !== null) return state.llm.keys.get(reserve.key_id)?.revoked === false
  const acting = state.leases.get(leaseId)
  const isActing = acting !== undefined && acting.agent_id === reserve.agent_id && acting.started_at_ms !== null && atMs < acting.ends_at_ms
  return isActing && state.leases.has(reserve.lease_id ?? '') && state.agents.get(reserve.agent_id)?.status !== 'dead'
}

/** Whether a call that is recorded as drawn from a reserve fits in it. It may have gone out: what has ended or changed since does not undo it. */
export function checkDraw(state: State, command: CommandOf<'admit_llm_call'>, reserveId: string): Refusal | null {
  const reserve = state.llm.reserves.get(reserveId)
  if (reserve === undefined) return refuse('llm_reserve_unknown', { reserve_id: reserveId })
  if (command.agent_id !== undefined || command.key_id !== undefined || command.model !== reserve.model || command.upstream_id !== reserve.upstream_id)
    return refuse('command_invalid', { expected: 'the model and upstream of the reserve, and no caller beside its own', field: 'reserve_id' })
  const room = roomOf(command)
  if (!takeRoom({ ...reserve.left }, room))
    return refuse('llm_budget_exhausted', { left: reserve.left.micro_usd, limit: reserveId, required: room.micro_usd, unit: 'micro_usd' })
  const key = state.llm.keys.get(reserve.key_id ?? '')
  return key === undefined ? null : checkParallel(key)
}

/** Takes a checked call out of its reserve: what it holds, and its id. */
export function draw(state: State, command: CommandOf<'admit_llm_call'>, reserveId: string): { readonly call_id: string; readonly hold: LlmHold } {
  const reserve = state.llm.reserves.get(reserveId) as LlmReserve
  takeRoom(reserve.left, roomOf(command))
  const callId = `call-${reserve.next_call}`
  reserve.next_call += 1
  const { agent_id, budget_account, charges, key_id, lease_id, minute, model, upstream_id } = reserve
  // One that takes up a request is none of those that the reserve has counted.
  if (command.follows_call_id !== undefined) for (const taken of charges) if (taken.unit === 'requests') recount(state, taken, 1, 0, 1)
  return { call_id: callId, hold: { agent_id, budget_account, charges, key_id, lease_id, minute, model, price: command.price, upstream_id } }
}

/** Gives back what was not drawn and closes the reserve. */
export const returnReserve = (step: Step, reserve: LlmReserve): void => inTrace(step, reserve.traceparent, () => giveBack(step, reserve))

function giveBack(step: Step, reserve: LlmReserve): void {
  const { calls, micro_usd: money, output_tokens, prompt_tokens } = reserve.left
  step.cause_id = reserve.reserve_id
  returnHold(step, reserve, money, 'held')
  const held = { micro_usd: money, requests: calls, tokens: prompt_tokens + output_tokens }
  for (const taken of reserve.charges) recount(step.state, taken, held[taken.unit], 0, taken.unit === 'requests' ? calls : 0)
  endReserve(step, reserve, money, 0)
}

/** Forgets a reserve of which nothing is left. */
export function endReserve(step: Step, reserve: LlmReserve, returned: number, booked: number): void {
  step.state.llm.reserves.delete(reserve.reserve_id)
  const { agent_id, key_id, reserve_id } = reserve
  emit(step, 'llm_reserve_closed', agent_id, { agent_id, booked_micro_usd: booked, key_id, reserve_id, returned_micro_usd: returned })
}
