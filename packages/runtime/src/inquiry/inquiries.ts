import type { Solution } from '@syntropism/contract'
import type { Bid, State, WinnerProblem } from '@syntropism/economy'
import type { ClearingSolver } from '../ports/index.ts'
import { type LowestWinning, lowestWinning } from './lowest.ts'

/** Questions that take many clearings, one at a time, beside a running economy and with a solver of their own. */
export class Inquiries {
  readonly #solver: ClearingSolver | null
  readonly #timeLimitMs: number
  #last: Promise<unknown> = Promise.resolve()

  constructor(solver: ClearingSolver | null, timeLimitMs: number) {
    this.#solver = solver
    this.#timeLimitMs = timeLimitMs
  }

  /** Lowest offer with which a bid would win at this instant. */
  async lowestWinning(state: State, bid: Bid): Promise<LowestWinning> {
    return this.#inTurn(() => lowestWinning(state, bid, async (problem) => this.#solve(problem, false)))
  }

  /** Null also when the solver gave up or is not installed: the answer is then an estimate, and says so. */
  async #solve(problem: WinnerProblem, forVcg: boolean): Promise<Solution | null> {
    try {
      return this.#solver === null ? null : await this.#solver.solve(problem, { for_vcg: forVcg, time_limit_ms: this.#timeLimitMs })
    } catch {
      return null
    }
  }

  async #inTurn<T>(question: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(question)
    this.#last = turn.catch(() => undefined)
    return turn
  }

  async close(): Promise<void> {
    await this.#solver?.close()
  }
}
