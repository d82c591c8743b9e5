import type { EconomyEvent } from '@syntropism/contract'
import { clock, credits, percent, tame } from './format.ts'

/** One line about an event, or null for what a person need not see go by. */
export function describeEvent(event: EconomyEvent): string | null {
  const text = sentence(event)
  return text === null ? null : `${clock(event.at_ms)} #${event.seq} ${tame(text)}`
}

/** What an event says, whichever it is. */
export const explainEvent = (event: EconomyEvent): string => tame(sentence(event) ?? inPassing(event) ?? JSON.stringify(event.data).slice(0, 140))

/** What belongs to an answer and would only flood a feed. */
function inPassing(event: EconomyEvent): string | null {
  switch (event.type) {
    case 'credits_transferred':
      return `${event.data.from_agent} → ${event.data.to_agent}${event.data.to_account === 'holds' ? ' (held)' : ''}: ${event.data.amount} credits (${event.data.purpose})`
    case 'market_cleared':
      return `${event.data.certificate.clearing_id}: ${event.data.certificate.winners.length} of ${event.data.certificate.eligible_count} eligible bids win`
    case 'resources_allocated':
      return `${event.agent_id} wins a slot of attention for ${event.data.bundle.duration_ms} ms (${event.data.lease_id})`
    case 'utilisation_changed':
      return `${event.data.resource}: ${percent(event.data.utilisation_ppm)} is sold`
    case 'prompt_shown':
      return `${event.data.prompt_id} of ${event.agent_id} has its slot`
    case 'bid_raised':
      return `${event.agent_id} raises ${event.data.bid_id} to ${event.data.new_amount} credits`
    case 'bid_withdrawn':
      return `${event.agent_id} takes ${event.data.bid_id} back (${event.data.reason})`
    default:
      return null
  }
}

function sentence(event: EconomyEvent): string | null {
  switch (event.type) {
    case 'agent_created':
      return `${event.agent_id} is created with ${event.data.grant} credits`
    case 'agent_spawned':
      return `${event.data.parent_id} spawns ${event.data.child_id} with ${event.data.initial_balance} credits`
    case 'agent_dormant':
      return `${event.agent_id} sleeps (${event.data.reason}) with ${event.data.final_balance} credits`
    case 'agent_awake':
      return `${event.agent_id} wakes (${event.data.awakened_by})`
    case 'agent_died':
      return `${event.agent_id} dies: ${event.data.reason}`
    case 'bid_placed':
      return `${event.agent_id} bids up to ${event.data.total_cost}${event.data.payer_id === event.agent_id ? '' : ` (paid by ${event.data.payer_id})`} for ${event.data.bundle.duration_ms} ms`
    case 'bid_rejected':
      return `bid of ${event.agent_id} refused: ${event.data.reason}`
    case 'resources_allocated':
      return event.data.executor_id === null
        ? null
        : `${event.agent_id} wins ${event.data.quantities.cpu} milli-cores and ${event.data.quantities.memory} MB for ${event.data.bundle.duration_ms} ms at ${event.data.cost} credits`
    case 'execution_started':
      return `${event.agent_id} runs (${event.data.execution_id})`
    case 'execution_terminated':
      return `${event.agent_id} ends: ${event.data.cause}, ${event.data.elapsed_ms} ms, ${event.data.cpu_ms_used} of ${event.data.cpu_ms_granted} cpu-ms, peak ${event.data.memory_peak_mb} MB${event.data.refunded_micro > 0 ? `, ${event.data.refunded} returned` : ''}${crashReason(event.data.cause, event.data.detail)}`
    case 'transfers_posted':
      return `${event.data.transfers.length} transfers in one batch, ${credits(event.data.transfers.reduce((sum, one) => sum + one.amount_micro, 0))} credits`
    case 'price_update':
      return `${event.data.resource} ${event.data.new_price_micro_per_s > event.data.old_price_micro_per_s ? 'rises' : 'falls'} from ${credits(event.data.old_price_micro_per_s)} to ${credits(event.data.new_price_micro_per_s)} credits/s (${percent(event.data.utilisation_ppm)} sold)`
    default:
      return attention(event)
  }
}

/** The line of what a program wrote last that names its error; else its last line. */
export function errorLine(detail: string): string {
  const lines = detail
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  return lines.find((line) => /^\[?[\w.]*(Error|Exception)\b(?!\()/.test(line)) ?? lines.at(-1) ?? ''
}

function crashReason(cause: string, detail: string | null): string {
  if (cause !== 'crashed' || detail === null) return ''
  const line = errorLine(detail)
  return line === '' ? '' : ` — ${line.slice(0, 160)}`
}

function attention(event: EconomyEvent): string | null {
  switch (event.type) {
    case 'prompt_filed':
      return `${event.agent_id} asks (${event.data.prompt_id}, bids ${event.data.bid}): ${String(event.data.content.title ?? JSON.stringify(event.data.content)).slice(0, 100)}`
    case 'prompt_ended':
      return event.data.reason === 'scored' ? null : `${event.data.prompt_id} of ${event.agent_id} ends: ${event.data.reason}`
    case 'human_reward_issued':
      return `${event.data.human_id} scores ${event.data.prompt_id}: ${event.data.scores.interesting}/${event.data.scores.useful}/${event.data.scores.understandable} → ${event.agent_id} earns ${event.data.credits_awarded} credits`
    case 'service_invoked':
      return `${event.data.caller_agent} uses ${event.data.service_name} of ${event.data.provider_agent}: ${event.data.result} (${event.data.cost} credits)`
    case 'economy_forked':
      return `economy ${event.data.economy_id} leaves ${event.data.parent_economy_id} after #${event.data.parent_seq}`
    case 'economy_resumed':
      return `the economy resumes after ${event.data.down_ms} ms`
    default:
      return models(event)
  }
}

function models(event: EconomyEvent): string | null {
  switch (event.type) {
    case 'llm_threshold_reached':
      return `key ${event.data.key_id} has spent ${event.data.threshold_percent} % of its ${event.data.limit_micro_usd} micro-dollars${event.data.window_ms === 0 ? '' : ` per ${event.data.window_ms / 1000} s`}`
    case 'llm_upstream_tripped':
      return `upstream ${event.data.upstream_id} passed the bound of ${event.data.call_id} by ${event.data.overrun_micro_usd} micro-dollars and is out of rotation`
    case 'llm_upstream_restored':
      return `upstream ${event.data.upstream_id} is back in rotation`
    default:
      return null
  }
}
