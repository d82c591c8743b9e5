import { type DenseBook, type ExactAnswer, clearAtShadowPrices, readBook } from '@syntropism/economy'
import type { Highs } from 'highs'
import { loadHighs } from './highs.ts'
import { solveProgram } from './program.ts'
import type { Program } from './reach.ts'

export { SolverError } from './program.ts'
export { createSolver } from './runs.ts'
export { ThreadedSolver } from './threaded.ts'

interface Solved {
  readonly proven: boolean
  readonly welfare: number
  readonly winners: readonly number[]
}

/** Winner determination of a book: one row per resource. */
function programOf(book: DenseBook, indexes: readonly number[]): Program {
  const width = book.supply.length
  const rows = book.resources.flatMap((_, r) => {
    const terms = indexes.flatMap((i, variable) => {
      const amount = book.quantities[i * width + r] as number
      return amount > 0 ? [{ amount, variable }] : []
    })
    return terms.length === 0 ? [] : [{ most: book.supply[r] as number, terms }]
  })
  return { rows, values: indexes.map((i) => book.prices[i] as number) }
}

function solve(highs: Highs, book: DenseBook, indexes: readonly number[], timeLimitS: number): Solved {
  const found = solveProgram(highs, programOf(book, indexes), timeLimitS) ?? { chosen: [], proven: false }
  return solvedBy(
    book,
    found.chosen.map((variable) => indexes[variable] as number),
    found.proven,
  )
}

const solvedBy = (book: DenseBook, winners: readonly number[], proven: boolean): Solved => ({
  proven,
  welfare: winners.reduce((total, i) => total + (book.prices[i] as number), 0),
  winners,
})

/** What was proven, else the better of what the solver found in its time and what shadow prices find at once. */
function bestKnown(book: DenseBook, answer: Solved): Solved {
  if (answer.proven) return answer
  const shadow = solvedBy(book, clearAtShadowPrices(book).winners, false)
  return shadow.welfare > answer.welfare ? shadow : answer
}

/**
 * Exact winners of a book by HiGHS, at most `time_limit_s` per solve; with `for_vcg` also the optimum without each winner.
 * The bound is the welfare when optimality was proven, else Infinity, which leaves the book's dual bound: a time-limited answer is never shown as optimal,
 * nor is it worse than that of shadow prices.
 * Of several optima the solver's choice is taken. Throws BookError for a bad book and SolverError when there is no answer.
 */
export async function solveExactly(input: unknown, options: { for_vcg: boolean; time_limit_s: number }): Promise<ExactAnswer> {
  const book = readBook(input)
  const highs = await loadHighs()
  const all = book.ids.map((_, index) => index)
  const answer = bestKnown(book, solve(highs, book, all, options.time_limit_s))
  const without = new Map<number, number>()
  let proven = answer.proven
  for (const winner of options.for_vcg && proven ? answer.winners : []) {
    const other = solve(
      highs,
      book,
      all.filter((index) => index !== winner),
      options.time_limit_s,
    )
    proven = other.proven
    // One that is not proven leaves no VCG payments: the rest need not be waited for.
    if (!proven) break
    without.set(winner, other.welfare)
  }
  return {
    bound: answer.proven ? answer.welfare : Infinity,
    welfare_without: options.for_vcg && proven ? without : null,
    winners: answer.winners,
  }
}
