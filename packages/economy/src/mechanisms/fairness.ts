/** Jain's index, (Σx)² ÷ (n Σx²), of non-negative numbers; 1 when all are zero or there are none (house). */
export function jain(values: readonly number[]): number {
  let total = 0
  let squares = 0
  for (const value of values) {
    total += value
    squares += value * value
  }
  return squares === 0 ? 1 : (total * total) / (values.length * squares)
}

/** Gini coefficient of the population, Σ(2k−n−1)x₍ₖ₎ ÷ (n Σx) in ascending order; 0 when all are zero or there are none (house). */
export function gini(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort()
  let weighted = 0
  let total = 0
  sorted.forEach((value, k) => {
    weighted += (2 * (k + 1) - sorted.length - 1) * value
    total += value
  })
  return total === 0 ? 0 : weighted / (sorted.length * total)
}
