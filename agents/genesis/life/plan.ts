import type { Menu } from '../mind/menu.ts'

/** What this agent holds to be so, from what it has seen. Null before there is anything to go by. */
export interface Beliefs {
  /** Mean of what judged prompts brought. */
  readonly reward_mean_micro: number | null
  readonly rewards: number
  /** Running mean of what a window costs at the reserve. */
  readonly window_mean_micro: number | null
}

/** What a decision rests on. Amounts are micro-credits. */
export interface Situation {
  readonly at_ms: number
  /** Reserve cost of a slot of attention. */
  readonly attention_micro: number
  readonly balance_micro: number
  readonly living: number
  readonly prompt_open: boolean
  /** The best offer of others that wait for a window now; 0 when nobody does. */
  readonly rival_micro: number
  /** Little cpu is left unsold, and others wait for it. */
  readonly scarce: boolean
  readonly window_floor_micro: number
  /** Reserve cost of a window like this one. */
  readonly window_micro: number
}

export interface Plan {
  readonly alternatives: readonly { estimated_cost: number; option: string; rejected_reason: string }[]
  readonly decision: string
  readonly factors: readonly { description: string; factor: string; weight: number }[]
  readonly menu: Menu
  readonly prompt_bid_micro: number | null
  readonly reasoning: string
  readonly standing: { readonly limit_micro: number; readonly margin_ppm: number; readonly pause_ms: number }
}
