import { z } from 'zod'
import { AtMs, DurationMs, Id } from './units.ts'

/** Micro-dollars: one millionth of a dollar. */
const MicroUsd = z
  .int()
  .nonnegative()
  .max(2 ** 52)
/** Micro-dollars for a million tokens; at most a million dollars. */
const Rate = z.int().nonnegative().max(1_000_000_000_000)
/** Most tokens of one kind in one call. */
export const TOKENS_MAX = 1_000_000_000
const Tokens = z.int().nonnegative().max(TOKENS_MAX)
/** A model's name as callers write it. */
export const ModelName = z.string().regex(/^[\x21-\x7e]{1,128}$/, 'must be 1–128 printable ASCII characters without spaces')
/** SHA-256 as hexadecimal. */
const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 as hexadecimal')

/** What a model costs: micro-dollars per million tokens of each kind, and per request. */
export const LlmPrice = z.strictObject({
  cache_read_per_million: Rate,
  cache_write_per_million: Rate,
  image_input_per_million: Rate,
  input_per_million: Rate,
  output_per_million: Rate,
  reasoning_per_million: Rate,
  request_micro_usd: MicroUsd,
})
export type LlmPrice = z.infer<typeof LlmPrice>

/** Tokens of one call. `input_tokens` counts the whole prompt with its cached, cache-written and image parts, `output_tokens` the reasoning too. */
export const LlmUsage = z.strictObject({
  cache_read_tokens: Tokens,
  cache_write_tokens: Tokens,
  image_input_tokens: Tokens,
  input_tokens: Tokens,
  output_tokens: Tokens,
  reasoning_tokens: Tokens,
})
export type LlmUsage = z.infer<typeof LlmUsage>

/** The most that may be spent in each aligned window; `window_ms` 0 is for ever. */
export const LlmWindow = z.strictObject({ limit_micro_usd: MicroUsd, window_ms: z.int().nonnegative().max(31_622_400_000) })
export type LlmWindow = z.infer<typeof LlmWindow>

/** A limit beside the cap: of one model, or of the whole run when `model` is null. */
export const LlmLimit = z.strictObject({ ...LlmWindow.shape, model: ModelName.nullable() })
export type LlmLimit = z.infer<typeof LlmLimit>

/** Numbers of the LLM rules. */
export const LLM_PARAMS = {
  /** A call that nobody has settled after this long is settled with its bound. */
  llm_call_ms_max: DurationMs,
  /** Part of the cap that is kept for keys and not sold to leases. */
  llm_keys_micro_usd_per_minute: MicroUsd,
  /** How long a call settled without its usage may still be corrected. */
  llm_late_ms: DurationMs,
  llm_limits: z.array(LlmLimit).max(1000),
  /** The cap: most micro-dollars of calls that start in one aligned minute; 0 offers no LLM. */
  llm_micro_usd_per_minute: MicroUsd,
  /** Output price of the reference model, by which dollars are shown as tokens; 0 shows none. */
  llm_reference_per_million: Rate,
} as const

/** Terms of a key for a program that is no leased agent. */
export const LlmKeyTerms = {
  expires_at_ms: AtMs.nullable(),
  /** Models it may call; an empty list allows all. */
  models: z.array(ModelName).max(100),
  parallel_max: z.int().positive().max(100_000),
  requests_per_minute: z.int().positive().max(1_000_000_000),
  tokens_per_minute: z.int().positive().max(1_000_000_000_000),
  windows: z.array(LlmWindow).min(1).max(16),
} as const

/** What the worst case of a call rests on. */
const WORST_CASE = { model: ModelName, output_tokens_max: Tokens, price: LlmPrice, prompt_tokens_max: Tokens, upstream_id: Id } as const

/** Shapes of the commands that move LLM capacity. */
export const LLM_COMMANDS = {
  /**
   * Holds the worst case of a call: of an agent in its window, of a key, or out of a reserve that has held it already; exactly one of `agent_id`,
   * `key_id` and `reserve_id`. `follows_call_id`: the call of the same request at an upstream that brought no answer; this one takes its place among the
   * requests and tokens of a key's minute, so that a request counts once however many upstreams were asked.
   */
  admit_llm_call: {
    ...WORST_CASE,
    agent_id: Id.optional(),
    follows_call_id: Id.optional(),
    key_id: Id.optional(),
    lease_id: Id.optional(),
    request_hash: Sha256,
    reserve_id: Id.optional(),
  },
  /** Holds the worst case of as many calls of this size as there is ample room for, at most `calls`: they may go out before their admission is recorded. */
  reserve_llm_calls: { ...WORST_CASE, agent_id: Id.optional(), calls: z.int().min(1).max(1000), key_id: Id.optional(), lease_id: Id.optional() },
  /** Ends a reserve. `unused`: every call that went out is recorded, the rest goes back; `unknown`: nobody can tell, the rest is booked as one call. */
  close_llm_reserve: { reserve_id: Id, rest: z.enum(['unused', 'unknown']) },
  /** `usage` null: what it cost is unknown, the whole bound is booked until a later settlement corrects it. */
  settle_llm_call: { call_id: Id, finish: z.enum(['completed', 'cancelled', 'failed']), usage: LlmUsage.nullable() },
  restore_llm_upstream: { upstream_id: Id },
  create_llm_key: { ...LlmKeyTerms, key_id: Id, name: z.string().max(128), token_hash: Sha256 },
  rotate_llm_key: { key_id: Id, token_hash: Sha256 },
  revoke_llm_key: { key_id: Id },
  /** What an agent and all its descendants may still spend, what those have been given included; null takes the limit away. */
  set_llm_budget: { agent_id: Id, left_micro_usd: MicroUsd.nullable() },
} as const
