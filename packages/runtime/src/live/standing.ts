import type { AgentManifest, StandingBid } from '@syntropism/contract'

/** What of a machine and of LLM spend is for sale. */
export interface ForSale {
  readonly cpu_millicores: number
  readonly llm_micro_usd_per_minute: number
  readonly memory_mb: number
}

const share = (amount: number, whole: number): number => Math.min(1_000_000, Math.ceil((amount * 1_000_000) / whole))

/** A manifest's standing bid in shares of what is for sale, rounded up; LLM spend is left out where there is none. Null for an agent that others wake. */
export function standingBidOf({ standing_bid }: AgentManifest, whole: ForSale): StandingBid | null {
  if (standing_bid === null) return null
  const { cpu_millicores, llm_micro_usd_per_minute, memory_mb } = standing_bid.bundle
  const llm =
    whole.llm_micro_usd_per_minute > 0 && llm_micro_usd_per_minute !== undefined ? { llm: share(llm_micro_usd_per_minute, whole.llm_micro_usd_per_minute) } : {}
  return { ...standing_bid, bundle: { cpu: share(cpu_millicores, whole.cpu_millicores), memory: share(memory_mb, whole.memory_mb), ...llm } }
}
