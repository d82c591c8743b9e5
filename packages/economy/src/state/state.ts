import type { Bundle, Params, Refusal, RefusalCode, StandingBid } from '@syntropism/contract'
import type { Json } from '../codec/index.ts'
import type { Ledger } from '../ledger/index.ts'
import type { Deadline } from './deadlines.ts'
import type { LlmBook } from './llm-book.ts'

export const RESOURCES = ['cpu', 'memory', 'llm', 'attention'] as const
export type Resource = (typeof RESOURCES)[number]
/** Absolute integers: milli-cores, MB, micro-dollars a minute, slots. */
export interface Quantities {
  attention: number
  cpu: number
  llm: number
  memory: number
}

export interface Agent {
  readonly agent_id: string
  readonly name: string
  /** Ledger index of its credits. */
  readonly account: number
  readonly parent_id: string | null
  /** Parent first, then the parent's lineage. */
  readonly lineage: readonly string[]
  readonly models: readonly string[]
  standing_bid: StandingBid | null
  status: 'new' | 'waiting' | 'running' | 'dormant' | 'dead'
  /** Its window with cpu, if one runs. */
  lease_id: string | null
  /** Ids of open bids that would run it. */
  readonly bid_ids: Set<string>
  /** Micro-credits it has in holds. */
  held_micro: number
  prompt_id: string | null
  open_invocations: number
  crashes_in_a_row: number
  /** Rest before its next standing bid: when its last window ended plus its pause. */
  rests_until_ms: number
  readonly inbox: Map<string, InboxEntry>
  readonly services: Set<string>
}

export interface InboxEntry {
  readonly from_agent: string
  readonly kind: 'message' | 'request' | 'response'
  /** Invocation of a request or response, '' for a message. */
  readonly invocation_id: string
}

export interface Bid {
  readonly bid_id: string
  readonly agent_id: string
  readonly payer_id: string
  readonly bundle: Bundle
  readonly duration_ms: number
  /** Held in full; for a standing bid the limit of what is offered. */
  amount_micro: number
  /** Margin over the reserve for a standing bid, null for one with a fixed amount. */
  readonly margin_ppm: number | null
  /** Place among ties; a raise takes a new one. */
  order: number
  readonly not_before_ms: number
  readonly expires_at_ms: number | null
  /** Prompt whose attention it buys, null for a window. */
  readonly prompt_id: string | null
  readonly payload: Json | null
  /** What it adds to the reserve cost under posted prices. */
  readonly tip_micro: number
  /** W3C context of the bid, '' when nobody traces; the same of the records below. */
  readonly traceparent: string
}

export interface Lease {
  readonly lease_id: string
  readonly bid_id: string
  readonly agent_id: string
  readonly payer_id: string
  readonly executor_id: string | null
  readonly incarnation: string | null
  readonly quantities: Quantities
  readonly shares: Bundle
  readonly duration_ms: number
  readonly cleared_at_ms: number
  started_at_ms: number | null
  ends_at_ms: number
  readonly offered_micro: number
  readonly paid_micro: number
  readonly prompt_id: string | null
  /** Ledger indexes of its envelope, -1 where it has none. */
  readonly accounts: { readonly attention_ms: number; readonly cpu_ms: number; readonly llm_micro_usd: number; readonly memory_mb_ms: number }
  readonly granted: { readonly attention_ms: number; readonly cpu_ms: number; readonly memory_mb_ms: number }
  readonly entry_ids: number[]
  /** Minute that its LLM slice was granted for. */
  llm_minute: number
  /** LLM spend and tokens settled while it ran. */
  llm_spent_micro_usd: number
  llm_tokens: number
  readonly traceparent: string
}

export interface Executor {
  readonly executor_id: string
  readonly incarnation: string
  readonly cpu: number
  readonly memory: number
  /** Whether it reports start and end; a virtual one's leases simply run for their duration. */
  readonly reports: boolean
}

