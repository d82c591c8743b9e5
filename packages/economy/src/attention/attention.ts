import type { CommandOf, EventData, Refusal } from '@syntropism/contract'
import { endBid, leaveBook, placeBid } from '../auction/index.ts'
import { endLease, meterSold } from '../leases/index.ts'
import {
  type Bid,
  type Human,
  type Lease,
  type Prompt,
  type State,
  type Step,
  addDeadline,
  agentOf,
  emit,
  free,
  freeMicro,
  held,
  inTrace,
  mintCredits,
  moveCredits,
  refuse,
  touch,
} from '../state/index.ts'
import { MS_PER_DAY, PPM, microToCredits } from '../units/index.ts'
import { checkCap, spendAttention } from './duty.ts'

/** Lease of the agent's running window if that holds attention: a live session, in which prompts need no bid of their own. */
function liveSession(state: State, agentId: string): Lease | null {
  const lease = state.leases.get(agentOf(state, agentId).lease_id ?? '')
  return lease !== undefined && lease.quantities.attention > 0 ? lease : null
}

export function checkFilePrompt(state: State, command: CommandOf<'file_prompt'>): Refusal | null {
  const agent = state.agents.get(command.agent_id)
  if (agent === undefined) return refuse('agent_unknown', { agent_id: command.agent_id })
  if (agent.status === 'dead') return refuse('agent_dead', { agent_id: agent.agent_id })
  if (agent.prompt_id !== null) return refuse('prompt_open', { prompt_id: agent.prompt_id })
  if (liveSession(state, agent.agent_id) !== null) return null
  if (command.amount_micro === 0) return refuse('command_invalid', { expected: 'a bid above zero, or a window that holds attention', field: 'amount_micro' })
  const available = freeMicro(state, agent)
  return available < command.amount_micro ? refuse('credits_insufficient', { available_micro: available, required_micro: command.amount_micro }) : null
}

/** Files a prompt: a bid for one attention slot that outlives the window, or at once shown in a live session. */
export function filePrompt(step: Step, command: CommandOf<'file_prompt'>): Prompt {
  const { state } = step
  const agent = agentOf(state, command.agent_id)
  const session = liveSession(state, agent.agent_id)
  state.counters.prompt += 1
  const promptId = `prompt-${state.counters.prompt}`
  const deadline = state.at_ms + Math.min(command.deadline_ms ?? state.params.prompt_deadline_ms, state.params.prompt_deadline_ms)
  const bidMicro = session === null ? command.amount_micro : 0
  emit(step, 'prompt_filed', agent.agent_id, {
    agent_id: agent.agent_id,
    bid: microToCredits(bidMicro),
    bid_micro: bidMicro,
    content: command.content,
    deadline_at_ms: deadline,
    lease_id: session?.lease_id ?? null,
    prompt_id: promptId,
  })
  agent.prompt_id = promptId
  const bid =
    session === null
      ? placeBid(step, {
          agent,
          amount_micro: bidMicro,
          bundle: { attention: PPM },
          duration_ms: state.params.attention_slot_ms,
          expires_at_ms: null,
          margin_ppm: null,
          not_before_ms: state.at_ms,
          payer: agent,
          payload: null,
          prompt_id: promptId,
        })
      : null
  const prompt: Prompt = {
    agent_id: agent.agent_id,
    amount_micro: bidMicro,
    bid_id: bid?.bid_id ?? null,
    deadline_at_ms: deadline,
    lease_id: session?.lease_id ?? null,
    price_micro: null,
    prompt_id: promptId,
    traceparent: bid?.traceparent ?? step.traceparent,
  }
  state.prompts.set(promptId, prompt)
  addDeadline(step, 'prompt', promptId, deadline)
  if (session !== null) emit(step, 'prompt_shown', agent.agent_id, { agent_id: agent.agent_id, prompt_id: promptId, until_ms: session.ends_at_ms })
  return prompt
}

/** Gives a prompt its slot at a price: its bid rests while it is shown, its credits stay in hold. */
export function showPrompt(step: Step, bid: Bid, lease: Lease, priceMicro: number): void {
  const prompt = step.state.prompts.get(bid.prompt_id as string) as Prompt
  prompt.lease_id = lease.lease_id
  prompt.price_micro = priceMicro
  emit(step, 'prompt_shown', prompt.agent_id, { agent_id: prompt.agent_id, prompt_id: prompt.prompt_id, until_ms: lease.ends_at_ms })
}

/** A slot is over and nobody scored: the prompt waits for another one until its deadline. */
export function endSlot(step: Step, lease: Lease): void {
  const prompt = step.state.prompts.get(lease.prompt_id as string)
  closeSlot(step, lease)
  if (prompt !== undefined) prompt.lease_id = null
}

