import type { EconomyEvent } from '@syntropism/contract'
import { type State, movementsIn } from '@syntropism/economy'
import type { Batch } from '../ports/index.ts'
import { Changes } from './changes.ts'
import { projectLlm } from './llm-projection.ts'
import { MovementProjection } from './movement-projection.ts'
import type { Tables } from './schema.ts'
import { projectTools } from './tool-projection.ts'

/** What a projection has to know of the tables before it adds to them. */
export const MEMORY = {
  agents: 'SELECT agent_id, status FROM agents',
  holdings: 'SELECT party, balance_micro, held_micro, movements, last_number FROM holdings',
} as const
export interface Memory {
  readonly agents: readonly Pick<Tables['agents'], 'agent_id' | 'status'>[]
  readonly holdings: readonly Tables['holdings'][]
}
export const NOTHING: Memory = { agents: [], holdings: [] }

/** Says of one record after another what it changes in the read models. They can be made again from the journal at any time and are never a source. */
export class Projection {
  readonly #movements: MovementProjection
  readonly #statuses: Map<string, string>

  constructor({ agents, holdings }: Memory) {
    this.#movements = new MovementProjection(holdings)
    this.#statuses = new Map(agents.map(({ agent_id, status }) => [agent_id, status]))
  }

  /** Changes by the next record; `state` is the state after it. */
  changesOf({ events, postings }: Pick<Batch, 'events' | 'postings'>, state: State): Changes {
    const changes = new Changes()
    // Movements of credits have tables of their own; `postings` holds those of the other assets.
    for (const posting of postings) if (posting.transfer_id === '') changes.insert('postings', posting)
    const touched = new Set<string>()
    for (const event of events) {
      for (const movement of movementsIn(event)) {
        this.#movements.add(movement, event.seq, event.at_ms, changes)
        touched.add(movement.from_agent).add(movement.to_agent)
      }
      if (event.type === 'agent_created') this.#movements.open(event.data.agent_id)
      if (event.type === 'agent_spawned') this.#movements.open(event.data.child_id)
      if (event.agent_id !== '') touched.add(event.agent_id)
      projectMarket(event, changes)
      projectTurns(event, changes)
    }
    this.#movements.end(changes)
    for (const agent_id of touched) {
      const status = state.agents.get(agent_id)?.status
      if (status === undefined || status === this.#statuses.get(agent_id)) continue
      this.#statuses.set(agent_id, status)
      changes.update('agents', { agent_id }, { status })
    }
    return changes
  }
}

function projectMarket(event: EconomyEvent, changes: Changes): void {
  const { at_ms, seq } = event
  switch (event.type) {
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

const NEW_AGENT = { earned_micro: 0, status: 'new', status_reason: '', windows: 0 }

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
