import { type DenseBook, type ExactAnswer, readBook } from '@syntropism/economy'
import highsModule, { type Highs } from 'highs'

/** The package's types describe its CommonJS form; imported as a module, the default export is the loader itself. */
const loadHighs = highsModule as unknown as typeof highsModule.default

/** The solver did not come to an answer: what it said. */
export class SolverError extends Error {}

interface Solved {
  readonly proven: boolean
  readonly welfare: number
  readonly winners: readonly number[]
}

/** Terms per line: the text format of linear programs wants short lines. */
const PER_LINE = 8

function sum(terms: readonly string[]): string {
  const lines: string[] = []
  for (let at = 0; at < terms.length; at += PER_LINE) lines.push(terms.slice(at, at + PER_LINE).join(' + '))
  return lines.join('\n + ')
}

/** Winner determination as a mixed-integer program in CPLEX LP text: maximise Σ price·x, one row per resource, x binary. */
function programOf(book: DenseBook, indexes: readonly number[]): string {
  const width = book.supply.length
  const rows = book.resources.flatMap((_, r) => {
    const terms = indexes.flatMap((i) => {
      const quantity = book.quantities[i * width + r] as number
      return quantity > 0 ? [`${quantity} x${i}`] : []
    })
    return terms.length === 0 ? [] : [` r${r}: ${sum(terms)} <= ${book.supply[r]}`]
  })
  const variables = indexes.map((i) => `x${i}`)
  return `Maximize\n obj: ${sum(indexes.map((i) => `${book.prices[i]} x${i}`))}\nSubject To\n${rows.join('\n')}\nBinary\n ${sum(variables).replaceAll(' + ', ' ').replaceAll('+ ', '')}\nEnd\n`
}

function solve(highs: Highs, book: DenseBook, indexes: readonly number[], timeLimitS: number): Solved {
  if (indexes.length === 0) return { proven: true, welfare: 0, winners: [] }
  const solution = highs.solve(programOf(book, indexes), { mip_abs_gap: 0, mip_rel_gap: 0, output_flag: false, time_limit: timeLimitS })
  const proven = solution.Status === 'Optimal'
  if (!proven && solution.Status !== 'Time limit reached') throw new SolverError(`HiGHS ended with "${solution.Status}"`)
  const columns = solution.Columns as Record<string, { Primal?: number }>
  const winners = indexes.filter((i) => (columns[`x${i}`]?.Primal ?? 0) > 0.5)
  const welfare = winners.reduce((total, i) => total + (book.prices[i] as number), 0)
  return { proven, welfare, winners }
}

/**
 * Exact winners of a book by HiGHS, at most `time_limit_s` per solve; with `for_vcg` also the optimum without each winner.
 * The bound is the welfare when optimality was proven, else Infinity, which leaves the book's dual bound: a time-limited answer is never shown as optimal.
 * Of several optima the solver's choice is taken. Throws BookError for a bad book and SolverError when there is no answer.
 */
export async function solveExactly(input: unknown, options: { for_vcg: boolean; time_limit_s: number }): Promise<ExactAnswer> {
  const book = readBook(input)
  const highs = await loadHighs()
  const all = book.ids.map((_, index) => index)
  const answer = solve(highs, book, all, options.time_limit_s)
  const without = new Map<number, number>()
  let proven = answer.proven
  for (const winner of options.for_vcg && proven ? answer.winners : []) {
    const other = solve(
      highs,
      book,
      all.filter((index) => index !== winner),
      options.time_limit_s,
    )
    proven = proven && other.proven
    without.set(winner, other.welfare)
  }
  return {
    bound: answer.proven ? answer.welfare : Infinity,
    welfare_without: options.for_vcg && proven ? without : null,
    winners: answer.winners,
  }
}
