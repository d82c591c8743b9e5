import type { Solution } from '@syntropism/contract'
import type { Bid, State, WinnerProblem } from '@syntropism/economy'
import { type ClearingSolver, reasonOf } from '../ports/index.ts'
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
    return this.#inTurn(() =>
      lowestWinning(state, bid, async (problem) => {
        const answer = await this.#ask(problem, false)
        // Without an answer the price is an estimate, and says so.
        return typeof answer === 'string' ? null : answer
      }),
    )
  }

  /** What a solver says of a problem, or why it says nothing. */
  async solve(problem: WinnerProblem, forVcg: boolean): Promise<Solution | string> {
    return this.#inTurn(() => this.#ask(problem, forVcg))
  }

  async #ask(problem: WinnerProblem, forVcg: boolean): Promise<Solution | string> {
    if (this.#solver === null) return 'this process has no solver: the package @syntropism/solver is not there'
    try {
      const solution = await this.#solver.solve(problem, { for_vcg: forVcg, time_limit_ms: this.#timeLimitMs })
      return solution ?? `the solver found nothing within ${this.#timeLimitMs} ms`
    } catch (error) {
      return `the solver could not be used: ${reasonOf(error)}`
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
