import type { Command, Refusal } from '@syntropism/contract'
import { checkDuty, checkFilePrompt, checkJudgement, rewardMicro } from '../attention/index.ts'
import { checkBundle, checkPlaceBid } from '../auction/index.ts'
import { HOLDS, MINT, balanceOf } from '../ledger/index.ts'
import { checkLeaseReport } from '../leases/index.ts'
import { checkCreateAgent, checkSpawn } from '../lifecycle/index.ts'
import { checkBatch, checkInstruction, checkInvoke, checkLinkedTransfers, checkMessage, checkTransfer } from '../services/index.ts'
import { checkAdmitTool, checkSettleTool, checkStartTool } from '../tools/index.ts'
import { checkBudget } from '../llm/index.ts'
import { checkLlm } from './llm.ts'
import { checkRules, checkTune } from './rules.ts'
import { type State, freeMicro, refuse } from '../state/index.ts'

/** Largest supply: 2^52 micro-credits. */
const SUPPLY_MICRO_MAX = 2 ** 52

function checkMint(state: State, amountMicro: number): Refusal | null {
  const minted = -balanceOf(state.ledger, MINT)
  return minted + amountMicro > SUPPLY_MICRO_MAX ? refuse('supply_overflow', { amount_micro: amountMicro, minted_micro: minted }) : null
}

function checkLiving(state: State, agentId: string): Refusal | null {
  const agent = state.agents.get(agentId)
  if (agent === undefined) return refuse('agent_unknown', { agent_id: agentId })
  return agent.status === 'dead' ? refuse('agent_dead', { agent_id: agentId }) : null
}

/** An agent acts only while the window that its token belongs to runs, and only as itself. */
function checkActing(state: State, command: Command, actorId: string): Refusal | null {
  if (!('lease_id' in command) || command.lease_id === undefined || command.type === 'start_lease' || command.type === 'end_lease') return null
  const lease = state.leases.get(command.lease_id)
  if (lease === undefined || lease.started_at_ms === null || state.at_ms >= lease.ends_at_ms) return refuse('lease_ended', { lease_id: command.lease_id })
  return lease.agent_id === actorId ? null : refuse('not_yours', { agent_id: actorId, lease_id: command.lease_id })
}

function actorOf(command: Command): string {
  if ('payer_id' in command) return command.payer_id
  if ('from_agent_id' in command) return command.from_agent_id
  if ('parent_id' in command) return command.parent_id
  return 'agent_id' in command ? (command.agent_id ?? '') : ''
}

function checkOpenBid(state: State, bidId: string, payerId: string): Refusal | null {
  const bid = state.bids.get(bidId)
  if (bid === undefined) return refuse('bid_unknown', { bid_id: bidId })
  return bid.payer_id === payerId ? null : refuse('not_yours', { bid_id: bidId })
}

function checkRaise(state: State, command: Extract<Command, { type: 'raise_bid' }>): Refusal | null {
  const open = checkOpenBid(state, command.bid_id, command.payer_id)
  const bid = state.bids.get(command.bid_id)
  const payer = state.agents.get(command.payer_id)
  if (open !== null || bid === undefined || payer === undefined) return open ?? refuse('agent_unknown', { agent_id: command.payer_id })
  if (bid.prompt_id !== null) return refuse('bid_unknown', { bid_id: command.bid_id, prompt_id: bid.prompt_id })
  if (command.amount_micro <= bid.amount_micro) return refuse('amount_not_higher', { amount_micro: command.amount_micro, standing_micro: bid.amount_micro })
  const available = freeMicro(state, payer)
  const required = command.amount_micro - bid.amount_micro
  return available < required ? refuse('credits_insufficient', { available_micro: available, required_micro: required }) : null
}

function checkWithdraw(state: State, command: Extract<Command, { type: 'withdraw_bid' }>): Refusal | null {
  const open = checkOpenBid(state, command.bid_id, command.payer_id)
  return open ?? (state.bids.get(command.bid_id)?.prompt_id === null ? null : refuse('bid_unknown', { bid_id: command.bid_id }))
}

function checkReversal(state: State, command: Extract<Command, { type: 'reverse_transfer' }>): Refusal | null {
  if (state.reversed.has(command.transfer_id)) return refuse('id_reused', { transfer_id: command.transfer_id })
  const living = checkLiving(state, command.from_agent_id) ?? checkLiving(state, command.to_agent_id)
  if (living !== null) return living
  if (command.from_agent_id === command.to_agent_id) return refuse('self_transfer', { agent_id: command.from_agent_id })
  const available = balanceOf(state.ledger, state.agents.get(command.to_agent_id)?.account ?? HOLDS)
  return available < command.amount_micro ? refuse('credits_insufficient', { available_micro: available, required_micro: command.amount_micro }) : null
}

