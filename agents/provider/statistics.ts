export interface SeriesStatistics {
  readonly autocorrelation: number
  readonly count: number
  readonly deviation: number
  readonly maximum: number
  readonly mean: number
  readonly median: number
  readonly minimum: number
  /** Least-squares slope per step. */
  readonly slope: number
}

const round = (value: number): number => Number(value.toFixed(6))

/** Describes a series; null when it is not at least two finite numbers. Autocorrelation is at lag one. */
export function describeSeries(series: unknown): SeriesStatistics | null {
  if (!Array.isArray(series) || series.length < 2 || !series.every((value) => typeof value === 'number' && Number.isFinite(value))) return null
  const values = series as number[]
  const count = values.length
  const mean = values.reduce((sum, value) => sum + value, 0) / count
  const deviations = values.map((value) => value - mean)
  const square = deviations.reduce((sum, value) => sum + value * value, 0)
  const lagged = deviations.slice(1).reduce((sum, value, index) => sum + value * (deviations[index] ?? 0), 0)
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(count / 2)
  const median = count % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
  const centre = (count - 1) / 2
  const rise = values.reduce((sum, value, index) => sum + (index - centre) * value, 0)
  const run = values.reduce((sum, _value, index) => sum + (index - centre) ** 2, 0)
  return {
    autocorrelation: square === 0 ? 0 : round(lagged / square),
    count,
    deviation: round(Math.sqrt(square / count)),
    maximum: sorted.at(-1) ?? 0,
    mean: round(mean),
    median: round(median),
    minimum: sorted[0] ?? 0,
    slope: round(rise / run),
  }
}
