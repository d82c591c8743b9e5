/** Gini of values in ascending order: Σ (2k − n − 1) x(k) ÷ (n Σ x), k from 1. All zero: 0. The population form, not the small-sample one. */
export function gini(ascending: Float64Array): number {
  const count = ascending.length
  let total = 0
  let weighted = 0
  for (let index = 0; index < count; index++) {
    const value = ascending[index] as number
    total += value
    weighted += (2 * index + 1 - count) * value
  }
  return total === 0 ? 0 : weighted / (count * total)
}

/** Gini of values in any order; they are copied. */
export const giniOf = (values: Float64Array): number => gini(values.toSorted())

/** Jain's fairness (Σx)² ÷ (n Σx²): 1 when all are equal, 1 ÷ n when one has everything. All zero or none: 1. */
export function jain(values: Float64Array): number {
  let total = 0
  let squares = 0
  for (const value of values) {
    total += value
    squares += value * value
  }
  return squares === 0 ? 1 : (total * total) / (values.length * squares)
}
