import type { CommandOf, Refusal } from '@syntropism/contract'
import type { Json } from '../codec/index.ts'
import {
  type Agent,
  type State,
  type Step,
  type ToolCall,
  addDeadline,
  agentOf,
  emit,
  free,
  freeMicro,
  held,
  inTrace,
  moveCredits,
  refuse,
  touch,
} from '../state/index.ts'
import { invariant } from '../units/index.ts'

/** What came of a call, once. */
export interface ToolSettlement {
  readonly outcome: 'answered' | 'failed'
  readonly reason: string
  readonly result: Json
}

export function checkAdmitTool(state: State, command: CommandOf<'admit_tool_call'>): Refusal | null {
  const agent = state.agents.get(command.agent_id)
  if (agent === undefined) return refuse('agent_unknown', { agent_id: command.agent_id })
  if (agent.status === 'dead') return refuse('agent_dead', { agent_id: command.agent_id })
  const available = freeMicro(state, agent)
  return available < command.price_micro ? refuse('credits_insufficient', { available_micro: available, required_micro: command.price_micro }) : null
}

/** A call is settled once: whoever comes later, a repeated delivery included, finds none. */
export const checkSettleTool = (state: State, command: CommandOf<'settle_tool_call'>): Refusal | null =>
  state.tool_calls.has(command.call_id) ? null : refuse('tool_call_unknown', { call_id: command.call_id })

/** Every try is recorded before it is made, so that a second delivery of the same work, or a second process, makes none too many. */
export function checkStartTool(state: State, command: CommandOf<'start_tool_call'>): Refusal | null {
  const call = state.tool_calls.get(command.call_id)
  if (call === undefined) return refuse('tool_call_unknown', { call_id: command.call_id })
  return call.tries >= call.tries_max ? refuse('tool_call_exhausted', { call_id: call.call_id, tries: call.tries, tries_max: call.tries_max }) : null
}

/** Holds the price of a checked call. */
function admitToolCall(step: Step, command: CommandOf<'admit_tool_call'>): ToolCall {
  const { state } = step
  const agent = agentOf(state, command.agent_id)
  state.counters.tool_call += 1
  const call: ToolCall = {
    agent_id: agent.agent_id,
    call_id: `tool-call-${state.counters.tool_call}`,
    due_at_ms: state.at_ms + command.deadline_ms,
    price_micro: command.price_micro,
    requested_at_ms: state.at_ms,
    server_id: command.server_id,
    tool_name: command.tool_name,
    traceparent: step.traceparent,
    tries: 0,
    tries_max: command.tries_max,
  }
  state.tool_calls.set(call.call_id, call)
  addDeadline(step, 'tool_call', call.call_id, call.due_at_ms)
  emit(step, 'tool_call_admitted', agent.agent_id, {
    agent_id: agent.agent_id,
    arguments: command.arguments as never,
    call_id: call.call_id,
    due_at_ms: call.due_at_ms,
    lease_id: command.lease_id ?? null,
    price_micro: call.price_micro,
    server_id: call.server_id,
    tool_name: call.tool_name,
    tries_max: call.tries_max,
  })
  if (call.price_micro > 0) moveCredits(step, free(agent), held(agent), call.price_micro, 'tool_hold', call.call_id)
  touch(step, agent.agent_id, 'self', false)
  return call
}

/** Ends a call: an answer burns its price, anything else gives it back. */
export const settleToolCall = (step: Step, call: ToolCall, settlement: ToolSettlement): void =>
  inTrace(step, call.traceparent, () => settle(step, call, settlement))

function settle(step: Step, call: ToolCall, { outcome, reason, result }: ToolSettlement): void {
  const { state } = step
  const agent = agentOf(state, call.agent_id)
  const isPaid = outcome === 'answered'
  state.tool_calls.delete(call.call_id)
  if (call.price_micro > 0)
    moveCredits(step, held(agent), isPaid ? free('burn') : free(agent), call.price_micro, isPaid ? 'tool_burn' : 'tool_release', call.call_id)
  emit(step, 'tool_call_settled', agent.agent_id, {
    agent_id: agent.agent_id,
    call_id: call.call_id,
    charged_micro: isPaid ? call.price_micro : 0,
    elapsed_ms: state.at_ms - call.requested_at_ms,
    outcome,
    reason,
    result: result as never,
    server_id: call.server_id,
    tool_name: call.tool_name,
  })
  touch(step, agent.agent_id, 'self', true)
}

/** Carries out a checked command about a call. */
export function performTool(
  step: Step,
  command: CommandOf<'admit_tool_call'> | CommandOf<'settle_tool_call'> | CommandOf<'start_tool_call'>,
): Readonly<Record<string, Json>> {
  if (command.type === 'admit_tool_call') {
    const { call_id, due_at_ms } = admitToolCall(step, command)
    return { call_id, due_at_ms }
  }
  const { call_id } = command
  const call = step.state.tool_calls.get(call_id)
  invariant(call !== undefined, 'a checked call is open', { call_id })
  if (command.type === 'start_tool_call') {
    call.tries += 1
    inTrace(step, call.traceparent, () => emit(step, 'tool_call_started', call.agent_id, { agent_id: call.agent_id, attempt: call.tries, call_id }))
    return { attempt: call.tries, call_id }
  }
  const { outcome, reason, result } = command
  settleToolCall(step, call, { outcome, reason, result: result as Json })
  return { call_id }
}

/** Ends what an agent that dies has called. */
export function endToolCalls(step: Step, agent: Agent): void {
  for (const call of [...step.state.tool_calls.values()])
    if (call.agent_id === agent.agent_id) settleToolCall(step, call, { outcome: 'failed', reason: 'agent_dead', result: null })
}
