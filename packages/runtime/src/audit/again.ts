import type { Certificate, Solution } from '@syntropism/contract'
import type { ClearingSolver } from '../ports/index.ts'
import { answeredWinners, hashedProblem, offeredBy } from './answer.ts'
import type { Seen } from './seen.ts'

/** A clearing under the mechanism `exact`: a solver can be asked for its optimum again. */
export interface ExactClearing {
  readonly certificate: Certificate
  readonly seen: Seen
  readonly seq: number
  readonly solution: Solution
}

/** What another solve says of a clearing: what is wrong, or whether it proved what the certificate claims. */
interface SolvedAgain {
  readonly problem: string | null
  readonly proven: boolean
}

const OPEN: SolvedAgain = { problem: null, proven: false }

/** First winner whose recorded optimum without it is not what another solve proves. A bid that the new optimum does without takes nothing from it. */
function withoutProblem({ certificate, solution }: ExactClearing, again: Solution, optimum: number): string | null {
  const named = new Set(again.winners.map(({ bid_id }) => bid_id))
  for (const { bid_id: bidId } of certificate.winners) {
    const recorded = solution.welfare_without_micro?.[bidId]
    const proven = named.has(bidId) ? again.welfare_without_micro?.[bidId] : optimum
    if (recorded !== proven) return `the optimum without ${bidId} is ${proven}, not ${recorded}`
  }
  return null
}

/** Asks a solver for the optimum of a clearing anew, from a problem made by the audit alone, and compares it with what the certificate claims. */
export async function solveAgain(clearing: ExactClearing, solver: Pick<ClearingSolver, 'solve'>, timeLimitMs: number): Promise<SolvedAgain> {
  const { certificate, seen } = clearing
  const forVcg = certificate.payment_rule === 'vcg'
  const again = await solver.solve(hashedProblem(seen), { for_vcg: forVcg, time_limit_ms: timeLimitMs })
  const placed = again === null ? null : answeredWinners(seen, again)
  if (again === null || placed === null) return OPEN
  const bound = certificate.bound_micro ?? 0
  const found = Number(offeredBy(placed))
  if (found > bound) return { problem: `it claims that nothing above ${bound} is possible, but a solver finds ${found}`, proven: false }
  const optimum = again.bound_micro
  if (optimum === null || optimum !== found || (forVcg && again.welfare_without_micro === null)) return OPEN
  if (bound === certificate.welfare_micro && optimum !== bound) return { problem: `it claims ${bound} as the optimum, but that is ${optimum}`, proven: false }
  const problem = forVcg ? withoutProblem(clearing, again, optimum) : null
  return { problem, proven: problem === null }
}
