import type { CommandOf, EventData, Refusal } from '@syntropism/contract'
import type { Json } from '../codec/index.ts'
import { type Agent, type State, type Step, agentOf, emit, free, freeMicro, moveCredits, postCredits, refuse, touch } from '../state/index.ts'
import { invariant } from '../units/index.ts'

/** Why two agents cannot deal with one another, or null. */
export function checkPair(state: State, fromId: string, toId: string): Refusal | null {
  const from = state.agents.get(fromId)
  const to = state.agents.get(toId)
  if (from === undefined || to === undefined) return refuse('agent_unknown', { agent_id: from === undefined ? fromId : toId })
  if (from.status === 'dead' || to.status === 'dead') return refuse('agent_dead', { agent_id: from.status === 'dead' ? fromId : toId })
  return null
}

export const checkFree = (state: State, agentId: string, required: number): Refusal | null => {
  const available = freeMicro(state, agentOf(state, agentId))
  return available < required ? refuse('credits_insufficient', { available_micro: available, required_micro: required }) : null
}

export function checkTransfer(state: State, command: CommandOf<'transfer'>): Refusal | null {
  const pair = checkPair(state, command.from_agent_id, command.to_agent_id)
  if (pair !== null) return pair
  if (command.from_agent_id === command.to_agent_id) return refuse('self_transfer', { agent_id: command.from_agent_id })
  return checkFree(state, command.from_agent_id, command.amount_micro)
}

/** Each receiver as for a single transfer, and the sum of all against the free balance. */
export function checkLinkedTransfers(state: State, command: CommandOf<'transfer_linked'>): Refusal | null {
  let required = 0
  for (const { amount_micro, to_agent_id } of command.transfers) {
    const pair = checkPair(state, command.from_agent_id, to_agent_id)
    if (pair !== null) return pair
    if (command.from_agent_id === to_agent_id) return refuse('self_transfer', { agent_id: to_agent_id })
    required += amount_micro
  }
  return checkFree(state, command.from_agent_id, required)
}

/** Makes linked transfers of one payer; the answer has their ids. */
export function payLinked(step: Step, command: CommandOf<'transfer_linked'>): Readonly<Record<string, Json>> {
  const { state } = step
  const payer = agentOf(state, command.from_agent_id)
  const ids = command.transfers.map(({ amount_micro, purpose, to_agent_id }) => {
    touch(step, to_agent_id, payer.agent_id, false)
    return moveCredits(step, free(payer), free(agentOf(state, to_agent_id)), amount_micro, purpose).transfer_id
  })
  touch(step, payer.agent_id, 'self', false)
  return { transfer_ids: ids }
}

type Batch = CommandOf<'transfer_batch'>

/** Why one transfer of a batch cannot be made, or null; `moved` is what those before it brought agents and took from them, where they are not posted yet. */
function checkOne(state: State, transfer: Batch['transfers'][number], moved: ReadonlyMap<Agent, number> | null): Refusal | null {
  const { amount_micro, from_agent_id, to_agent_id } = transfer
  const payer = state.agents.get(from_agent_id)
  const payee = state.agents.get(to_agent_id)
  if (payer === undefined || payee === undefined || payer.status === 'dead' || payee.status === 'dead') return checkPair(state, from_agent_id, to_agent_id)
  if (payer === payee) return refuse('self_transfer', { agent_id: from_agent_id })
  const available = freeMicro(state, payer) + (moved?.get(payer) ?? 0)
  return available < amount_micro ? refuse('credits_insufficient', { available_micro: available, required_micro: amount_micro }) : null
}

/** Of linked transfers the first that cannot be made refuses all, with its place. */
export function checkBatch(state: State, { linked, transfers }: Batch): Refusal | null {
  if (!linked) return null
  const moved = new Map<Agent, number>()
  for (const [index, transfer] of transfers.entries()) {
    const refusal = checkOne(state, transfer, moved)
    if (refusal !== null) return { ...refusal, detail: { ...refusal.detail, index } }
    const [payer, payee] = [agentOf(state, transfer.from_agent_id), agentOf(state, transfer.to_agent_id)]
    moved.set(payer, (moved.get(payer) ?? 0) - transfer.amount_micro)
    moved.set(payee, (moved.get(payee) ?? 0) + transfer.amount_micro)
  }
  return null
}

/** Posts the transfers of a batch in order and says so in one event. Its answer names those that were left out, by their place. */
export function postBatch(step: Step, { linked, transfers }: Batch): Readonly<Record<string, Json>> {
  const { counters } = step.state
  const first = { first_entry_id: counters.entry + 1, first_transfer_number: counters.transfer + 1 }
  const posted: EventData<'transfers_posted'>['transfers'] = []
  const refused: { readonly code: string; readonly index: number }[] = []
  for (const [index, transfer] of transfers.entries()) {
    const refusal = linked ? null : checkOne(step.state, transfer, null)
    if (refusal !== null) {
      refused.push({ code: refusal.code, index })
      continue
    }
    const { amount_micro, from_agent_id: from_agent, purpose, to_agent_id: to_agent } = transfer
    postCredits(step, agentOf(step.state, from_agent), agentOf(step.state, to_agent), amount_micro, purpose)
    posted.push({ amount_micro, from_agent, purpose, to_agent })
    touch(step, from_agent, 'self', false)
    touch(step, to_agent, from_agent, false)
  }
  const numbered = counters.entry + 1 - first.first_entry_id === posted.length && counters.transfer + 1 - first.first_transfer_number === posted.length
  invariant(numbered, 'transfers of a batch are numbered without a gap', { posted: posted.length })
  if (posted.length > 0) emit(step, 'transfers_posted', '', { ...first, transfers: posted })
  return { first_transfer_id: posted.length === 0 ? null : `transfer-${first.first_transfer_number}`, posted: posted.length, refused }
}