function closeSlot(step: Step, lease: Lease): void {
  const { state } = step
  endLease(step, lease, {
    cause: 'completed',
    cpu_ms: 0,
    detail: '',
    elapsed_ms: Math.min(lease.duration_ms, state.at_ms - lease.cleared_at_ms),
    exit_code: null,
    memory_mb_ms: 0,
    memory_peak_mb: 0,
    served_until_ms: state.at_ms,
  })
  inTrace(step, lease.traceparent, () => meterSold(step))
}

/** Ends a prompt: when a human spent attention on it, the price of its slot burns (its bid when it had none yet); the rest returns. */
export const endPrompt = (step: Step, prompt: Prompt, reason: EventData<'prompt_ended'>['reason']): void =>
  inTrace(step, prompt.traceparent, () => closePrompt(step, prompt, reason))

function closePrompt(step: Step, prompt: Prompt, reason: EventData<'prompt_ended'>['reason']): void {
  const { state } = step
  const agent = agentOf(state, prompt.agent_id)
  const spent = reason === 'scored' || reason === 'skipped'
  const lease = prompt.bid_id === null ? undefined : state.leases.get(prompt.lease_id ?? '')
  if (lease !== undefined) closeSlot(step, lease)
  const bid = prompt.bid_id === null ? undefined : state.bids.get(prompt.bid_id)
  const burned = spent ? Math.min(prompt.amount_micro, prompt.price_micro ?? prompt.amount_micro) : 0
  state.prompts.delete(prompt.prompt_id)
  agent.prompt_id = null
  emit(step, 'prompt_ended', agent.agent_id, {
    agent_id: agent.agent_id,
    burned_micro: burned,
    prompt_id: prompt.prompt_id,
    reason,
    refunded_micro: prompt.amount_micro - burned,
  })
  if (bid !== undefined && spent) {
    leaveBook(state, bid)
    moveCredits(step, held(agent), free('burn'), burned, 'attention_burn', bid.bid_id)
    if (bid.amount_micro > burned) moveCredits(step, held(agent), free(agent), bid.amount_micro - burned, 'bid_release', bid.bid_id)
  } else if (bid !== undefined) endBid(step, bid, `prompt_${reason}`, null)
  touch(step, agent.agent_id, 'self', true)
}

const dayOf = (atMs: number): number => Math.floor(atMs / MS_PER_DAY)

/** Micro-credits that three scores earn: Σ weight × score. */
export function rewardMicro(state: State, scores: CommandOf<'score_prompt'>['scores']): number {
  const weights = state.params.reward_weights_micro
  return scores.interesting * weights.interesting + scores.useful * weights.useful + scores.understandable * weights.understandable
}

export function checkJudgement(state: State, command: CommandOf<'score_prompt'> | CommandOf<'skip_prompt'>): Refusal | null {
  const human = state.humans.get(command.human_id)
  if (human === undefined) return refuse('human_unknown', { human_id: command.human_id })
  const prompt = state.prompts.get(command.prompt_id)
  if (prompt === undefined || prompt.deadline_at_ms <= state.at_ms) return refuse('prompt_unknown', { prompt_id: command.prompt_id })
  const capped = checkCap(state, human)
  if (capped !== null || command.type === 'skip_prompt') return capped
  const minted = human.day === dayOf(state.at_ms) ? human.minted_micro : 0
  const reward = rewardMicro(state, command.scores)
  const limit = state.params.mint_per_human_per_day_micro
  return minted + reward > limit ? refuse('daily_mint_limit_reached', { limit_micro: limit, minted_micro: minted, reward_micro: reward }) : null
}

/** A named human's scores end the prompt and mint its reward: the only origin of new credits besides grants. */
export function scorePrompt(step: Step, command: CommandOf<'score_prompt'>): number {
  const prompt = step.state.prompts.get(command.prompt_id) as Prompt
  return inTrace(step, prompt.traceparent, () => payReward(step, command, prompt))
}

function payReward(step: Step, command: CommandOf<'score_prompt'>, prompt: Prompt): number {
  const { state } = step
  const human = state.humans.get(command.human_id) as Human
  const agent = agentOf(state, prompt.agent_id)
  const earned = rewardMicro(state, command.scores)
  const today = dayOf(state.at_ms)
  human.minted_micro = (human.day === today ? human.minted_micro : 0) + earned
  human.day = today
  endPrompt(step, prompt, 'scored')
  emit(step, 'human_reward_issued', agent.agent_id, {
    agent_id: agent.agent_id,
    credits_awarded: microToCredits(earned),
    credits_awarded_micro: earned,
    human_id: human.human_id,
    prompt_id: prompt.prompt_id,
    reason: command.reason ?? null,
    scores: command.scores,
  })
  if (earned > 0) mintCredits(step, agent, earned, 'reward')
  touch(step, agent.agent_id, 'system', true)
  spendAttention(step, human)
  return earned
}

/** A named human passes a prompt over: it ends, and nothing is minted. */
export function skipPrompt(step: Step, command: CommandOf<'skip_prompt'>): void {
  endPrompt(step, step.state.prompts.get(command.prompt_id) as Prompt, 'skipped')
  spendAttention(step, step.state.humans.get(command.human_id) as Human)
}
