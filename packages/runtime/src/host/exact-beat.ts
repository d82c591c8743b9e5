import { type Outcome, type State, beatIsIdle, winnerProblem } from '@syntropism/economy'
import type { ClearingSolver } from '../ports/index.ts'
import type { Draft } from './draft.ts'

interface Economy {
  readonly state: State
  now(): number
  submit(draft: Draft): Promise<Outcome>
}

/**
 * The beat under the mechanism `exact`. Deadlines and prices go on while a solver works on the book as it stood when it was asked; its answer enters as
 * recorded input of the clearing. When none comes in time, the beat goes without one and the economy clears by the default rules.
 */
export class ExactBeat {
  readonly #solver: ClearingSolver
  readonly #timeLimitMs: number
  readonly #onError: (error: unknown) => void
  #solving = false

  constructor(solver: ClearingSolver, timeLimitMs: number, onError: (error: unknown) => void) {
    this.#solver = solver
    this.#timeLimitMs = timeLimitMs
    this.#onError = onError
  }

  /** One beat. Resolves when what it began is over; rejects only when the economy stopped. */
  async step(economy: Economy): Promise<void> {
    if (this.#solving) {
      if (!beatIsIdle(economy.state, economy.now(), true)) await economy.submit({ hold_clearing: true, owner: 'host', type: 'tick' })
      return
    }
    if (beatIsIdle(economy.state, economy.now())) return
    this.#solving = true
    try {
      await economy.submit({ hold_clearing: true, owner: 'host', type: 'tick' })
      if (!economy.state.book_changed || economy.state.params.mechanism !== 'exact') return
      const problem = winnerProblem(economy.state)
      const solution = problem === null ? null : await this.#ask(problem, economy.state.params.payment_rule === 'vcg')
      await economy.submit({ owner: 'host', ...(solution === null ? {} : { solution }), type: 'tick' })
    } finally {
      this.#solving = false
    }
  }

  async #ask(problem: NonNullable<ReturnType<typeof winnerProblem>>, forVcg: boolean): Promise<Awaited<ReturnType<ClearingSolver['solve']>>> {
    try {
      return await this.#solver.solve(problem, { for_vcg: forVcg, time_limit_ms: this.#timeLimitMs })
    } catch (error) {
      this.#onError(error)
      return null
    }
  }
}
