// Written by "npm run sdk" from the OpenAPI document of the System Service. Do not edit.

/** A value that JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined }
export type Body = { readonly [key: string]: Json | undefined }

export interface Balance {
  readonly agent_id: string
  readonly balance: number
  readonly balance_micro: number
  readonly held_micro: number
}
export interface BalanceAt {
  readonly agent_id: string
  readonly balance_micro: number
  readonly held_micro: number
  readonly seq: number
}
export interface BidAnswer {
  readonly bid_id: string
  /** The Idempotency-Key was used before: this is the first answer. */
  readonly repeated: boolean
  readonly seq: number
}
export interface BookBid {
  readonly agent_id: string
  readonly amount_micro: number
  readonly bid_id: string
  readonly bundle: Shares
  readonly duration_ms: number
  readonly expires_at_ms: number | null
  readonly margin_ppm: number | null
  readonly not_before_ms: number
  readonly offered_micro: number
  readonly order: number
  readonly payer_id: string
  readonly payload?: Json | undefined
  readonly prompt_id: string | null
  readonly reserve_micro: number
  readonly standing: boolean
  readonly tip_micro: number
  readonly traceparent: string
}
export interface Bundle {
  readonly attention?: number | undefined
  readonly cpu?: number | undefined
  readonly llm?: number | undefined
  readonly memory?: number | undefined
}
export interface BundleAmounts {
  readonly cpu_millicores?: number | undefined
  readonly llm_micro_usd_per_minute?: number | undefined
  readonly memory_mb?: number | undefined
}
export interface Certificate {
  readonly bids_count: number
  readonly bound_micro: number | null
  readonly book_hash: string
  readonly clearing_id: string
  readonly eligible_count: number
  readonly fallback: string | null
  readonly hash: string
  readonly lowest_winning_micro: number | null
  readonly mechanism: string
  readonly payment_rule: string
  readonly prices_after: { readonly attention: number; readonly cpu: number; readonly llm: number; readonly memory: number }
  readonly prices_before: { readonly attention: number; readonly cpu: number; readonly llm: number; readonly memory: number }
  readonly reserved: { readonly bid_id: string; readonly executor_id: string | null; readonly starts_at_ms: number } | null
  readonly shadow_prices_micro: { readonly attention: number; readonly cpu: number; readonly llm: number; readonly memory: number } | null
  readonly supply: { readonly attention: number; readonly executors: { readonly [key: string]: { readonly cpu: number; readonly memory: number } }; readonly llm: number }
  readonly welfare_micro: number
  readonly winners: readonly ({ readonly agent_id: string; readonly bid_id: string; readonly executor_id: string | null; readonly lease_id: string; readonly offered_micro: number; readonly payer_id: string; readonly payment_micro: number; readonly quantities: { readonly attention: number; readonly cpu: number; readonly llm: number; readonly memory: number }; readonly reserve_micro: number })[]
}
export interface Clearing {
  readonly at_ms: number
  readonly certificate: Certificate
  readonly seq: number
}
export interface Completion {
  readonly call_id: string
  readonly completion: string
  readonly finish_reason: string
  readonly tokens_used: number
}
export interface Depth {
  readonly eligible: number
  readonly open: number
}
export interface Done {
  /** The Idempotency-Key was used before: this is the first answer. */
  readonly repeated: boolean
  readonly seq: number
}
export interface InvocationAnswer {
  readonly deadline_at_ms: number
  readonly invocation_id: string
  /** The Idempotency-Key was used before: this is the first answer. */
  readonly repeated: boolean
  readonly seq: number
}
export interface LowestWinning {
  readonly at_ms: number
  readonly bid_id: string
  /** How many clearings were run to find it. */
  readonly clearings: number
  readonly lowest_winning_is_estimate: boolean
  readonly lowest_winning_micro: number | null
  readonly mechanism: string
  readonly offered_micro: number
}
export interface MarketState {
  readonly at_ms: number
  readonly mechanism: string
  readonly payment_rule: string
  readonly prices_micro_per_s: { readonly attention: number; readonly cpu: number; readonly llm: number; readonly memory: number }
  readonly resources: readonly Resource[]
}
export interface Message {
  readonly at_ms?: number | undefined
  readonly content?: string | undefined
  readonly cost_micro?: number | undefined
  readonly deadline_at_ms?: number | undefined
  readonly from_agent: string
  readonly invocation_id: string
  readonly kind: 'message' | 'request' | 'response'
  readonly message_id: string
  readonly request?: Json | undefined
  readonly response?: Json | undefined
  readonly result?: 'success' | 'failure' | undefined
  readonly service_name?: string | undefined
}
export interface MessageAnswer {
  readonly message_id: string
  /** The Idempotency-Key was used before: this is the first answer. */
  readonly repeated: boolean
  readonly seq: number
}
export interface Neighbour {
  readonly agent_id: string
  readonly balance_micro: number
  readonly lineage: readonly string[]
  readonly name: string
  readonly parent_id: string | null
  readonly services: readonly string[]
  readonly status: string
}
export interface OutsideTool {
  readonly price_micro: number
  readonly retries: number
  readonly timeout_ms: number
  readonly cache_ttl_ms: number
  readonly description: string
  readonly input_schema: Body
  readonly price: number
  readonly server_id: string
  readonly tool_name: string
}
export interface OwnBid {
  readonly agent_id: string
  readonly amount_micro: number
  readonly bid_id: string
  readonly bundle: Shares
  readonly duration_ms: number
  readonly expires_at_ms: number | null
  readonly margin_ppm: number | null
  readonly not_before_ms: number
  readonly offered_micro: number
  readonly order: number
  readonly payer_id: string
  readonly payload?: Json | undefined
  readonly prompt_id: string | null
  readonly reserve_micro: number
  readonly standing: boolean
  readonly tip_micro: number
  readonly traceparent: string
  readonly lowest_winning_is_estimate: boolean
  /** The lowest amount that would win now; null when none would. */
  readonly lowest_winning_micro: number | null
}
export interface PricePoint {
  readonly at_ms: number
  readonly new_price_micro_per_s: number
  readonly old_price_micro_per_s: number
  readonly reason: string
  readonly resource: 'cpu' | 'memory' | 'llm' | 'attention'
  readonly seq: number
  readonly utilisation_ppm: number
}
export interface PromptAnswer {
  readonly deadline_at_ms: number
  readonly prompt_id: string
  /** The Idempotency-Key was used before: this is the first answer. */
  readonly repeated: boolean
  readonly seq: number
}
export interface PromptView {
  readonly agent_id: string
  readonly bid_micro: number
  readonly content: Body
  readonly credits_awarded_micro: number | null
  readonly deadline_at_ms: number
  readonly ended_at_ms: number | null
  readonly filed_at_ms: number
  readonly human_id: string | null
  readonly prompt_id: string
  readonly reason: string | null
  readonly scores: Scores | null
  readonly seq: number
  readonly status: string
}
export interface Receipt {
  readonly agent_id: string
  readonly bid_id: string
  readonly cause: string
  readonly cpu_ms_granted: number
  readonly cpu_ms_used: number
  readonly detail: string
  readonly elapsed_ms: number
  readonly entry_ids: readonly number[]
  readonly execution_id: string
  readonly exit_code: number | null
  readonly memory_mb_ms_granted: number
  readonly memory_mb_ms_used: number
  readonly memory_peak_mb: number
  readonly offered_micro: number
  readonly paid: number
  readonly paid_micro: number
  readonly reason: string
  readonly refunded: number
  readonly refunded_micro: number
  readonly sandbox?: string | undefined
  readonly spend_micro_usd: number
  readonly tokens: number
}
export interface Resource {
  readonly capacity: number
  readonly floor_micro_per_s: number
  readonly price_micro_per_s: number
  readonly resource: 'cpu' | 'memory' | 'llm' | 'attention'
  readonly sold: number
  readonly utilisation_ppm: number
}
export interface Scores {
  readonly interesting: number
  readonly understandable: number
  readonly useful: number
}
export interface Self {
  readonly agent_id: string
  readonly balance_micro: number
  readonly bid_id: string
  readonly cpu_millicores: number
  readonly cpu_ms_granted: number
  readonly ends_at_ms: number
  readonly held_micro: number
  readonly lease_id: string
  readonly llm_micro_usd_left: number
  readonly memory_mb: number
  readonly models: readonly string[]
  readonly now_ms: number
  readonly paid_micro: number
  readonly payer_id: string
  readonly prompt_id: string | null
  readonly remaining_ms: number
  readonly standing_bid: StandingBid | null
}
export interface Service {
  readonly agent_id: string
  readonly cost_micro: number
  readonly payment: 'on_response' | 'in_advance'
  readonly service_name: string
  readonly specification: Body
}
export interface ServiceAnswer {
  readonly service_name: string
  /** The Idempotency-Key was used before: this is the first answer. */
  readonly repeated: boolean
  readonly seq: number
}
/** A share of each resource, in parts per million. */
export interface Shares {
  readonly attention?: number | undefined
  readonly cpu?: number | undefined
  readonly llm?: number | undefined
  readonly memory?: number | undefined
}
export interface SpawnAnswer {
  readonly child_id: string
  /** The Idempotency-Key was used before: this is the first answer. */
  readonly repeated: boolean
  readonly seq: number
}
export interface StandingBid {
  readonly bundle: Shares
  readonly duration_ms: number
  readonly limit_micro: number
  readonly margin_ppm: number
  readonly pause_ms: number
}
export interface StandingBidWanted {
  readonly bundle: Bundle | BundleAmounts
  readonly duration_ms: number
  readonly limit_micro: number
  readonly margin_ppm: number
  readonly pause_ms: number
}
export interface Supply {
  readonly agents_micro: number
  readonly at_ms: number
  readonly burned_micro: number
  readonly circulating_micro: number
  readonly economy_id: string
  readonly granted_micro: number
  readonly held_micro: number
  readonly living_agents: number
  readonly rewarded_micro: number
  readonly seq: number
}
export interface ToolAnswer {
  readonly cached: boolean
  readonly call_id: string | null
  readonly charged_micro: number
  /** The tool answered, and said that it failed. */
  readonly is_error: boolean
  readonly result: { readonly content?: readonly Body[] | undefined; readonly structuredContent?: Body | undefined } | null
  readonly status: 'answered' | 'open'
}
export interface ToolCall {
  readonly agent_id: string
  readonly arguments: Body
  readonly at_ms: number
  readonly call_id: string
  readonly charged_micro: number | null
  readonly elapsed_ms: number | null
  readonly price_micro: number
  readonly reason: string | null
  readonly result?: Json | undefined
  readonly seq: number
  readonly server_id: string
  readonly status: 'answered' | 'failed' | 'open'
  readonly tool_name: string
}
export interface Tools {
  readonly tools: readonly OutsideTool[]
  readonly unreachable: readonly { readonly reason: string; readonly server_id: string }[]
}
export interface Transfer {
  readonly amount_micro: number
  readonly at_ms: number
  readonly entry_id: number
  readonly from_account: string
  readonly from_agent: string
  readonly hold_id: string | null
  readonly number: number
  readonly purpose: string
  readonly seq: number
  readonly to_account: string
  readonly to_agent: string
  readonly transfer_id: string
}
export interface TransferAnswer {
  readonly entry_id: number
  readonly transfer_id: string
  /** The Idempotency-Key was used before: this is the first answer. */
  readonly repeated: boolean
  readonly seq: number
}
export interface TransfersAnswer {
  readonly transfer_ids: readonly string[]
  /** The Idempotency-Key was used before: this is the first answer. */
  readonly repeated: boolean
  readonly seq: number
}
export interface WorkspaceState {
  readonly at_ms: number
  readonly commit: string
  readonly message: string
}
export interface TransferRequest {
  readonly amount?: number | string | undefined
  readonly amount_micro?: number | undefined
  readonly purpose?: string | undefined
  readonly to_agent_id: string
}
export interface TransferLinkedRequest {
  readonly transfers: readonly ({ readonly amount?: number | string | undefined; readonly amount_micro?: number | undefined; readonly purpose?: string | undefined; readonly to_agent_id: string })[]
}
export interface ReportRequest {
  readonly data: Body
  readonly event_type: 'reasoning_trace' | 'reflection' | 'code_change_proposed' | 'code_change_applied'
}
export interface SpawnRequest {
  readonly endowment_micro: number
  readonly files?: { readonly [key: string]: string } | undefined
  readonly llm_budget_micro_usd?: number | undefined
  readonly first_bid?: { readonly amount_micro: number; readonly paid_by: 'parent' | 'child' } | undefined
  readonly model_tier?: string | undefined
  readonly name: string
  readonly standing_bid?: StandingBidWanted | null | undefined
}
export interface PromptRequest {
  readonly amount_micro: number
  readonly content: Body
  readonly deadline_ms?: number | undefined
}
export interface CompleteRequest {
  readonly max_tokens?: number | undefined
  readonly model?: string | undefined
  readonly prompt: string
  readonly system?: string | undefined
}
export interface BidRequest {
  readonly amount?: number | string | undefined
  readonly amount_micro?: number | undefined
  readonly agent_id?: string | undefined
  readonly bundle: Bundle | BundleAmounts
  readonly duration_ms: number
  readonly expires_at_ms?: number | undefined
  readonly not_before_ms?: number | undefined
  readonly payload?: Json | undefined
  readonly tip_micro?: number | undefined
}
export interface RaiseBidRequest {
  readonly amount?: number | string | undefined
  readonly amount_micro?: number | undefined
}
export interface SetStandingBidRequest {
  readonly standing_bid: StandingBidWanted | null
}
export interface InvokeRequest {
  readonly deadline_ms?: number | undefined
  readonly request?: Json | undefined
  readonly wake_bid?: { readonly amount_micro: number; readonly bundle: Bundle | BundleAmounts; readonly duration_ms: number } | undefined
}
export interface RegisterServiceRequest {
  readonly cost_micro: number
  readonly payment?: 'on_response' | 'in_advance' | undefined
  readonly service_name: string
  readonly specification?: Body | undefined
}
export interface RespondRequest {
  readonly response?: Json | undefined
  readonly result: 'success' | 'failure'
}
export interface MessageRequest {
  readonly content: string
  readonly to_agent_id: string
}
export interface TakeMessagesRequest {
  readonly message_ids: readonly string[]
}
export interface CallToolRequest {
  readonly arguments?: Body | undefined
  readonly justification?: string | undefined
  readonly server_id: string
  readonly tool_name: string
  readonly wait_ms?: number | undefined
}
