/** Jain's index, (Σx)² ÷ (n Σx²), of non-negative numbers: 1 when all are equal, 1 ÷ n when one has everything; 1 when all are zero or there are none (house). */
export function jain(values: Iterable<number> & { readonly length: number }): number {
  let total = 0
  let squares = 0
  for (const value of values) {
    total += value
    squares += value * value
  }
  return squares === 0 ? 1 : (total * total) / (values.length * squares)
}

/** Gini coefficient of values in ascending order: Σ(2k−n−1)x₍ₖ₎ ÷ (n Σx), k from 1; 0 when all are zero or there are none (house). The population form, not the small-sample one. */
export function giniOfAscending(ascending: ArrayLike<number>): number {
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

/** Gini coefficient by its other form, Σ|xᵢ−xⱼ| ÷ (2n²·mean): the same number as `gini`, from the pairs. */
export function giniOfPairs(values: readonly number[]): number {
  const total = values.reduce((sum, value) => sum + value, 0)
  const differences = values.reduce((sum, one) => sum + values.reduce((inner, other) => inner + Math.abs(one - other), 0), 0)
  return total === 0 ? 0 : differences / (2 * values.length * total)
}

/** Small-sample form of the Gini coefficient, n ÷ (n − 1) times the population form; 0 for fewer than two values. */
export const giniOfSample = (values: ArrayLike<number>): number => (values.length < 2 ? 0 : (gini(values) * values.length) / (values.length - 1))

/** Gini coefficient of values in any order; they are copied. */
export const gini = (values: ArrayLike<number>): number => giniOfAscending(Float64Array.from(values).sort())
