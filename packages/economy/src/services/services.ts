import type { CommandOf, Refusal } from '@syntropism/contract'
import { checkBundle, placeBid } from '../auction/index.ts'
import type { Json } from '../codec/index.ts'
import { utf8 } from '../codec/index.ts'
import {
  type Agent,
  type Invocation,
  type State,
  type Step,
  addDeadline,
  agentOf,
  emit,
  free,
  held,
  inTrace,
  moveCredits,
  refuse,
  touch,
} from '../state/index.ts'
import { microToCredits } from '../units/index.ts'
import { checkFree, checkPair } from './transfers.ts'

export function checkMessage(state: State, command: CommandOf<'send_message'>): Refusal | null {
  const pair = checkPair(state, command.from_agent_id, command.to_agent_id)
  if (pair !== null) return pair
  return checkSize(state, command.content) ?? checkInbox(state, command.to_agent_id) ?? checkFree(state, command.from_agent_id, state.params.message_cost_micro)
}

function checkSize(state: State, content: string): Refusal | null {
  const bytes = utf8(content).length
  return bytes > state.params.message_bytes_max ? refuse('message_too_large', { bytes, bytes_max: state.params.message_bytes_max }) : null
}

export const checkInstruction = (state: State, command: CommandOf<'instruct_agent'>): Refusal | null =>
  checkSize(state, command.content) ?? checkInbox(state, command.agent_id)

const checkInbox = (state: State, agentId: string): Refusal | null =>
  agentOf(state, agentId).inbox.size >= state.params.inbox_max ? refuse('inbox_full', { agent_id: agentId, messages_max: state.params.inbox_max }) : null

function deliver(step: Step, to: Agent, from: string, kind: 'message' | 'request' | 'response', invocationId: string): string {
  step.state.counters.message += 1
  const id = `message-${step.state.counters.message}`
  to.inbox.set(id, { from_agent: from, invocation_id: invocationId, kind })
  return id
}

/** Puts a message into the receiver's inbox; the cost is burned. */
export function sendMessage(step: Step, command: CommandOf<'send_message'>): string {
  const { state } = step
  const cost = state.params.message_cost_micro
  const id = deliver(step, agentOf(state, command.to_agent_id), command.from_agent_id, 'message', '')
  emit(step, 'message_sent', command.from_agent_id, {
    content: command.content,
    from_agent: command.from_agent_id,
    message_id: id,
    to_agent: command.to_agent_id,
  })
  if (cost > 0) moveCredits(step, free(agentOf(state, command.from_agent_id)), free('burn'), cost, 'message_burn')
  touch(step, command.from_agent_id, 'self', false)
  return id
}

/** A message of the operator: from `system`, at no cost. */
export function instructAgent(step: Step, command: CommandOf<'instruct_agent'>): string {
  const id = deliver(step, agentOf(step.state, command.agent_id), 'system', 'message', '')
  emit(step, 'message_sent', '', { content: command.content, from_agent: 'system', message_id: id, to_agent: command.agent_id })
  return id
}

export function checkInvoke(state: State, command: CommandOf<'invoke_service'>): Refusal | null {
  const pair = checkPair(state, command.agent_id, command.provider_id)
  if (pair !== null) return pair
  const service = state.services.get(`${command.provider_id}/${command.service_name}`)
  if (service === undefined) return refuse('service_unknown', { provider_id: command.provider_id, service_name: command.service_name })
  if (command.agent_id === command.provider_id) return refuse('self_transfer', { agent_id: command.agent_id })
  const wake = command.wake_bid
  const bundle = wake === undefined ? null : checkBundle(state, wake.bundle, wake.duration_ms, true)
  return bundle ?? checkInbox(state, command.provider_id) ?? checkFree(state, command.agent_id, service.cost_micro + (wake?.amount_micro ?? 0))
}

