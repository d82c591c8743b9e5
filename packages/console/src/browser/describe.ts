import type { EconomyEvent } from '@syntropism/contract'
import { counted, credits, dollars, span, timeLeft, words } from './format.ts'

/** What happened on the market. */
function onMarket(event: EconomyEvent): string | null {
  switch (event.type) {
    case 'price_update':
      return `${event.data.resource} ${credits(event.data.old_price_micro_per_s)} → ${credits(event.data.new_price_micro_per_s)} credits/s (${words(event.data.reason)})`
    case 'bid_placed':
      return `${event.agent_id} bids up to ${credits(event.data.total_cost_micro)} credits for ${span(event.data.bundle.duration_ms)}`
    case 'bid_raised':
      return `${event.agent_id} raises ${event.data.bid_id} to ${credits(event.data.new_amount_micro)} credits`
    case 'bid_rejected':
      return `bid of ${event.agent_id} refused: ${words(event.data.reason)}`
    case 'bid_withdrawn':
      return `${event.agent_id} takes ${event.data.bid_id} back: ${words(event.data.reason)}`
    case 'resources_allocated':
      return `${event.agent_id} wins ${event.data.lease_id} for ${credits(event.data.cost_micro)} credits`
    case 'market_cleared':
      return `${event.data.certificate.clearing_id}: ${event.data.certificate.winners.length} of ${event.data.certificate.eligible_count} eligible bids win`
    case 'utilisation_changed':
      return `${event.data.resource} ${(event.data.utilisation_ppm / 10_000).toFixed(1)} % sold`
    default:
      return null
  }
}

/** What became of an agent, and what it did. */
function ofAgent(event: EconomyEvent): string | null {
  switch (event.type) {
    case 'agent_created':
      return `${event.agent_id} is made, with ${credits(event.data.grant_micro)} credits`
    case 'agent_spawned':
      return `${event.data.parent_id} spawns ${event.data.child_id}`
    case 'agent_dormant':
      return `${event.agent_id} sleeps: ${words(event.data.reason)}`
    case 'agent_awake':
      return `${event.agent_id} wakes, by ${event.data.awakened_by}`
    case 'agent_died':
      return `${event.agent_id} dies: ${words(event.data.reason)}`
    case 'execution_started':
      return `${event.agent_id} begins ${event.data.execution_id} on ${event.data.executor_id}`
    case 'execution_terminated':
      return `${event.agent_id} ends ${event.data.execution_id}: ${words(event.data.cause)} after ${span(event.data.elapsed_ms)}`
    case 'tool_call_initiated':
      return `${event.agent_id} calls ${event.data.tool_name}`
    case 'tool_call_completed':
      return `${event.data.tool_name} of ${event.agent_id}: ${event.data.result}`
    case 'balance_queried':
      return `${event.agent_id} asks for its balance: ${credits(event.data.balance_micro)} credits`
    case 'tool_call_settled':
      return `${event.data.server_id}/${event.data.tool_name} for ${event.agent_id}: ${event.data.outcome}, ${credits(event.data.charged_micro)} credits`
    case 'llm_call_settled':
      return `${event.data.key_id ?? event.agent_id}: ${event.data.model} ${event.data.finish}, ${dollars(event.data.cost_micro_usd)}`
    default:
      return null
  }
}

/** A movement of credits; what one puts aside for a bid and gets back stays its own. */
function transferred(moved: {
  readonly amount_micro: number
  readonly from_agent: string
  readonly purpose: string
  readonly to_account: string
  readonly to_agent: string
}): string {
  const sum = `${credits(moved.amount_micro)} credits (${words(moved.purpose)})`
  if (moved.from_agent !== moved.to_agent) return `${moved.from_agent} → ${moved.to_agent}: ${sum}`
  return moved.to_account === 'holds' ? `${moved.from_agent} puts ${sum} aside` : `${moved.from_agent} has ${sum} free again`
}

/** What an agent thinks and changes of itself. */
function ofMind(event: EconomyEvent): string | null {
  switch (event.type) {
    case 'reasoning_trace':
      return `${event.agent_id} decides: ${event.data.decision}`
    case 'reflection':
      return `${event.agent_id} looks back (${words(event.data.outcome_assessment)}): ${event.data.what_worked || event.data.what_failed || event.data.adjustments_planned}`
    case 'code_change_proposed':
      return `${event.agent_id} would change ${event.data.target_module}: ${event.data.change_description}`
    case 'code_change_applied':
      return `${event.agent_id} changes ${event.data.modules_modified.join(', ')}: tests ${words(event.data.test_results)}`
    case 'standing_bid_set':
      return `${event.agent_id} sets its standing bid`
    case 'messages_taken':
      return `${event.agent_id} reads ${counted(event.data.message_ids.length, 'message')}`
    default:
      return null
  }
}

/** What went on between agents, people and the operator. */
function betweenPeople(event: EconomyEvent): string | null {
  switch (event.type) {
    case 'credits_transferred':
      return transferred(event.data)
    case 'transfers_posted':
      return `${event.data.transfers.length} transfers of a batch: ${credits(event.data.transfers.reduce((sum, one) => sum + one.amount_micro, 0))} credits`
    case 'prompt_filed':
      return `${event.agent_id} asks for attention, bids ${credits(event.data.bid_micro)} credits`
    case 'prompt_shown':
      return `${event.data.prompt_id} of ${event.agent_id} has its slot`
    case 'prompt_ended':
      return `${event.data.prompt_id} of ${event.agent_id} ends: ${words(event.data.reason)}, ${credits(event.data.refunded_micro)} credits go back`
    case 'human_reward_issued':
      return `${event.data.human_id} gives ${event.data.agent_id} ${credits(event.data.credits_awarded_micro)} credits`
    case 'duty_changed':
      return `${event.data.human_id} is ${event.data.on_duty ? 'on duty' : event.data.back_at_ms === undefined ? 'off duty' : `resting for ${timeLeft(event.data.back_at_ms - event.at_ms)}`}`
    case 'message_sent':
      return `${event.data.from_agent} writes to ${event.data.to_agent}`
    case 'service_registered':
      return `${event.agent_id} offers ${event.data.service_name} for ${credits(event.data.advertised_cost_micro)} credits`
    case 'service_requested':
      return `${event.data.caller_agent} asks ${event.data.provider_agent} for ${event.data.service_name}`
    case 'service_invoked':
      return `${event.data.service_name} of ${event.data.provider_agent} for ${event.data.caller_agent}: ${event.data.result}`
    case 'operator_acted':
      return `${event.data.by}: ${words(event.data.action)} ${event.data.agent_id ?? ''} (${event.data.reason})`
    default:
      return null
  }
}

/** One sentence about an event; the agent where there is no better one. */
export const describe = (event: EconomyEvent): string => onMarket(event) ?? ofAgent(event) ?? ofMind(event) ?? betweenPeople(event) ?? event.agent_id
