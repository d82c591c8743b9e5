import type { Highs } from 'highs'
import { type Program, type Reached, withinReach } from './reach.ts'
import { searchOptimum } from './search.ts'

/** The solver did not come to an answer: what it said. */
export class SolverError extends Error {
  override readonly name = 'SolverError'
}

/** Terms per line: the text format of linear programs wants short lines. */
const PER_LINE = 8
/** The least that HiGHS takes. */
const TOLERANCE = 1e-10
const OPTIONS = {
  dual_feasibility_tolerance: TOLERANCE,
  mip_abs_gap: 0,
  mip_feasibility_tolerance: TOLERANCE,
  mip_rel_gap: 0,
  output_flag: false,
  primal_feasibility_tolerance: TOLERANCE,
}

function lines(terms: readonly string[], between: string): string {
  const written: string[] = []
  for (let at = 0; at < terms.length; at += PER_LINE) written.push(terms.slice(at, at + PER_LINE).join(between))
  return written.join(`\n${between}`)
}

/** The power of two that brings the largest of these near 1000: tolerances are absolute, and digits stay what they are. */
const scaleOf = (numbers: readonly number[]): number => 2 ** (10 - Math.floor(Math.log2(numbers.reduce((largest, number) => Math.max(largest, number), 1))))

const rowScaleOf = ({ terms }: Program['rows'][number]): number => scaleOf(terms.map(({ amount }) => amount))

/** A program as CPLEX LP text; relaxed, a variable may be anything from 0 to 1. */
function textOf({ rows, values }: Program, isRelaxed: boolean): string {
  const constraints = rows.map((row, index) => {
    const scale = rowScaleOf(row)
    const terms = row.terms.map(({ amount, variable }) => `${amount * scale} x${variable}`)
    return ` r${index}: ${lines(terms, ' + ')} <= ${row.most * scale}`
  })
  const scale = scaleOf(values)
  const objective = lines(
    values.map((value, variable) => `${value * scale} x${variable}`),
    ' + ',
  )
  const names = values.map((_, variable) => `x${variable}`)
  const kinds = isRelaxed ? `Bounds\n${names.map((name) => ` 0 <= ${name} <= 1`).join('\n')}` : `Binary\n ${lines(names, ' ')}`
  return `Maximize\n obj: ${objective}\nSubject To\n${constraints.join('\n')}\n${kinds}\nEnd\n`
}

/** A price for each row of the program, from the relaxation of what the solver can reach of it; they need not be exact. */
function rowPrices(highs: Highs, { rows }: Program, { places, program, units }: Reached, timeLimitS: number): number[] {
  const prices = rows.map(() => 0)
  const solution = highs.solve(textOf(program, true), { ...OPTIONS, time_limit: timeLimitS })
  if (solution.Status !== 'Optimal') return prices
  const valueScale = scaleOf(program.values)
  program.rows.forEach((row, index) => {
    const { Dual: dual = 0 } = solution.Rows[index] as { Dual?: number }
    prices[places[index] as number] = (Math.abs(dual) * rowScaleOf(row) * units.value) / valueScale / (units.amounts[index] as number)
  })
  return prices
}

/**
 * What is best to choose and whether that is proven; null when the time ran out before anything was found. Numbers too large for the solver's floating point
 * are searched in whole numbers; what is too much for that is solved rounded, which always fits and proves nothing.
 */
export function solveProgram(highs: Highs, program: Program, timeLimitS: number): { readonly chosen: number[]; readonly proven: boolean } | null {
  const reached = withinReach(program)
  if (reached.program.rows.length === 0) return { chosen: [...program.values.keys()], proven: true }
  const limitS = Math.max(0, timeLimitS)
  if (!reached.is_exact) {
    const optimum = searchOptimum(program, rowPrices(highs, program, reached, limitS))
    if (optimum !== null) return { chosen: optimum, proven: true }
  }
  const solution = highs.solve(textOf(reached.program, false), { ...OPTIONS, time_limit: limitS })
  const isOptimal = solution.Status === 'Optimal'
  if (!isOptimal && solution.Status !== 'Time limit reached') throw new SolverError(`HiGHS ended with "${solution.Status}"`)
  const columns = solution.Columns as Record<string, { Primal?: number }>
  const chosen = [...program.values.keys()].filter((variable) => (columns[`x${variable}`]?.Primal ?? 0) > 0.5)
  return !isOptimal && chosen.length === 0 ? null : { chosen, proven: isOptimal && reached.is_exact }
}
