import type { EconomyEvent } from '@syntropism/contract'
import { type Posting, type State, freeMicro } from '@syntropism/economy'
import { Changes } from './changes.ts'
import { projectLlm } from './llm-projection.ts'
import { projectTools } from './tool-projection.ts'

/** What a batch changes in the read models. They can be made again from the journal at any time and are never a source. `state` is the state after it. */
export function changesOf(events: readonly EconomyEvent[], postings: readonly Posting[], state: State): Changes {
  const changes = new Changes()
  // Movements of credits are rows of `transfers`; `postings` holds those of the other assets.
  for (const posting of postings) if (posting.transfer_id === '') changes.insert('postings', posting)
  const touched = new Set<string>()
  for (const event of events) {
    projectLedger(event, changes)
    projectTurns(event, changes)
    if (event.type === 'credits_transferred') touched.add(event.data.from_agent).add(event.data.to_agent)
    else if (event.agent_id !== '') touched.add(event.agent_id)
  }
  for (const agent_id of touched) {
    const agent = state.agents.get(agent_id)
    if (agent !== undefined)
      changes.update('agents', { agent_id }, { balance_micro: freeMicro(state, agent), held_micro: agent.held_micro, status: agent.status })
  }
  return changes
}

function projectLedger(event: EconomyEvent, changes: Changes): void {
  const { at_ms, seq } = event
  switch (event.type) {
    case 'credits_transferred': {
      const { data } = event
      changes.insert('transfers', {
        amount_micro: data.amount_micro,
        at_ms,
        entry_id: data.entry_id,
        from_account: data.from_account,
        from_agent: data.from_agent,
        hold_id: data.hold_id,
        number: Number(data.transfer_id.slice('transfer-'.length)),
        purpose: data.purpose,
        seq,
        to_account: data.to_account,
        to_agent: data.to_agent,
        transfer_id: data.transfer_id,
      })
      return
    }
    case 'price_update': {
      const { new_price_micro_per_s, old_price_micro_per_s, reason, resource, utilisation_ppm } = event.data
      changes.insert('prices', { at_ms, new_price_micro_per_s, old_price_micro_per_s, reason, resource, seq, utilisation_ppm })
      return
    }
    case 'market_cleared': {
      const { certificate } = event.data
      changes.insert('clearings', { at_ms, certificate: JSON.stringify(certificate), clearing_id: certificate.clearing_id, seq })
      return
    }
    case 'execution_terminated':
      changes.insert('receipts', { agent_id: event.agent_id, at_ms, lease_id: event.data.execution_id, receipt: JSON.stringify(event.data), seq })
      return
    default:
      projectLife(event, changes)
  }
}

const TURNS: ReadonlySet<EconomyEvent['type']> = new Set([
  'agent_awake',
  'agent_created',
  'agent_died',
  'agent_dormant',
  'agent_spawned',
  'bid_rejected',
  'bid_withdrawn',
])
function projectTurns({ agent_id: speaker, at_ms, data, seq, type }: EconomyEvent, changes: Changes): void {
  if (!TURNS.has(type)) return
  const agent_id = type === 'agent_spawned' && 'child_id' in data ? data.child_id : speaker
  if (agent_id !== '') changes.insert('turns', { agent_id, at_ms, data: JSON.stringify(data), seq, type })
}

const NEW_AGENT = { balance_micro: 0, earned_micro: 0, held_micro: 0, status: 'new', status_reason: '', windows: 0 }

function projectLife(event: EconomyEvent, changes: Changes): void {
  const { agent_id, at_ms: created_at_ms } = event
  const because = (status_reason: string): void => changes.update('agents', { agent_id }, { status_reason })
  switch (event.type) {
    case 'agent_created':
      changes.create('agents', { agent_id }, { ...NEW_AGENT, created_at_ms, lineage: '[]', name: event.data.name, parent_id: null })
      return
    case 'agent_spawned': {
      const { child_id, lineage, name, parent_id } = event.data
      changes.create('agents', { agent_id: child_id }, { ...NEW_AGENT, created_at_ms, lineage: JSON.stringify(lineage), name, parent_id })
      return
    }
    case 'agent_dormant':
      because(event.data.reason)
      return
    case 'agent_awake':
      because(`woken by ${event.data.awakened_by}`)
      return
    case 'agent_died':
      because(`${event.data.cause}: ${event.data.reason}`)
      return
    case 'execution_started':
      changes.add('agents', { agent_id }, { windows: 1 })
      return
    default:
      projectAttention(event, changes)
  }
}

function projectAttention(event: EconomyEvent, changes: Changes): void {
  switch (event.type) {
    case 'prompt_filed': {
      const { bid_micro, content, deadline_at_ms, prompt_id } = event.data
      const { agent_id, at_ms: filed_at_ms, seq } = event
      const open = { credits_awarded_micro: null, ended_at_ms: null, human_id: null, reason: null, scores: null, status: 'waiting' }
      changes.create('prompts', { prompt_id }, { ...open, agent_id, bid_micro, content: JSON.stringify(content), deadline_at_ms, filed_at_ms, seq })
      return
    }
    case 'prompt_shown':
      changes.update('prompts', { prompt_id: event.data.prompt_id }, { status: 'shown' })
      return
    case 'prompt_ended':
      changes.update('prompts', { prompt_id: event.data.prompt_id }, { ended_at_ms: event.at_ms, status: event.data.reason })
      return
    case 'human_reward_issued': {
      const { credits_awarded_micro, human_id, prompt_id, reason, scores } = event.data
      changes.update('prompts', { prompt_id }, { credits_awarded_micro, human_id, reason, scores: JSON.stringify(scores) })
      changes.add('agents', { agent_id: event.agent_id }, { earned_micro: credits_awarded_micro })
      return
    }
    default:
      projectDealings(event, changes)
  }
}

function projectDealings(event: EconomyEvent, changes: Changes): void {
  const { at_ms, seq } = event
  switch (event.type) {
    case 'message_sent': {
      const { content, from_agent, message_id, to_agent } = event.data
      changes.insert('messages', { at_ms, body: JSON.stringify({ content }), from_agent, kind: 'message', message_id, seq, to_agent })
      return
    }
    case 'service_requested': {
      const { caller_agent, cost_micro, deadline_at_ms, invocation_id, message_id, provider_agent, request, service_name } = event.data
      const body = JSON.stringify({ cost_micro, deadline_at_ms, invocation_id, request, service_name })
      changes.insert('messages', { at_ms, body, from_agent: caller_agent, kind: 'request', message_id, seq, to_agent: provider_agent })
      changes.create('invocations', { invocation_id }, { body: JSON.stringify(event.data), result: null, seq })
      return
    }
    case 'service_invoked':
      changes.update('invocations', { invocation_id: event.data.invocation_id }, { result: JSON.stringify(event.data) })
      return
    case 'service_registered': {
      const { advertised_cost_micro: cost_micro, agent_id, payment, service_name, specification } = event.data
      changes.remove('services', { agent_id, service_name })
      changes.create('services', { agent_id, service_name }, { cost_micro, payment, specification: JSON.stringify(specification) })
      return
    }
    case 'service_removed':
      changes.remove('services', { agent_id: event.data.agent_id, service_name: event.data.service_name })
      return
    case 'operator_acted': {
      const { action, agent_id, by: ordered_by, details, reason } = event.data
      changes.insert('orders', { action, agent_id, at_ms, details: JSON.stringify(details), ordered_by, reason, seq })
      return
    }
    default:
      projectLlm(event, changes)
      projectTools(event, changes)
  }
}
