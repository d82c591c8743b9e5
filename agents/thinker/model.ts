export interface Fit {
  readonly backtest_error: number
  readonly constant: number
  readonly forecast: number
  readonly naive_error: number
  readonly persistence: number
}

/** Least squares of x[t+1] = constant + persistence × x[t]. */
function fitAutoregression(series: readonly number[]): { constant: number; persistence: number } {
  const before = series.slice(0, -1)
  const after = series.slice(1)
  const meanBefore = before.reduce((sum, value) => sum + value, 0) / before.length
  const meanAfter = after.reduce((sum, value) => sum + value, 0) / after.length
  const covariance = before.reduce((sum, value, index) => sum + (value - meanBefore) * ((after[index] ?? 0) - meanAfter), 0)
  const variance = before.reduce((sum, value) => sum + (value - meanBefore) ** 2, 0)
  const persistence = variance === 0 ? 1 : covariance / variance
  return { constant: meanAfter - persistence * meanBefore, persistence }
}

/** Fits the whole series and tests the method on its past: each price from the fifth on is forecast from those before it. Null below eight prices. */
export function study(series: readonly number[]): Fit | null {
  if (series.length < 8) return null
  let error = 0
  let naive = 0
  let count = 0
  for (let end = 5; end < series.length; end++) {
    const known = series.slice(0, end)
    const { constant, persistence } = fitAutoregression(known)
    const last = known.at(-1) ?? 0
    error += Math.abs(constant + persistence * last - (series[end] ?? 0))
    naive += Math.abs(last - (series[end] ?? 0))
    count += 1
  }
  const { constant, persistence } = fitAutoregression(series)
  return { backtest_error: error / count, constant, forecast: constant + persistence * (series.at(-1) ?? 0), naive_error: naive / count, persistence }
}
