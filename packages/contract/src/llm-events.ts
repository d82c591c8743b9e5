import { z } from 'zod'
import { H, Text, event } from './event-shape.ts'
import { LlmKeyTerms, LlmPrice, LlmUsage } from './llm.ts'

/** Events of LLM calls, keys, budgets and upstreams. */
export const LLM_EVENTS = {
  llm_call_admitted: event('system', 'llm.call.admitted', H, {
    agent_id: Text,
    bound_micro_usd: z.int(),
    call_id: Text,
    /** Context that the call came with; absent when nobody traces. */
    caller_traceparent: Text.optional(),
    /** Call of the same request at the upstream that was asked before and brought no answer. */
    follows_call_id: Text.optional(),
    key_id: Text.nullable(),
    lease_id: Text.nullable(),
    minute: z.int(),
    model: Text,
    output_tokens_max: z.int(),
    price: LlmPrice,
    prompt_tokens_max: z.int(),
    request_hash: Text,
    /** Reserve that it was drawn from; absent for a call that was admitted by itself. */
    reserve_id: Text.optional(),
    upstream_id: Text,
  }),
  llm_reserve_opened: event('system', 'llm.reserve.opened', H, {
    agent_id: Text,
    calls: z.int(),
    ends_at_ms: z.int(),
    first_call: z.int(),
    held_micro_usd: z.int(),
    key_id: Text.nullable(),
    lease_id: Text.nullable(),
    minute: z.int(),
    model: Text,
    reserve_id: Text,
    upstream_id: Text,
  }),
  llm_reserve_closed: event('system', 'llm.reserve.closed', H, {
    agent_id: Text,
    /** What was booked because nobody could tell whether it was drawn. */
    booked_micro_usd: z.int(),
    key_id: Text.nullable(),
    reserve_id: Text,
    returned_micro_usd: z.int(),
  }),
  llm_call_settled: event('system', 'llm.call.settled', H, {
    agent_id: Text,
    bound_micro_usd: z.int(),
    call_id: Text,
    /** Whether an earlier settlement without usage is corrected. */
    corrects: z.boolean(),
    cost_micro_usd: z.int(),
    estimated: z.boolean(),
    finish: z.enum(['completed', 'cancelled', 'failed', 'expired']),
    key_id: Text.nullable(),
    lease_id: Text.nullable(),
    minute: z.int(),
    model: Text,
    overrun_micro_usd: z.int(),
    upstream_id: Text,
    usage: LlmUsage.nullable(),
  }),
  llm_upstream_tripped: event('system', 'llm.upstream.tripped', H, { call_id: Text, overrun_micro_usd: z.int(), upstream_id: Text }),
  llm_upstream_restored: event('system', 'llm.upstream.restored', H, { upstream_id: Text }),
  llm_key_created: event('system', 'llm.key.created', H, { key_id: Text, name: Text, terms: z.object(LlmKeyTerms) }),
  llm_key_rotated: event('system', 'llm.key.rotated', H, { key_id: Text }),
  llm_key_revoked: event('system', 'llm.key.revoked', H, { key_id: Text }),
  llm_threshold_reached: event('system', 'llm.key.threshold', H, {
    key_id: Text,
    limit_micro_usd: z.int(),
    spent_micro_usd: z.int(),
    threshold_percent: z.int(),
    window_ms: z.int(),
  }),
  llm_budget_set: event('system', 'llm.budget.set', H, { agent_id: Text, from_agent: Text.nullable(), left_micro_usd: z.int().nullable() }),
} as const
