import type { EconomyEvent } from '@syntropism/contract'
import { credits } from './format.ts'

/** One sentence about an event; its type and agent where there is no better one. */
export function describe(event: EconomyEvent): string {
  switch (event.type) {
    case 'credits_transferred':
      return `${event.data.from_agent} → ${event.data.to_agent}: ${credits(event.data.amount_micro)} (${event.data.purpose})`
    case 'transfers_posted':
      return `${event.data.transfers.length} transfers of a batch: ${credits(event.data.transfers.reduce((sum, one) => sum + one.amount_micro, 0))}`
    case 'price_update':
      return `${event.data.resource} ${credits(event.data.old_price_micro_per_s)} → ${credits(event.data.new_price_micro_per_s)} credits/s (${event.data.reason})`
    case 'bid_placed':
      return `${event.agent_id} bids up to ${credits(event.data.total_cost_micro)} for ${event.data.bundle.duration_ms} ms`
    case 'bid_rejected':
      return `bid of ${event.agent_id} refused: ${event.data.reason}`
    case 'resources_allocated':
      return `${event.agent_id} wins ${event.data.lease_id} for ${credits(event.data.cost_micro)}`
    case 'market_cleared':
      return `${event.data.certificate.clearing_id}: ${event.data.certificate.winners.length} of ${event.data.certificate.eligible_count} eligible bids win`
    case 'execution_terminated':
      return `${event.agent_id} ends ${event.data.execution_id}: ${event.data.cause}, ${event.data.elapsed_ms} ms`
    case 'prompt_filed':
      return `${event.agent_id} asks for attention, bids ${credits(event.data.bid_micro)}`
    case 'human_reward_issued':
      return `${event.data.human_id} gives ${event.data.agent_id} ${credits(event.data.credits_awarded_micro)} credits`
    case 'agent_died':
      return `${event.agent_id} dies: ${event.data.reason}`
    case 'agent_dormant':
      return `${event.agent_id} sleeps: ${event.data.reason}`
    case 'agent_spawned':
      return `${event.data.parent_id} spawns ${event.data.child_id}`
    case 'operator_acted':
      return `${event.data.by}: ${event.data.action} ${event.data.agent_id ?? ''} (${event.data.reason})`
    case 'utilisation_changed':
      return `${event.data.resource} ${(event.data.utilisation_ppm / 10_000).toFixed(1)} % sold`
    default:
      return event.agent_id
  }
}
