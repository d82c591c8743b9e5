import type { CommandOf, Draft } from '../economy/index.ts'
import { shown } from '../engine/index.ts'

export type Bundle = CommandOf<'place_bid'>['bundle']
export type StandingBid = NonNullable<CommandOf<'set_standing_bid'>['standing_bid']>
type Content = CommandOf<'file_prompt'>['content']

/** What a strategy may do, in the economy's own words; each becomes one command of the agent that acts. Amounts are whole micro-credits, shares parts per million. */
export type Action =
  | {
      readonly type: 'bid'
      readonly amount_micro: number
      readonly bundle: Bundle
      readonly duration_ms: number
      readonly expires_in_ms?: number
      /** How long it waits before it takes part in clearings. */
      readonly starts_in_ms?: number
      readonly for_agent?: string
      /** Under posted prices, what it offers over the price. */
      readonly tip_micro?: number
    }
  | { readonly type: 'raise'; readonly amount_micro: number; readonly bid_id: string }
  | { readonly type: 'withdraw'; readonly bid_id: string }
  | { readonly type: 'standing_bid'; readonly standing_bid: StandingBid | null }
  | { readonly type: 'transfer'; readonly amount_micro: number; readonly purpose?: string; readonly to_agent_id: string }
  | { readonly type: 'spawn'; readonly endowment_micro: number; readonly name?: string; readonly standing_bid?: StandingBid | null }
  | { readonly type: 'prompt'; readonly amount_micro: number; readonly content?: Content; readonly deadline_ms?: number }
  | { readonly type: 'offer_service'; readonly cost_micro: number; readonly service_name: string }
  | { readonly type: 'invoke'; readonly provider_id: string; readonly request?: string; readonly service_name: string }
  | { readonly type: 'respond'; readonly invocation_id: string; readonly response?: string; readonly result: 'failure' | 'success' }

const PPM = 1_000_000
const RESOURCES: ReadonlySet<string> = new Set(['attention', 'cpu', 'llm', 'memory'])
const TYPES: ReadonlySet<string> = new Set<Action['type']>([
  'bid',
  'invoke',
  'offer_service',
  'prompt',
  'raise',
  'respond',
  'spawn',
  'standing_bid',
  'transfer',
  'withdraw',
])
/** Fields of actions that are numbers, with the least that each may be. */
const NUMBERS: Readonly<Record<string, number>> = {
  amount_micro: 0,
  cost_micro: 0,
  deadline_ms: 1,
  duration_ms: 1,
  endowment_micro: 0,
  expires_in_ms: 1,
  starts_in_ms: 0,
  tip_micro: 0,
}

function badNumber(field: string, value: unknown, least: number, most: number): string | null {
  const sound = typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most
  return sound ? null : `${field} is a whole number from ${least} to ${most}, not ${shown(value)}`
}

function badBundle(bundle: unknown): string | null {
  if (typeof bundle !== 'object' || bundle === null) return `bundle names shares of resources, not ${shown(bundle)}`
  for (const [resource, share] of Object.entries(bundle)) {
    if (!RESOURCES.has(resource)) return `bundle names ${[...RESOURCES].join(', ')}, not ${shown(resource)}`
    const bad = share === undefined ? null : badNumber(`bundle.${resource}`, share, 1, PPM)
    if (bad !== null) return bad
  }
  return null
}

/** What is wrong with what a strategy returned, or null. The economy's own refusals (too poor, over capacity) are no faults of form. */
export function badAction(action: unknown): string | null {
  if (typeof action !== 'object' || action === null) return `an action is an object with a type, not ${shown(action)}`
  const { type } = action as Action
  if (!TYPES.has(type)) return `an action's type is one of ${[...TYPES].join(', ')}, not ${shown(type)}`
  for (const [field, value] of Object.entries(action)) {
    const least = NUMBERS[field]
    const bad = least === undefined || value === undefined ? null : badNumber(`${field} of ${type}`, value, least, 2 ** 52)
    if (bad !== null) return bad
  }
  if (type === 'bid')
    return (
      badNumber('amount_micro of bid', (action as { amount_micro?: unknown }).amount_micro, 1, 2 ** 52) ?? badBundle((action as { bundle?: unknown }).bundle)
    )
  if (type !== 'standing_bid') return null
  const { standing_bid: standing } = action as Extract<Action, { type: 'standing_bid' }>
  return standing === null ? null : badBundle(standing.bundle)
}

/** The command that an action is, of this agent at this time of the economy. */
export function commandOf(agentId: string, action: Action, atMs: number): Draft {
  switch (action.type) {
    case 'bid':
      return {
        agent_id: action.for_agent ?? agentId,
        amount_micro: action.amount_micro,
        bundle: action.bundle,
        duration_ms: action.duration_ms,
        ...(action.expires_in_ms === undefined ? {} : { expires_at_ms: atMs + action.expires_in_ms }),
        ...(action.starts_in_ms === undefined ? {} : { not_before_ms: atMs + action.starts_in_ms }),
        payer_id: agentId,
        ...(action.tip_micro === undefined ? {} : { tip_micro: action.tip_micro }),
        type: 'place_bid',
      }
    case 'raise':
      return { amount_micro: action.amount_micro, bid_id: action.bid_id, payer_id: agentId, type: 'raise_bid' }
    case 'withdraw':
      return { bid_id: action.bid_id, payer_id: agentId, type: 'withdraw_bid' }
    case 'standing_bid':
      return { agent_id: agentId, standing_bid: action.standing_bid, type: 'set_standing_bid' }
    case 'transfer':
      return {
        amount_micro: action.amount_micro,
        from_agent_id: agentId,
        purpose: action.purpose ?? 'payment',
        to_agent_id: action.to_agent_id,
        type: 'transfer',
      }
    case 'spawn':
      return {
        endowment_micro: action.endowment_micro,
        name: action.name ?? 'child',
        parent_id: agentId,
        ...(action.standing_bid === undefined ? {} : { standing_bid: action.standing_bid }),
        type: 'spawn',
      }
    default:
      return socialCommandOf(agentId, action)
  }
}

function socialCommandOf(agentId: string, action: Extract<Action, { type: 'invoke' | 'offer_service' | 'prompt' | 'respond' }>): Draft {
  switch (action.type) {
    case 'prompt':
      return {
        agent_id: agentId,
        amount_micro: action.amount_micro,
        content: action.content ?? {},
        ...(action.deadline_ms === undefined ? {} : { deadline_ms: action.deadline_ms }),
        type: 'file_prompt',
      }
    case 'offer_service':
      return {
        agent_id: agentId,
        cost_micro: action.cost_micro,
        payment: 'on_response',
        service_name: action.service_name,
        specification: {},
        type: 'register_service',
      }
    case 'invoke':
      return { agent_id: agentId, provider_id: action.provider_id, request: action.request ?? '', service_name: action.service_name, type: 'invoke_service' }
    case 'respond':
      return { agent_id: agentId, invocation_id: action.invocation_id, response: action.response ?? '', result: action.result, type: 'respond_service' }
  }
}