/** Puts a request into the provider's inbox and its price into hold (or, in advance, to the provider); may also bid for a window that wakes it. */
export function invokeService(step: Step, command: CommandOf<'invoke_service'>): Invocation {
  const { state } = step
  const service = state.services.get(`${command.provider_id}/${command.service_name}`)
  const caller = agentOf(state, command.agent_id)
  const provider = agentOf(state, command.provider_id)
  const cost = service?.cost_micro ?? 0
  state.counters.invocation += 1
  const invocationId = `invocation-${state.counters.invocation}`
  const messageId = deliver(step, provider, caller.agent_id, 'request', invocationId)
  const deadline = state.at_ms + (command.deadline_ms ?? state.params.invocation_deadline_ms)
  const inAdvance = service?.payment === 'in_advance'
  const invocation: Invocation = {
    caller_id: caller.agent_id,
    cost_micro: cost,
    deadline_at_ms: deadline,
    held_micro: inAdvance ? 0 : cost,
    invocation_id: invocationId,
    message_id: messageId,
    provider_id: provider.agent_id,
    requested_at_ms: state.at_ms,
    service_name: command.service_name,
    traceparent: step.traceparent,
  }
  state.invocations.set(invocationId, invocation)
  caller.open_invocations += 1
  provider.open_invocations += 1
  addDeadline(step, 'invocation', invocationId, deadline)
  emit(step, 'service_requested', caller.agent_id, {
    caller_agent: caller.agent_id,
    cost: microToCredits(cost),
    cost_micro: cost,
    deadline_at_ms: deadline,
    invocation_id: invocationId,
    message_id: messageId,
    provider_agent: provider.agent_id,
    request: command.request,
    service_name: command.service_name,
  })
  if (cost > 0) moveCredits(step, free(caller), inAdvance ? free(provider) : held(caller), cost, inAdvance ? 'service_payment' : 'service_hold', invocationId)
  if (command.wake_bid !== undefined) {
    const { amount_micro, bundle, duration_ms } = command.wake_bid
    placeBid(step, {
      agent: provider,
      amount_micro,
      bundle,
      duration_ms,
      expires_at_ms: deadline,
      margin_ppm: null,
      not_before_ms: state.at_ms,
      payer: caller,
      payload: null,
      prompt_id: null,
    })
  }
  touch(step, caller.agent_id, 'self', false)
  touch(step, provider.agent_id, caller.agent_id, false)
  return invocation
}

/** Ends an invocation once: success posts the hold to the provider, anything else returns it. */
export const endInvocation = (step: Step, invocation: Invocation, result: 'success' | 'failure', reason: string, response: Json): void =>
  inTrace(step, invocation.traceparent, () => closeInvocation(step, invocation, result, reason, response))

function closeInvocation(step: Step, invocation: Invocation, result: 'success' | 'failure', reason: string, response: Json): void {
  const { state } = step
  const caller = agentOf(state, invocation.caller_id)
  const provider = agentOf(state, invocation.provider_id)
  state.invocations.delete(invocation.invocation_id)
  caller.open_invocations -= 1
  provider.open_invocations -= 1
  provider.inbox.delete(invocation.message_id)
  if (caller.status !== 'dead') deliver(step, caller, provider.agent_id, 'response', invocation.invocation_id)
  const paid = result === 'success'
  if (invocation.held_micro > 0)
    moveCredits(
      step,
      held(caller),
      free(paid ? provider : caller),
      invocation.held_micro,
      paid ? 'service_payment' : 'service_release',
      invocation.invocation_id,
    )
  emit(step, 'service_invoked', caller.agent_id, {
    caller_agent: caller.agent_id,
    cost: microToCredits(invocation.cost_micro),
    cost_micro: invocation.cost_micro,
    execution_time_ms: state.at_ms - invocation.requested_at_ms,
    invocation_id: invocation.invocation_id,
    provider_agent: provider.agent_id,
    reason,
    response: response as never,
    result,
    service_name: invocation.service_name,
  })
  touch(step, caller.agent_id, provider.agent_id, true)
  touch(step, provider.agent_id, caller.agent_id, true)
}

/** Ends an agent's services and every invocation that it is a side of. */
export function endDealings(step: Step, agent: Agent): void {
  const { state } = step
  for (const invocation of [...state.invocations.values()])
    if (invocation.provider_id === agent.agent_id || invocation.caller_id === agent.agent_id) endInvocation(step, invocation, 'failure', 'agent_dead', null)
  for (const name of [...agent.services]) removeService(step, agent, name)
}

export function registerService(step: Step, command: CommandOf<'register_service'>): void {
  const agent = agentOf(step.state, command.agent_id)
  step.state.services.set(`${agent.agent_id}/${command.service_name}`, {
    agent_id: agent.agent_id,
    cost_micro: command.cost_micro,
    payment: command.payment,
    service_name: command.service_name,
  })
  agent.services.add(command.service_name)
  emit(step, 'service_registered', agent.agent_id, {
    advertised_cost: microToCredits(command.cost_micro),
    advertised_cost_micro: command.cost_micro,
    agent_id: agent.agent_id,
    payment: command.payment,
    service_name: command.service_name,
    specification: command.specification,
  })
}

export function removeService(step: Step, agent: Agent, serviceName: string): void {
  step.state.services.delete(`${agent.agent_id}/${serviceName}`)
  agent.services.delete(serviceName)
  emit(step, 'service_removed', agent.agent_id, { agent_id: agent.agent_id, service_name: serviceName })
}
