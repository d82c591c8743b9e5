import { z } from 'zod'
import { LLM_PARAMS } from './llm.ts'
import { AmountMicro, AmountMicroOrZero, DurationMs, Id, RatioPpm } from './units.ts'

/** Kinds of price curve: thresholds, EIP-1559 base fee, EIP-4844 excess, and supply meets the demand curve of the book. */
const CURVE_KINDS = ['linear', 'base-fee', 'excess', 'clearing'] as const
/** Who wins, and what winners pay. Not every pair is sound; the economy refuses the others with the reason. */
const MECHANISMS = ['highest-bid', 'density', 'density-sqrt', 'shadow', 'exact', 'drf'] as const
const PAYMENT_RULES = ['bid', 'critical', 'vcg', 'uniform', 'shadow', 'posted'] as const

/** How a resource's price moves. One shape for every kind; each kind reads its own numbers and the limits. */
export const PriceCurve = z.strictObject({
  ceiling_micro_per_s: AmountMicro,
  /** `base-fee`: one part in this many is the most that the price moves in a period that sells twice the target. */
  change_denominator: z.int().positive().max(1_000_000),
  down_ppm: RatioPpm,
  /** `excess`: excess over the target, in parts per million × periods, that multiplies the price by e. */
  excess_per_e_ppm: z.int().positive().max(1_000_000_000_000),
  floor_micro_per_s: AmountMicro,
  high_ppm: RatioPpm,
  kind: z.enum(CURVE_KINDS),
  low_ppm: RatioPpm,
  opening_micro_per_s: AmountMicro,
  period_ms: DurationMs,
  /** `base-fee`, `excess`: sold share at which the price stands still. */
  target_ppm: z.int().positive().max(1_000_000),
  up_ppm: RatioPpm,
})
export type PriceCurve = z.infer<typeof PriceCurve>

/** The numbers of the rules. Money in micro-credits, times in milliseconds, ratios in parts per million. */
export const Params = z.strictObject({
  agents_max: z.int().positive(),
  attention_slot_ms: DurationMs,
  bid_duration_ms_max: DurationMs,
  bid_duration_ms_min: DurationMs,
  command_memory_ms: DurationMs,
  crashes_in_a_row_max: z.int().positive(),
  /** What a credit is worth in micro-dollars: LLM capacity is never sold under its cost. 0 ties it to nothing. */
  credit_value_micro_usd: z.int().nonnegative().max(1_000_000_000),
  curves: z.strictObject({ attention: PriceCurve, cpu: PriceCurve, llm: PriceCurve, memory: PriceCurve }),
  death_below_micro: AmountMicroOrZero,
  death_on_no_bid: z.boolean(),
  estate_to_parent: z.boolean(),
  executor_grace_ms: DurationMs,
  inbox_max: z.int().positive(),
  invocation_deadline_ms: DurationMs,
  lease_report_ms: DurationMs,
  lease_start_ms: DurationMs,
  ...LLM_PARAMS,
  mechanism: z.enum(MECHANISMS),
  message_bytes_max: z.int().positive(),
  message_cost_micro: AmountMicroOrZero,
  mint_per_human_per_day_micro: AmountMicroOrZero,
  payment_rule: z.enum(PAYMENT_RULES),
  program_cpu_millicores_min: z.int().nonnegative(),
  program_cpu_ppm_min: RatioPpm,
  program_duration_ms_min: DurationMs,
  program_memory_mb_min: z.int().nonnegative(),
  prompt_deadline_ms: DurationMs,
  reward_weights_micro: z.strictObject({ interesting: AmountMicroOrZero, understandable: AmountMicroOrZero, useful: AmountMicroOrZero }),
  spawn_cost_micro: AmountMicroOrZero,
  starvation_ms: z.int().nonnegative(),
})
export type Params = z.infer<typeof Params>

/** Numbers of the rules that change, down to the single number of a price curve or a weight. */
export const ParamChanges = Params.omit({ curves: true, reward_weights_micro: true })
  .partial()
  .extend({
    curves: z
      .strictObject({
        attention: PriceCurve.partial().optional(),
        cpu: PriceCurve.partial().optional(),
        llm: PriceCurve.partial().optional(),
        memory: PriceCurve.partial().optional(),
      })
      .optional(),
    reward_weights_micro: Params.shape.reward_weights_micro.partial().optional(),
  })
export type ParamChanges = z.infer<typeof ParamChanges>

/** A solver's answer to a clearing, as recorded input: checked, not trusted. */
export const Solution = z.strictObject({
  /** No allocation of the problem is worth more; null when the solver proved nothing. */
  bound_micro: AmountMicroOrZero.nullable(),
  /** The problem that was solved. */
  problem_hash: z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 as hexadecimal'),
  /** Welfare of the optimum without each winner, for VCG; null when not proven. */
  welfare_without_micro: z.record(Id, AmountMicroOrZero).nullable(),
  winners: z.array(z.strictObject({ bid_id: Id, executor_id: Id.nullable() })).max(1_000_000),
})
export type Solution = z.infer<typeof Solution>