function checkOwn(state: State, command: Command): Refusal | null {
  switch (command.type) {
    case 'respond_service': {
      const invocation = state.invocations.get(command.invocation_id)
      if (invocation === undefined || invocation.deadline_at_ms <= state.at_ms) return refuse('invocation_unknown', { invocation_id: command.invocation_id })
      return invocation.provider_id === command.agent_id ? null : refuse('not_yours', { invocation_id: command.invocation_id })
    }
    case 'withdraw_prompt': {
      const prompt = state.prompts.get(command.prompt_id)
      if (prompt === undefined) return refuse('prompt_unknown', { prompt_id: command.prompt_id })
      return prompt.agent_id === command.agent_id ? null : refuse('not_yours', { prompt_id: command.prompt_id })
    }
    case 'take_messages': {
      const inbox = state.agents.get(command.agent_id)?.inbox
      const missing = command.message_ids.find((id) => inbox?.has(id) !== true)
      return missing === undefined ? null : refuse('message_unknown', { message_id: missing })
    }
    case 'remove_service':
      return state.services.has(`${command.agent_id}/${command.service_name}`) ? null : refuse('service_unknown', { service_name: command.service_name })
    case 'set_standing_bid':
      return command.standing_bid === null ? null : checkBundle(state, command.standing_bid.bundle, command.standing_bid.duration_ms, true)
    default:
      return null
  }
}

type CallCommand = Parameters<typeof checkLlm>[1] | Extract<Command, { type: 'admit_tool_call' | 'settle_tool_call' | 'start_tool_call' }>

/** Calls of models and of outside tools, and keys for them. */
function checkCall(state: State, command: CallCommand): Refusal | null {
  switch (command.type) {
    case 'admit_tool_call':
      return checkAdmitTool(state, command)
    case 'settle_tool_call':
      return checkSettleTool(state, command)
    case 'start_tool_call':
      return checkStartTool(state, command)
    default:
      return checkLlm(state, command)
  }
}

function checkAttention(state: State, command: Extract<Command, { type: 'file_prompt' | 'score_prompt' | 'skip_prompt' }>): Refusal | null {
  switch (command.type) {
    case 'file_prompt':
      return checkFilePrompt(state, command)
    case 'score_prompt':
      return checkJudgement(state, command) ?? checkMint(state, rewardMicro(state, command.scores))
    case 'skip_prompt':
      return checkJudgement(state, command)
  }
}

function checkOrder(
  state: State,
  command: Extract<Command, { type: 'change_rules' | 'instruct_agent' | 'pause_windows' | 'resume_windows' | 'tune_rules' }>,
): Refusal | null {
  switch (command.type) {
    case 'change_rules':
      return checkRules(command.params)
    case 'tune_rules':
      return checkTune(state, command)
    case 'pause_windows':
    case 'resume_windows':
      return command.agent_id === null ? null : checkLiving(state, command.agent_id)
    case 'instruct_agent':
      return checkLiving(state, command.agent_id) ?? checkInstruction(state, command)
  }
}

/** Everything that can be wrong with a command, looked at before anything changes. The shape has been validated at the door. */
export function checkCommand(state: State, command: Command): Refusal | null {
  if (command.type === 'genesis') return state.economy_id === '' ? checkRules(command.params) : refuse('economy_exists', { economy_id: state.economy_id })
  if (state.economy_id === '') return refuse('economy_missing')
  const acting = checkActing(state, command, actorOf(command))
  if (acting !== null) return acting
  switch (command.type) {
    case 'create_agent':
      return checkCreateAgent(state, command) ?? checkMint(state, command.grant_micro)
    case 'fund':
      return checkLiving(state, command.agent_id) ?? checkMint(state, command.amount_micro)
    case 'transfer':
      return checkTransfer(state, command)
    case 'transfer_batch':
      return checkBatch(state, command)
    case 'transfer_linked':
      return checkLinkedTransfers(state, command)
    case 'reverse_transfer':
      return checkReversal(state, command)
    case 'place_bid':
      return checkPlaceBid(state, command)
    case 'raise_bid':
      return checkRaise(state, command)
    case 'withdraw_bid':
      return checkWithdraw(state, command)
    case 'fork':
      return command.economy_id === state.economy_id ? refuse('economy_exists', { economy_id: state.economy_id }) : null
    case 'spawn':
      return checkSpawn(state, command)
    case 'send_message':
      return checkMessage(state, command)
    case 'invoke_service':
      return checkInvoke(state, command)
    case 'file_prompt':
    case 'score_prompt':
    case 'skip_prompt':
      return checkAttention(state, command)
    case 'start_lease':
    case 'end_lease':
      return checkLeaseReport(state, command)
    case 'remove_executor':
      return state.executors.has(command.executor_id) ? null : refuse('executor_unknown', { executor_id: command.executor_id })
    case 'change_rules':
    case 'tune_rules':
    case 'pause_windows':
    case 'resume_windows':
    case 'instruct_agent':
      return checkOrder(state, command)
    case 'set_llm_budget':
      return checkBudget(state, command)
    case 'kill_agent':
    case 'report':
    case 'register_service':
      return checkLiving(state, command.agent_id)
    case 'respond_service':
    case 'withdraw_prompt':
    case 'take_messages':
    case 'remove_service':
    case 'set_standing_bid':
      return checkLiving(state, command.agent_id) ?? checkOwn(state, command)
    case 'set_duty':
      return checkDuty(state, command)
    case 'register_executor':
    case 'restore_llm_upstream':
    case 'resumed':
    case 'tick':
      return null
    default:
      return checkCall(state, command)
  }
}
