import { BURN, balanceOf, circulatingMicro } from '../ledger/index.ts'
import { pricesNow } from '../market/index.ts'
import { gini, jain } from '../mechanisms/index.ts'
import { RESOURCES, type State, freeMicro } from '../state/index.ts'
import { PPM } from '../units/index.ts'
import type { CreditFlow } from './flow.ts'
import { priceIndex } from './prices.ts'
import { welfareOf } from './welfare.ts'

/** An economy in figures, live or simulated. Plain numbers; ratios are between 0 and 1 unless said. */
export interface Indicators {
  /** Agents alive now; ever born of a parent; ever dead. */
  readonly population: number
  readonly births: number
  readonly deaths: number
  /** Longest lineage among the living: 0 without a living child. */
  readonly generation_max: number
  /** Inequality and evenness of what the living own, free and held together. */
  readonly gini: number
  readonly jain: number
  readonly circulating_micro: number
  readonly minted_micro: number
  readonly granted_micro: number
  readonly rewarded_micro: number
  readonly burned_micro: number
  /** Credits that changed hands in the last minute of economy time, and how often that is the circulation. May pass 1. */
  readonly moved_micro_per_minute: number
  readonly velocity_per_minute: number
  /** What the whole capacity for sale costs now, over what it cost at opening prices. May pass 1. */
  readonly price_index: number
  readonly price_attention_micro_per_s: number
  readonly price_cpu_micro_per_s: number
  readonly price_llm_micro_per_s: number
  readonly price_memory_micro_per_s: number
  readonly utilisation_attention: number
  readonly utilisation_cpu: number
  readonly utilisation_llm: number
  readonly utilisation_memory: number
  /** Declared worth of what runs, its bound, and the part that is missing. */
  readonly welfare_micro_per_s: number
  readonly welfare_bound_micro_per_s: number
  readonly gap: number
}

/** Owned by each living agent, in the order of their birth. */
function fortunes(state: State): Float64Array {
  const owned = new Float64Array(state.living_agents)
  let index = 0
  for (const agent of state.agents.values()) if (agent.status !== 'dead') owned[index++] = freeMicro(state, agent) + agent.held_micro
  return owned
}

function livesOf(state: State): Pick<Indicators, 'births' | 'deaths' | 'generation_max' | 'population'> {
  let [births, generation] = [0, 0]
  for (const agent of state.agents.values()) {
    if (agent.parent_id !== null) births += 1
    if (agent.status !== 'dead') generation = Math.max(generation, agent.lineage.length)
  }
  return { births, deaths: state.agents.size - state.living_agents, generation_max: generation, population: state.living_agents }
}

/** Every indicator of an economy as it stands. Reads only. */
export function indicatorsOf(state: State, flow: CreditFlow): Indicators {
  const { ledger, meters, params } = state
  const owned = fortunes(state)
  const circulating = circulatingMicro(ledger)
  const moved = flow.lastMinuteMicro(state.at_ms)
  const prices = pricesNow(state)
  const { bound_micro_per_s: bound, served_micro_per_s: served } = welfareOf(state)
  const offered = RESOURCES.filter((resource) => meters[resource].capacity > 0)
  return {
    ...livesOf(state),
    burned_micro: balanceOf(ledger, BURN),
    circulating_micro: circulating,
    gap: bound === 0 ? 0 : 1 - served / bound,
    gini: gini(owned),
    granted_micro: ledger.granted_micro,
    jain: jain(owned),
    minted_micro: ledger.granted_micro + ledger.rewarded_micro,
    moved_micro_per_minute: moved,
    price_attention_micro_per_s: prices.attention,
    price_cpu_micro_per_s: prices.cpu,
    price_index: priceIndex(
      offered.map((resource) => params.curves[resource].opening_micro_per_s),
      offered.map((resource) => prices[resource]),
      offered.map(() => 1),
    ),
    price_llm_micro_per_s: prices.llm,
    price_memory_micro_per_s: prices.memory,
    rewarded_micro: ledger.rewarded_micro,
    utilisation_attention: meters.attention.sold_ppm / PPM,
    utilisation_cpu: meters.cpu.sold_ppm / PPM,
    utilisation_llm: meters.llm.sold_ppm / PPM,
    utilisation_memory: meters.memory.sold_ppm / PPM,
    velocity_per_minute: circulating === 0 ? 0 : moved / circulating,
    welfare_bound_micro_per_s: bound,
    welfare_micro_per_s: served,
  }
}
