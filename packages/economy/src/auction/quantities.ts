import type { Bundle, BundleAmounts } from '@syntropism/contract'
import type { Quantities, State } from '../state/index.ts'
import { PPM, invariant, mulDivCeil, mulDivFloor } from '../units/index.ts'

/** All that could be leased at once if nothing ran. */
export function capacityOf(state: State): Quantities {
  let cpu = 0
  let memory = 0
  for (const executor of state.executors.values()) {
    cpu += executor.cpu
    memory += executor.memory
  }
  let attention = 0
  for (const human of state.humans.values()) if (human.on_duty) attention += 1
  return { attention, cpu, llm: Math.max(0, state.params.llm_micro_usd_per_minute - state.params.llm_keys_micro_usd_per_minute), memory }
}

/** Absolute integers that a bundle's shares come to: rounded up, so that a share is never less than what was bought; LLM spend is rounded down, so that a cap is never passed. */
export function quantitiesOf(state: State, bundle: Bundle, capacity: Quantities = capacityOf(state)): Quantities {
  const { attention, cpu, llm, memory } = bundle
  return {
    attention: attention === undefined ? 0 : mulDivCeil(attention, capacity.attention, PPM),
    cpu: cpu === undefined ? 0 : mulDivCeil(cpu, capacity.cpu, PPM),
    llm: llm === undefined ? 0 : mulDivFloor(llm, capacity.llm, PPM),
    memory: memory === undefined ? 0 : mulDivCeil(memory, capacity.memory, PPM),
  }
}

/** Shares that amounts come to, rounded up, so that never less is bought than was asked for. No amount may pass its whole. */
export function sharesOf({ cpu_millicores, llm_micro_usd_per_minute, memory_mb }: BundleAmounts, whole: Omit<Quantities, 'attention'>): Bundle {
  const share = (amount: number, of: number): number => {
    invariant(amount > 0 && amount <= of, 'an amount is a part of what is for sale', { amount, of })
    return mulDivCeil(amount, PPM, of)
  }
  return {
    ...(cpu_millicores === undefined ? {} : { cpu: share(cpu_millicores, whole.cpu) }),
    ...(llm_micro_usd_per_minute === undefined ? {} : { llm: share(llm_micro_usd_per_minute, whole.llm) }),
    ...(memory_mb === undefined ? {} : { memory: share(memory_mb, whole.memory) }),
  }
}
