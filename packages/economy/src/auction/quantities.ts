import type { Bundle } from '@syntropism/contract'
import type { Quantities, State } from '../state/index.ts'
import { PPM, mulDivCeil, mulDivFloor } from '../units/index.ts'

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
