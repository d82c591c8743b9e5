import type { Highs } from 'highs'

/** The solver did not come to an answer: what it said. */
export class SolverError extends Error {
  override readonly name = 'SolverError'
}

/** Maximise Σ value·x with x binary and each row's Σ amount·x at most `most`. */
export interface Program {
  readonly rows: readonly { readonly most: number; readonly terms: readonly { readonly amount: number; readonly variable: number }[] }[]
  readonly values: readonly number[]
}

/** Terms per line: the text format of linear programs wants short lines. */
const PER_LINE = 8

function lines(terms: readonly string[], between: string): string {
  const written: string[] = []
  for (let at = 0; at < terms.length; at += PER_LINE) written.push(terms.slice(at, at + PER_LINE).join(between))
  return written.join(`\n${between}`)
}

/** A program as CPLEX LP text. */
function textOf({ rows, values }: Program): string {
  const constraints = rows.map(
    ({ most, terms }, row) =>
      ` r${row}: ${lines(
        terms.map(({ amount, variable }) => `${amount} x${variable}`),
        ' + ',
      )} <= ${most}`,
  )
  const objective = lines(
    values.map((value, variable) => `${value} x${variable}`),
    ' + ',
  )
  const binary = lines(
    values.map((_, variable) => `x${variable}`),
    ' ',
  )
  return `Maximize\n obj: ${objective}\nSubject To\n${constraints.join('\n')}\nBinary\n ${binary}\nEnd\n`
}

/** What HiGHS chooses and whether it proved that nothing is better; null when its time ran out before it found anything. */
export function solveProgram(highs: Highs, program: Program, timeLimitS: number): { readonly chosen: number[]; readonly proven: boolean } | null {
  if (program.values.length === 0) return { chosen: [], proven: true }
  const solution = highs.solve(textOf(program), { mip_abs_gap: 0, mip_rel_gap: 0, output_flag: false, time_limit: Math.max(0, timeLimitS) })
  const proven = solution.Status === 'Optimal'
  if (!proven && solution.Status !== 'Time limit reached') throw new SolverError(`HiGHS ended with "${solution.Status}"`)
  const columns = solution.Columns as Record<string, { Primal?: number }>
  const chosen = [...program.values.keys()].filter((variable) => (columns[`x${variable}`]?.Primal ?? 0) > 0.5)
  return !proven && chosen.length === 0 ? null : { chosen, proven }
}
