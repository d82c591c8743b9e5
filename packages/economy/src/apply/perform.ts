import type { Command, EventData, EventType } from '@syntropism/contract'
import { endPrompt, filePrompt, scorePrompt, setDuty, skipPrompt } from '../attention/index.ts'
import { type NewBid, endBid, placeBid, raiseBid } from '../auction/index.ts'
import { type Json, eventIdPrefix } from '../codec/index.ts'
import { closeExecutorLeases, endLease, meterSold, startLease } from '../leases/index.ts'
import { createAgent, spawn } from '../lifecycle/index.ts'
import { createMeter } from '../market/index.ts'
import { endInvocation, instructAgent, invokeService, payLinked, postBatch, registerService, removeService, sendMessage } from '../services/index.ts'
import { type Bid, type Lease, type Prompt, RESOURCES, type Step, agentOf, emit, free, mintCredits, moveCredits, touch } from '../state/index.ts'
import { performTool } from '../tools/index.ts'
import { forkEconomy, pauseWindows, resumeWindows } from './orders.ts'
import { changeRules, tuneRules } from './rules.ts'
import { awaitExecutors, beat } from './beat.ts'
import { type LlmCommand, performLlm } from './llm.ts'
import { lowestWinningOf } from './clearing.ts'
import { dropExecutor, killAgent } from './endings.ts'

type Of<T extends Command['type']> = Extract<Command, { type: T }>
type Result = Readonly<Record<string, Json>>
interface Around {
  reconcile(): void
  readonly timeBefore: number
}

function begin(step: Step, command: Of<'genesis'>): Result {
  const { state } = step
  Object.assign(state, {
    economy_id: command.economy_id,
    event_id_prefix: eventIdPrefix(command.economy_id),
    params: command.params,
    rules_version: command.rules_version,
  })
  for (const resource of RESOURCES) state.meters[resource] = createMeter(command.params, resource, state.at_ms)
  emit(step, 'economy_created', '', { economy_id: command.economy_id, rules_version: command.rules_version })
  meterSold(step)
  return {}
}

/** A new incarnation replaces the old one, whose leases are closed with the host as cause. */
function registerExecutor(step: Step, command: Of<'register_executor'>): Result {
  const { state } = step
  const { cpu_millicores: cpu, executor_id: executorId, incarnation, memory_mb: memory, reports } = command
  const before = state.executors.get(executorId)
  if (before !== undefined && before.incarnation !== incarnation) closeExecutorLeases(step, executorId, 'the executor was replaced')
  state.executors.set(executorId, { cpu, executor_id: executorId, incarnation, memory, reports })
  state.book_changed = true
  emit(step, 'executor_registered', '', { cpu_millicores: cpu, executor_id: executorId, incarnation, memory_mb: memory })
  meterSold(step)
  return { executor_id: executorId }
}

function place(step: Step, command: Of<'place_bid'>): Result {
  const { state } = step
  const order: NewBid = {
    agent: agentOf(state, command.agent_id),
    amount_micro: command.amount_micro,
    bundle: command.bundle,
    duration_ms: command.duration_ms,
    expires_at_ms: command.expires_at_ms ?? null,
    margin_ppm: null,
    not_before_ms: Math.max(state.at_ms, command.not_before_ms ?? 0),
    payer: agentOf(state, command.payer_id),
    payload: command.payload ?? null,
    prompt_id: null,
    tip_micro: command.tip_micro ?? 0,
  }
  return { bid_id: placeBid(step, order).bid_id }
}

function finishLease(step: Step, command: Of<'end_lease'>): Result {
  const lease = step.state.leases.get(command.lease_id) as Lease
  const { cause, cpu_ms, detail, elapsed_ms, exit_code, memory_mb_ms, memory_peak_mb, sandbox } = command
  endLease(step, lease, {
    cause,
    cpu_ms,
    detail,
    elapsed_ms,
    exit_code,
    memory_mb_ms,
    memory_peak_mb,
    sandbox,
    served_until_ms: lease.started_at_ms === null ? step.state.at_ms : lease.started_at_ms + elapsed_ms,
  })
  meterSold(step)
  return { lease_id: lease.lease_id }
}

/** A new standing bid replaces the open bid that the old one placed. */
function setStandingBid(step: Step, command: Of<'set_standing_bid'>): Result {
  const { state } = step
  const agent = agentOf(state, command.agent_id)
  agent.standing_bid = command.standing_bid
  emit(step, 'standing_bid_set', agent.agent_id, { agent_id: agent.agent_id, standing_bid: command.standing_bid as never })
  for (const id of [...agent.bid_ids]) {
    const bid = state.bids.get(id)
    if (bid !== undefined && bid.margin_ppm !== null) endBid(step, bid, 'standing_bid_replaced', null)
  }
  touch(step, agent.agent_id, 'self', false)
  return {}
}

function money(step: Step, command: Of<'transfer'> | Of<'fund'> | Of<'reverse_transfer'>): Result {
  const { state } = step
  if (command.type === 'fund') {
    mintCredits(step, agentOf(state, command.agent_id), command.amount_micro, 'grant')
    touch(step, command.agent_id, 'system', false)
    return {}
  }
  const [from, to] = command.type === 'transfer' ? [command.from_agent_id, command.to_agent_id] : [command.to_agent_id, command.from_agent_id]
  const moved = moveCredits(
    step,
    free(agentOf(state, from)),
    free(agentOf(state, to)),
    command.amount_micro,
    command.type === 'transfer' ? command.purpose : `reversal of ${command.transfer_id}`,
  )
  if (command.type === 'reverse_transfer') state.reversed.add(command.transfer_id)
  touch(step, from, 'self', false)
  touch(step, to, from, false)
  return moved
}