export interface Human {
  readonly human_id: string
  on_duty: boolean
  /** UTC day of `minted_micro`. */
  day: number
  minted_micro: number
  /** When a break ends by itself; absent or null without one. */
  back_at_ms?: number | null
  /** Most prompts judged within any hour; absent or null without a cap. */
  judgements_per_hour_max?: number | null
  /** Times of the judgements of the last hour, kept under a cap alone. */
  judged_at_ms?: readonly number[]
}

export interface Prompt {
  readonly prompt_id: string
  readonly agent_id: string
  readonly deadline_at_ms: number
  readonly amount_micro: number
  /** Its bid for a slot, null for one filed in a live session. */
  readonly bid_id: string | null
  /** The attention lease in which it is shown. */
  lease_id: string | null
  /** What its last slot cost by the payment rule; null before its first. */
  price_micro: number | null
  readonly traceparent: string
}

export interface Service {
  readonly agent_id: string
  readonly service_name: string
  readonly cost_micro: number
  readonly payment: 'on_response' | 'in_advance'
}

export interface Invocation {
  readonly invocation_id: string
  readonly caller_id: string
  readonly provider_id: string
  readonly service_name: string
  readonly cost_micro: number
  /** What stands in hold; 0 when it was paid in advance. */
  readonly held_micro: number
  readonly message_id: string
  readonly requested_at_ms: number
  readonly deadline_at_ms: number
  readonly traceparent: string
}

/** A call of an outside tool whose price is held until it is settled. */
export interface ToolCall {
  readonly call_id: string
  readonly agent_id: string
  readonly server_id: string
  readonly tool_name: string
  readonly price_micro: number
  readonly requested_at_ms: number
  readonly due_at_ms: number
  readonly tries_max: number
  tries: number
  readonly traceparent: string
}

/** Sold share of one resource over its price period; the next price rests on its time-weighted mean. */
export interface Meter {
  price_micro_per_s: number
  /** Sold over the target so far, in parts per million × periods; 0 but under an `excess` curve. */
  excess_ppm: number
  sold: number
  capacity: number
  sold_ppm: number
  /** Number of the running period since the epoch, and what was sold in it so far. */
  period: number
  integral_ppm_ms: number
  changed_at_ms: number
  /** Mean of the last complete period that no price has been set from yet; -1 when none. */
  pending_mean_ppm: number
  /** Context of what last changed the sold share since a price was set from it. */
  traceparent: string
}

export interface Remembered {
  readonly at_ms: number
  readonly fingerprint: number
  readonly result: Readonly<Record<string, Json>>
}

export interface State {
  economy_id: string
  event_id_prefix: string
  rules_version: number
  params: Params
  at_ms: number
  /** Sequence number of the last event. */
  seq: number
  /** Source of every id and of creation order. */
  readonly counters: {
    bid: number
    agent: number
    lease: number
    prompt: number
    message: number
    invocation: number
    clearing: number
    transfer: number
    entry: number
    llm_call: number
    order: number
    tool_call: number
  }
  readonly ledger: Ledger
  readonly llm: LlmBook
  readonly meters: Record<Resource, Meter>
  readonly agents: Map<string, Agent>
  living_agents: number
  readonly bids: Map<string, Bid>
  /** Sum modulo 2^256 of the bids' hashes, as hexadecimal. */
  book_hash: string
  /** Whether a clearing could find something that the last one did not. */
  book_changed: boolean
  /** The best eligible bid that waits for room, and since when it is the best. */
  starving: { bid_id: string; since_ms: number } | null
  readonly leases: Map<string, Lease>
  readonly executors: Map<string, Executor>
  /** Whose bids for windows are not eligible by the operator's order. */
  readonly paused: { everyone: boolean; readonly agents: Set<string> }
  readonly humans: Map<string, Human>
  readonly prompts: Map<string, Prompt>
  readonly services: Map<string, Service>
  readonly invocations: Map<string, Invocation>
  readonly tool_calls: Map<string, ToolCall>
  readonly reversed: Set<string>
  readonly remembered: Map<string, Remembered>
  deadlines: Deadline[]
  /** Economy time at which the process went down, between `resumed` and the executors' reports. */
  down_from_ms: number | null
}

export const refuse = (code: RefusalCode, detail: Refusal['detail'] = {}): Refusal => ({ code, detail })
