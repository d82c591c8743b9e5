import type { LlmPrice, LlmWindow } from '@syntropism/contract'

/** Part of a limit that a call takes: the worst case while it is open, then what it cost. */
export interface LlmCharge {
  readonly gauge: string
  readonly unit: 'micro_usd' | 'tokens' | 'requests'
  /** Number of the window in which the call started. */
  readonly window: number
}

/** Worst cases held for a caller at every level: of one call, or of several that are drawn from it. */
export interface LlmHold {
  /** '' for a key's. */
  readonly agent_id: string
  readonly key_id: string | null
  /** The lease whose slice pays. */
  readonly lease_id: string | null
  readonly budget_account: string | null
  readonly model: string
  readonly upstream_id: string
  readonly minute: number
  readonly price: LlmPrice
  readonly charges: readonly LlmCharge[]
}

/** A call that holds its worst case, or was settled without its usage and may be corrected. */
export interface LlmCall extends LlmHold {
  readonly call_id: string
  readonly prompt_tokens_max: number
  readonly output_tokens_max: number
  readonly bound_micro_usd: number
  status: 'open' | 'estimated'
  due_at_ms: number
  readonly traceparent: string
}

/** What calls may still take of a reserve. */
export interface LlmRoom {
  calls: number
  micro_usd: number
  output_tokens: number
  prompt_tokens: number
}

/** Worst cases of several calls, held before any of them is made. */
export interface LlmReserve extends LlmHold {
  readonly reserve_id: string
  readonly left: LlmRoom
  /** Number of the next call drawn from it: the numbers were set aside when it was opened. */
  next_call: number
  /** Number of the call that stands for its rest when nobody can tell what was drawn. */
  readonly rest_call: number
  /** No call goes out on it at or after this instant: a window of one of its limits ends, its lease, or its key. */
  readonly ends_at_ms: number
  readonly due_at_ms: number
  readonly traceparent: string
}

export interface LlmKey {
  readonly key_id: string
  readonly name: string
  token_hash: string
  readonly expires_at_ms: number | null
  readonly models: readonly string[]
  readonly parallel_max: number
  readonly requests_per_minute: number
  readonly tokens_per_minute: number
  readonly windows: readonly LlmWindow[]
  revoked: boolean
  open_calls: number
}

/** What one limit has counted in its running window. */
export interface LlmGauge {
  window: number
  /** Settled plus the worst case of what is open. */
  counted: number
  settled: number
  /** Highest threshold announced in this window. */
  announced_percent: number
}

export interface LlmBook {
  /** The minute that `taken_micro_usd` belongs to: what overruns of earlier minutes take from its cap. */
  minute: number
  taken_micro_usd: number
  /** Overruns that no minute has given up yet. */
  debt_micro_usd: number
  readonly gauges: Map<string, LlmGauge>
  readonly calls: Map<string, LlmCall>
  readonly keys: Map<string, LlmKey>
  readonly reserves: Map<string, LlmReserve>
  /** Upstreams out of rotation, with the call that tripped each. */
  readonly tripped: Map<string, string>
}
