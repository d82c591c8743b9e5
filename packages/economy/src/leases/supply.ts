import { type Release, type Supply, capacityOf } from '../auction/index.ts'
import { setSold } from '../market/index.ts'
import type { Quantities, State, Step } from '../state/index.ts'

/** What is free now: capacity minus running leases, per executor for cpu and memory. Executors in order of id. */
export function supplyOf(state: State): Supply {
  const capacity = capacityOf(state)
  const supply: Supply = { attention: capacity.attention, executors: [], llm: capacity.llm }
  for (const executor of [...state.executors.values()].sort((a, b) => (a.executor_id < b.executor_id ? -1 : 1)))
    supply.executors.push({ cpu: executor.cpu, executor_id: executor.executor_id, memory: executor.memory })
  for (const lease of state.leases.values()) {
    supply.attention -= lease.quantities.attention
    supply.llm -= lease.quantities.llm
    const room = supply.executors.find((one) => one.executor_id === lease.executor_id)
    if (room === undefined) continue
    room.cpu -= lease.quantities.cpu
    room.memory -= lease.quantities.memory
  }
  return supply
}

export const releasesOf = (state: State): Release[] =>
  [...state.leases.values()].map((lease) => ({ at_ms: lease.ends_at_ms, executor_id: lease.executor_id, quantities: lease.quantities }))

/** Tells the market what is sold; after every change of leases or capacity. */
export function meterSold(step: Step): void {
  const capacity = capacityOf(step.state)
  const sold: Quantities = { attention: 0, cpu: 0, llm: 0, memory: 0 }
  for (const lease of step.state.leases.values()) {
    sold.attention += lease.quantities.attention
    sold.cpu += lease.quantities.cpu
    sold.llm += lease.quantities.llm
    sold.memory += lease.quantities.memory
  }
  for (const resource of ['cpu', 'memory', 'llm', 'attention'] as const) setSold(step, resource, sold[resource], capacity[resource])
}
