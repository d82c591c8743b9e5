import type { Solution } from '@syntropism/contract'
import type { WinnerProblem } from '@syntropism/economy'
import { loadHighs } from './highs.ts'
import { solvePlacement } from './placement.ts'

/** A limit would make an answer depend on the machine. */
const NO_LIMIT_MS = 1e9

/** HiGHS for runs in virtual time, which wait for its answer: proven optima, the same on every machine. */
export async function createSolver(): Promise<(problem: WinnerProblem, forVcg: boolean) => Solution | null> {
  const highs = await loadHighs()
  return (problem, forVcg) => solvePlacement(highs, problem, { for_vcg: forVcg, time_limit_ms: NO_LIMIT_MS }, () => 0)
}
