import type { Params } from '@syntropism/contract'
import { DEFAULT_PARAMS } from '@syntropism/economy'
import { type Variant, pricesMicroPerS } from '../scenario/index.ts'

/** Economy time at which every world begins; a whole minute, since LLM spend is sold by aligned minutes. */
export const BEGINS_AT_MS = 1_800_000_000_000
/** Beat of the clearing in every world. */
export const BEAT_MS = 100
export const AGENT = 'agent'
/** The account that pays an agent's first window and what its tasks are worth. */
export const TREASURY = 'world'
export const EXECUTOR = 'world'
export const INCARNATION = 'world-1'

/** Rules of an item's economy: its prices stand still, one token costs one micro-dollar, and small bundles may start a program. */
export function paramsOf({ world }: Variant): Params {
  const prices = pricesMicroPerS(world.unit_prices, world.capacities, world.window_ms)
  const fixed = (price: number): Params['curves']['cpu'] => ({
    ...DEFAULT_PARAMS.curves.cpu,
    ceiling_micro_per_s: Math.max(1, price),
    down_ppm: 0,
    floor_micro_per_s: Math.max(1, price),
    opening_micro_per_s: Math.max(1, price),
    up_ppm: 0,
  })
  return {
    ...DEFAULT_PARAMS,
    credit_value_micro_usd: 0,
    curves: { ...DEFAULT_PARAMS.curves, cpu: fixed(prices.cpu), llm: fixed(prices.llm), memory: fixed(prices.memory) },
    llm_micro_usd_per_minute: world.capacities.tokens_per_s * 60,
    llm_reference_per_million: 1_000_000,
    program_cpu_ppm_min: 1,
    program_memory_mb_min: 1,
    spawn_cost_micro: Math.round(world.spawn_cost * 1_000_000),
    starvation_ms: 0,
  }
}
