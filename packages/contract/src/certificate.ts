import { z } from 'zod'
import { Text } from './event-shape.ts'

const Micro = z.int()
/** Per resource: an absolute integer quantity (milli-cores, MB, micro-dollars a minute, slots). */
export const Quantities = z.strictObject({ attention: z.int(), cpu: z.int(), llm: z.int(), memory: z.int() })
/** Per resource: micro-credits for the whole capacity for one second. */
export const Prices = Quantities

/** The outcome of one clearing, from which anyone can compute it again. */
export const Certificate = z.object({
  bids_count: z.int(),
  /** Proven bound on what any allocation of the eligible bids offers; null where the mechanism proves none. */
  bound_micro: Micro.nullable(),
  book_hash: Text,
  clearing_id: Text,
  eligible_count: z.int(),
  /** Why these are the default rules and not the configured ones; null when they are the configured ones. */
  fallback: Text.nullable(),
  hash: Text,
  lowest_winning_micro: Micro.nullable(),
  mechanism: Text,
  payment_rule: Text,
  prices_after: Prices,
  prices_before: Prices,
  reserved: z.object({ bid_id: Text, executor_id: Text.nullable(), starts_at_ms: z.int() }).nullable(),
  /** Shadow price of all that was for sale of each resource: what the bound rests on. */
  shadow_prices_micro: Prices.nullable(),
  supply: z.object({ attention: z.int(), executors: z.record(Text, z.object({ cpu: z.int(), memory: z.int() })), llm: z.int() }),
  /** Sum of what the winners offered. */
  welfare_micro: Micro,
  winners: z.array(
    z.object({
      agent_id: Text,
      bid_id: Text,
      executor_id: Text.nullable(),
      lease_id: Text,
      offered_micro: Micro,
      payer_id: Text,
      payment_micro: Micro,
      quantities: Quantities,
      reserve_micro: Micro,
    }),
  ),
})
export type Certificate = z.infer<typeof Certificate>
