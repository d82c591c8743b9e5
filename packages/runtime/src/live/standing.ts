import type { AgentManifest, StandingBid } from '@syntropism/contract'
import { sharesOf } from '@syntropism/economy'

/** What of a machine and of LLM spend is for sale. */
interface ForSale {
  readonly cpu_millicores: number
  readonly llm_micro_usd_per_minute: number
  readonly memory_mb: number
}

/** A manifest's standing bid in shares of what is for sale: at most all of it, and no LLM spend where there is none. Null for an agent that others wake. */
export function standingBidOf(
  { standing_bid }: AgentManifest,
  { cpu_millicores: cpu, llm_micro_usd_per_minute: llm, memory_mb: memory }: ForSale,
): StandingBid | null {
  if (standing_bid === null) return null
  const { cpu_millicores, llm_micro_usd_per_minute = 0, memory_mb } = standing_bid.bundle
  const spend = Math.min(llm_micro_usd_per_minute, llm)
  const fitting = {
    cpu_millicores: Math.min(cpu_millicores, cpu),
    memory_mb: Math.min(memory_mb, memory),
    ...(spend === 0 ? {} : { llm_micro_usd_per_minute: spend }),
  }
  return { ...standing_bid, bundle: sharesOf(fitting, { cpu, llm, memory }) }
}
