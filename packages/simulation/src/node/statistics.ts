import type { Outcome } from './store.ts'

/** Mean over the seeds of one choice, with 1.96 standard errors beside it. */
export interface Estimate {
  readonly mean: number
  readonly half_width: number
}

/** The runs of one choice of the grid together. */
export interface Group {
  readonly label: string
  readonly runs: number
  readonly failed: number
  readonly figures: Readonly<Record<string, Estimate>>
  /** By figure: estimates at each observation that all its runs have. */
  readonly courses: Readonly<Record<string, readonly Estimate[]>>
  readonly steps: readonly number[]
}

export function estimate(values: readonly number[]): Estimate {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return { half_width: values.length < 2 ? 0 : 1.96 * Math.sqrt(squares / (values.length - 1) / values.length), mean }
}

const labelOf = (chosen: Readonly<Record<string, string>>): string =>
  Object.entries(chosen)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ') || 'all'

export function groupsOf(outcomes: readonly Outcome[]): Group[] {
  const byLabel = new Map<string, Outcome[]>()
  for (const outcome of outcomes) {
    const label = labelOf(outcome.point.chosen)
    byLabel.set(label, [...(byLabel.get(label) ?? []), outcome])
  }
  return [...byLabel].map(([label, members]) => {
    const results = members.flatMap((member) => (member.result === null ? [] : [member.result]))
    const [first] = results
    const columns = (first?.series.columns ?? []).filter((name) => name !== 'step')
    const length = Math.min(...results.map((result) => result.series.rows.length), first === undefined ? 0 : Infinity)
    const course = (name: string): Estimate[] => {
      const column = first?.series.columns.indexOf(name) ?? -1
      return Array.from({ length }, (_, row) => estimate(results.map((result) => result.series.rows[row]?.[column] ?? Number.NaN)))
    }
    return {
      courses: Object.fromEntries(columns.map((name) => [name, course(name)])),
      failed: members.filter((member) => member.status === 'failed').length,
      figures: Object.fromEntries(columns.map((name) => [name, estimate(results.map((result) => result.figures[name] ?? Number.NaN))])),
      label,
      runs: results.length,
      steps: (first?.series.rows ?? []).slice(0, length).map((row) => row[0] as number),
    }
  })
}