function takeMessages(step: Step, command: Of<'take_messages'>): Result {
  const { inbox } = agentOf(step.state, command.agent_id)
  for (const id of command.message_ids) inbox.delete(id)
  emit(step, 'messages_taken', command.agent_id, { agent_id: command.agent_id, message_ids: command.message_ids })
  return {}
}

/** An observation: an event with a sequence number, and no other change. */
function report(step: Step, command: Of<'report'>): Result {
  emit(step, command.event_type as EventType, command.agent_id, command.data as EventData<EventType>)
  return { seq: step.state.seq }
}

function withdraw(step: Step, command: Of<'withdraw_bid'>): Result {
  const bid = step.state.bids.get(command.bid_id) as Bid
  const standing = bid.margin_ppm === null ? null : agentOf(step.state, bid.agent_id)
  endBid(step, bid, 'withdrawn', lowestWinningOf(step.state, bid))
  if (standing !== null && standing.standing_bid !== null) standing.rests_until_ms = step.state.at_ms + Math.max(1000, standing.standing_bid.pause_ms)
  return {}
}

/** Carries out a command that has passed every check. Returns its answer: the ids it made. */
export function perform(step: Step, command: Command, around: Around): Result {
  const { state } = step
  switch (command.type) {
    case 'genesis':
      return begin(step, command)
    case 'change_rules':
      changeRules(step, command)
      return {}
    case 'fork':
      forkEconomy(step, command)
      return {}
    case 'resumed':
      emit(step, 'economy_resumed', '', { down_ms: command.at_ms - around.timeBefore })
      awaitExecutors(step, around.timeBefore)
      return {}
    case 'tick':
      beat(step, command, around.reconcile)
      return {}
    case 'register_executor':
      return registerExecutor(step, command)
    case 'remove_executor':
      dropExecutor(step, command.executor_id, 'the executor was removed')
      emit(step, 'executor_removed', '', { executor_id: command.executor_id, reason: 'removed' })
      return {}
    case 'set_duty':
      setDuty(step, command)
      return {}
    case 'create_agent':
      createAgent(step, command)
      return { agent_id: command.agent_id }
    case 'fund':
    case 'transfer':
    case 'reverse_transfer':
      return money(step, command)
    case 'transfer_batch':
      return postBatch(step, command)
    case 'transfer_linked':
      return payLinked(step, command)
    case 'kill_agent':
      killAgent(step, command.agent_id, command.reason)
      return {}
    case 'place_bid':
      return place(step, command)
    case 'raise_bid':
      raiseBid(step, state.bids.get(command.bid_id) as Bid, command.amount_micro)
      return { bid_id: command.bid_id }
    case 'withdraw_bid':
      return withdraw(step, command)
    case 'set_standing_bid':
      return setStandingBid(step, command)
    case 'tune_rules':
    case 'pause_windows':
    case 'resume_windows':
    case 'instruct_agent':
      return performOrder(step, command)
    case 'spawn':
      return { child_id: spawn(step, command).agent_id }
    default:
      return performSocial(step, command)
  }
}

/** Orders that change no money. */
function performOrder(step: Step, command: Of<'instruct_agent' | 'pause_windows' | 'resume_windows' | 'tune_rules'>): Result {
  switch (command.type) {
    case 'tune_rules':
      tuneRules(step, command)
      return {}
    case 'pause_windows':
      pauseWindows(step, command)
      return {}
    case 'resume_windows':
      resumeWindows(step, command)
      return {}
    case 'instruct_agent':
      return { message_id: instructAgent(step, command) }
  }
}

type Social =
  | 'admit_tool_call'
  | 'settle_tool_call'
  | 'start_tool_call'
  | 'send_message'
  | 'take_messages'
  | 'register_service'
  | 'remove_service'
  | 'invoke_service'
  | 'respond_service'
  | 'file_prompt'
  | 'withdraw_prompt'
  | 'score_prompt'
  | 'skip_prompt'
  | 'start_lease'
  | 'end_lease'
  | 'report'
  | LlmCommand['type']

function performSocial(step: Step, command: Of<Social>): Result {
  const { state } = step
  switch (command.type) {
    case 'send_message':
      return { message_id: sendMessage(step, command) }
    case 'take_messages':
      return takeMessages(step, command)
    case 'register_service':
      registerService(step, command)
      return { service_name: command.service_name }
    case 'remove_service':
      removeService(step, agentOf(state, command.agent_id), command.service_name)
      return {}
    case 'invoke_service': {
      const invocation = invokeService(step, command)
      return { deadline_at_ms: invocation.deadline_at_ms, invocation_id: invocation.invocation_id }
    }
    case 'respond_service':
      endInvocation(step, state.invocations.get(command.invocation_id) as never, command.result, 'responded', command.response as Json)
      return {}
    case 'file_prompt': {
      const prompt = filePrompt(step, command)
      return { deadline_at_ms: prompt.deadline_at_ms, prompt_id: prompt.prompt_id }
    }
    case 'withdraw_prompt':
      endPrompt(step, state.prompts.get(command.prompt_id) as Prompt, 'withdrawn')
      return {}
    case 'score_prompt':
      return { credits_awarded_micro: scorePrompt(step, command) }
    case 'skip_prompt':
      skipPrompt(step, command)
      return {}
    case 'start_lease': {
      const lease = state.leases.get(command.lease_id) as Lease
      startLease(step, lease)
      return { ends_at_ms: lease.ends_at_ms }
    }
    case 'end_lease':
      return finishLease(step, command)
    case 'report':
      return report(step, command)
    case 'admit_tool_call':
    case 'settle_tool_call':
    case 'start_tool_call':
      return performTool(step, command)
    default:
      return performLlm(step, command)
  }
}
