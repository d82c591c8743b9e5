/** Maximise Σ value·x with x binary and each row's Σ amount·x at most `most`; all whole numbers. */
export interface Program {
  readonly rows: readonly { readonly most: number; readonly terms: readonly { readonly amount: number; readonly variable: number }[] }[]
  readonly values: readonly number[]
}

/**
 * HiGHS computes in floating point: an amount that is short by less than its tolerance counts as fitting, and so does a value that is missing to the optimum.
 * Up to these sizes a whole unit is far above the tolerance, so that what it proves holds in whole numbers. Found by brute force over drawn programs.
 */
const AMOUNT_MOST = 2 ** 20
const VALUE_MOST = 2 ** 33

function commonDivisor(numbers: readonly number[]): number {
  let divisor = 0
  for (const number of numbers) {
    let rest = number
    while (rest > 0) [divisor, rest] = [rest, divisor % rest]
  }
  return Math.max(1, divisor)
}

const largestOf = (numbers: readonly number[]): number => numbers.reduce((largest, number) => Math.max(largest, number), 0)

/** The least power of two that brings `largest` down to `most`. */
const unitFor = (largest: number, most: number): number => {
  let unit = 1
  while (largest / unit > most) unit *= 2
  return unit
}

/** A program within reach of the solver. */
export interface Reached {
  /** Whether its optimum is that of the program; else numbers were rounded so that what fits it fits the program too. */
  readonly is_exact: boolean
  /** Place of each of its rows in the program; rows that bind nothing are left out. */
  readonly places: readonly number[]
  readonly program: Program
  /** What one of its units of value is in the program, and one of each row's amounts. */
  readonly units: { readonly amounts: readonly number[]; readonly value: number }
}

/** Takes out common divisors, then rounds what is still too large: values and limits down, amounts up. */
export function withinReach({ rows, values }: Program): Reached {
  const valueDivisor = commonDivisor(values)
  const valueUnit = unitFor(largestOf(values) / valueDivisor, VALUE_MOST)
  let isExact = valueUnit === 1
  const kept = rows.flatMap(({ most, terms }, place) => {
    if (terms.reduce((sum, { amount }) => sum + amount, 0) <= most) return []
    const amounts = terms.map(({ amount }) => amount)
    const divisor = commonDivisor(amounts)
    const unit = unitFor(largestOf(amounts) / divisor, AMOUNT_MOST)
    isExact &&= unit === 1
    const row = {
      most: Math.floor(Math.floor(most / divisor) / unit),
      terms: terms.map(({ amount, variable }) => ({ amount: Math.ceil(amount / divisor / unit), variable })),
    }
    return [{ place, row, unit: divisor * unit }]
  })
  return {
    is_exact: isExact,
    places: kept.map(({ place }) => place),
    program: { rows: kept.map(({ row }) => row), values: values.map((value) => Math.floor(value / valueDivisor / valueUnit)) },
    units: { amounts: kept.map(({ unit }) => unit), value: valueDivisor * valueUnit },
  }
}
