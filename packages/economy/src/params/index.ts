import type { Params, PriceCurve } from '@syntropism/contract'
import { MICRO_PER_CREDIT } from '../units/index.ts'

/** Version of the rules that this package executes. Source: docs/reference/rules.md. */
export const RULES_VERSION = 1

const credits = (amount: number): number => Math.round(amount * MICRO_PER_CREDIT)
const seconds = (amount: number): number => amount * 1000

/**
 * Linear threshold curve: at or above 80 % sold × 1.10, at or below 20 % × 0.95, never above 1 000 × the floor. The numbers of the other kinds stand
 * ready: target one half, base fee by at most an eighth, and an excess that multiplies by 1.125 in a full period (500 000 ÷ ln 1.125).
 */
const linear = (opening: number, floor: number, periodMs: number): PriceCurve => ({
  ceiling_micro_per_s: credits(floor) * 1000,
  change_denominator: 8,
  down_ppm: 50_000,
  excess_per_e_ppm: 4_245_093,
  floor_micro_per_s: credits(floor),
  high_ppm: 800_000,
  kind: 'linear',
  low_ppm: 200_000,
  opening_micro_per_s: credits(opening),
  period_ms: periodMs,
  target_ppm: 500_000,
  up_ppm: 100_000,
})

/** Default numbers of the rules. Every one is configuration; units are in the names. */
export const DEFAULT_PARAMS: Params = {
  agents_max: 10_000,
  attention_slot_ms: seconds(60),
  bid_duration_ms_max: seconds(600),
  bid_duration_ms_min: 100,
  command_memory_ms: seconds(86_400),
  crashes_in_a_row_max: 3,
  credit_value_micro_usd: 1000,
  curves: { attention: linear(0.1, 0.02, seconds(60)), cpu: linear(4, 1, seconds(2)), llm: linear(1, 0.1, seconds(2)), memory: linear(1, 0.25, seconds(2)) },
  death_below_micro: credits(0.1),
  death_on_no_bid: false,
  estate_to_parent: false,
  executor_grace_ms: seconds(5),
  inbox_max: 1000,
  invocation_deadline_ms: seconds(60),
  lease_report_ms: seconds(2),
  lease_start_ms: seconds(5),
  llm_call_ms_max: seconds(900),
  llm_keys_micro_usd_per_minute: 0,
  llm_late_ms: seconds(86_400),
  llm_limits: [],
  llm_micro_usd_per_minute: 0,
  llm_reference_per_million: 0,
  mechanism: 'highest-bid',
  message_bytes_max: 65_536,
  message_cost_micro: credits(1),
  mint_per_human_per_day_micro: credits(20_000),
  payment_rule: 'bid',
  program_cpu_millicores_min: 0,
  program_cpu_ppm_min: 50_000,
  program_duration_ms_min: 500,
  program_memory_mb_min: 64,
  prompt_deadline_ms: seconds(600),
  reward_weights_micro: { interesting: credits(50), understandable: credits(50), useful: credits(50) },
  spawn_cost_micro: credits(100),
  starvation_ms: seconds(10),
}
