import type { Observation } from './observe.ts'

/** Figures of the starter policy: credits are micro-credits, times milliseconds. */
export const POLICY = {
  agents_max: 24,
  balance_ppm: 50_000,
  endowment_micro: 500_000_000,
  margin_ppm: 250_000,
  pause_base_ms: 5000,
  pause_factor_max: 60,
  prompt_slot_ms: 60_000,
  rich_micro: 2_500_000_000,
  spawn_cost_micro: 100_000_000,
  windows_wanted: 100,
} as const

export interface Plan {
  readonly standing: { readonly limit_micro: number; readonly pause_ms: number }
  readonly prompt_bid_micro: number | null
  readonly spawn: boolean
  readonly decision: string
  readonly reasoning: string
  readonly factors: readonly { description: string; factor: string; weight: number }[]
  readonly alternatives: readonly { estimated_cost: number; option: string; rejected_reason: string }[]
}

const price = (seen: Observation, resource: string, floor = false): number => {
  const found = seen.market.find((one) => one.resource === resource)
  return (floor ? found?.floor_micro_per_s : found?.price_micro_per_s) ?? 0
}

/** Reserve cost of this agent's window at current or floor prices, rounded up. */
export function windowCostMicro(seen: Observation, floor: boolean): number {
  const capacity = (resource: string): number => seen.market.find((one) => one.resource === resource)?.capacity ?? 1
  const standing = seen.self.standing_bid
  const perSecond =
    (price(seen, 'cpu', floor) * seen.self.cpu_millicores) / Math.max(1, capacity('cpu')) +
    (price(seen, 'memory', floor) * seen.self.memory_mb) / Math.max(1, capacity('memory'))
  return Math.ceil((perSecond * (standing?.duration_ms ?? 3000)) / 1000)
}

/** Pure: what to do with this window and the next bid. */
export function decide(seen: Observation): Plan {
  const { self } = seen
  const raised = (micro: number): number => Math.ceil((micro * (1_000_000 + POLICY.margin_ppm)) / 1_000_000)
  const cost = Math.max(1, raised(windowCostMicro(seen, false)))
  const limit = Math.max(Math.floor((self.balance_micro * POLICY.balance_ppm) / 1_000_000), raised(windowCostMicro(seen, true)))
  const affordable = Math.max(1, Math.floor(self.balance_micro / cost))
  const factor = Math.min(POLICY.pause_factor_max, Math.max(1, POLICY.windows_wanted / affordable))
  const slots = Math.max(1, seen.market.find((one) => one.resource === 'attention')?.capacity ?? 1)
  const promptBid = raised(Math.ceil((price(seen, 'attention') * POLICY.prompt_slot_ms) / 1000 / slots))
  const prompts = self.prompt_id === null && self.balance_micro > promptBid + limit
  const living = seen.neighbours.filter((agent) => agent.status !== 'dead').length
  const spawns = self.balance_micro > POLICY.rich_micro && living < POLICY.agents_max
  const actions = [prompts ? 'prompt the human' : null, spawns ? 'spawn a child' : null].filter((text) => text !== null)
  return {
    alternatives: prompts
      ? [{ estimated_cost: 0, option: 'ask nobody this window', rejected_reason: `a bid of ${promptBid} micro-credits returns if no human looks` }]
      : [
          {
            estimated_cost: promptBid / 1_000_000,
            option: 'prompt the human',
            rejected_reason: self.prompt_id === null ? 'it would leave too little for the next window' : `${self.prompt_id} is still open`,
          },
        ],
    decision: actions.length === 0 ? 'study and wait' : actions.join(' and '),
    factors: [
      { description: `${affordable} windows at the present price`, factor: 'runway', weight: Math.min(1, POLICY.windows_wanted / affordable / 10) },
      { description: `${living} living agents`, factor: 'population', weight: Math.min(1, living / POLICY.agents_max) },
    ],
    prompt_bid_micro: prompts ? promptBid : null,
    reasoning: `A window costs ${cost} micro-credits with my margin; ${self.balance_micro} are free, so ${affordable} windows remain and I rest ${Math.round(factor * POLICY.pause_base_ms)} ms.`,
    spawn: spawns,
    standing: { limit_micro: Math.max(1, limit), pause_ms: Math.round(factor * POLICY.pause_base_ms) },
  }
}
