import { busFaults } from './bus.ts'
import { deliveryFaults } from './deliveries.ts'
import { diskFaults } from './disk.ts'
import { executorFaults } from './executors.ts'
import type { Fault } from './figures.ts'
import { leaderFaults } from './leader.ts'
import { postgresRestarted } from './postgres.ts'
import { simulatedFaults } from './simulated.ts'

/** Every fault that is injected. */
export const FAULTS: readonly Fault[] = [
  ...leaderFaults,
  ...diskFaults,
  ...executorFaults,
  ...busFaults,
  ...deliveryFaults,
  postgresRestarted,
  ...simulatedFaults,
]
