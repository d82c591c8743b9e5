import { FormulaError } from './prices.ts'

/** Cobb-Douglas Fisher market: p_j = Σ a_ij·B_i ÷ s_j; each buyer gets a_ij·B_i ÷ p_j. Rows of `weights` add up to 1. */
export function cobbDouglas(input: { budgets: readonly number[]; supply: readonly number[]; weights: readonly (readonly number[])[] }): {
  allocation: number[][]
  prices: number[]
} {
  const { budgets, supply, weights } = input
  if (weights.length !== budgets.length) throw new FormulaError(`weights must hold ${budgets.length} rows, one per budget, got ${weights.length}`)
  if (supply.some((stock) => !(stock > 0)) || budgets.some((budget) => !(budget >= 0))) throw new FormulaError('supply must be above 0 and no budget negative')
  weights.forEach((row, i) => {
    if (row.some((weight) => !(weight >= 0)) || row.length !== supply.length || Math.abs(row.reduce((sum, weight) => sum + weight, 0) - 1) > 1e-9)
      throw new FormulaError(`weights[${i}] must hold ${supply.length} numbers from 0 that add up to 1`)
  })
  const spent = (i: number, j: number): number => (weights[i]?.[j] ?? 0) * (budgets[i] as number)
  const prices = supply.map((stock, j) => budgets.reduce((sum, _, i) => sum + spent(i, j), 0) / stock)
  return { allocation: budgets.map((_, i) => prices.map((price, j) => (price === 0 ? 0 : spent(i, j) / price))), prices }
}

/** Tâtonnement for constant spending B on supply S: p' = p·(1 + g·(B÷p − S)÷S). The path from `price`, `steps` long; converges for 0 < g < 2. */
export function tatonnement(input: { budget: number; gain: number; price: number; steps: number; supply: number }): number[] {
  const { budget, gain, steps, supply } = input
  if (!(supply > 0) || !(input.price > 0)) throw new FormulaError('supply and price must be above 0')
  const path = [input.price]
  for (let step = 0; step < steps; step++) {
    const price = path[step] as number
    path.push(price * (1 + (gain * (budget / price - supply)) / supply))
  }
  return path
}

/** Excess demand of Scarf's three-good economy (1960), whose prices circle for ever: a control that must not converge. */
export function scarfExcessDemand(prices: readonly [number, number, number]): [number, number, number] {
  if (prices.some((price) => !(price > 0))) throw new FormulaError('prices must be above 0')
  const excess = (h: 0 | 1 | 2): number => {
    const own = prices[h]
    const next = prices[((h + 1) % 3) as 0 | 1 | 2]
    const before = prices[((h + 2) % 3) as 0 | 1 | 2]
    return before / (own + before) - next / (own + next)
  }
  return [excess(0), excess(1), excess(2)]
}

const ROUNDS_MAX = 1_000_000
const PRECISION = 1e-13

/**
 * Equilibrium of a linear Fisher market (Eisenberg, Gale 1959): everybody spends everything on goods of best utility per price, and all that is priced
 * sells out. Found by proportional response (Wu, Zhang 2007): each spends on a good in proportion to the utility it got of it last time.
 */
export function linearFisher(input: { budgets: readonly number[]; supply: readonly number[]; utilities: readonly (readonly number[])[] }): {
  allocation: number[][]
  prices: number[]
} {
  const { budgets, supply, utilities } = input
  if (utilities.length !== budgets.length || utilities.some((row) => row.length !== supply.length || row.some((utility) => !(utility >= 0))))
    throw new FormulaError(`utilities must hold ${budgets.length} rows of ${supply.length} numbers from 0`)
  if ([...budgets, ...supply].some((amount) => !(amount > 0))) throw new FormulaError('budgets and supply must be above 0')
  if (utilities.some((row) => row.every((utility) => utility === 0))) throw new FormulaError('every buyer must want something')
  let spending = utilities.map((row, i) => {
    const wanted = row.filter((utility) => utility > 0).length
    return row.map((utility) => (utility > 0 ? (budgets[i] as number) / wanted : 0))
  })
  const pricesOf = (): number[] => supply.map((stock, j) => spending.reduce((sum, row) => sum + (row[j] as number), 0) / stock)
  const amountsAt = (prices: readonly number[]): number[][] => spending.map((row) => row.map((spent, j) => (spent === 0 ? 0 : spent / (prices[j] as number))))
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const amounts = amountsAt(pricesOf())
    let moved = 0
    spending = spending.map((row, i) => {
      const gained = row.map((_, j) => (utilities[i]?.[j] as number) * (amounts[i]?.[j] as number))
      const total = gained.reduce((sum, gain) => sum + gain, 0)
      return gained.map((gain, j) => {
        const next = ((budgets[i] as number) * gain) / total
        moved = Math.max(moved, Math.abs(next - (row[j] as number)) / (budgets[i] as number))
        return next
      })
    })
    if (moved < PRECISION) break
  }
  const prices = pricesOf()
  return { allocation: amountsAt(prices), prices }
}

/** Where tâtonnement for constant spending stands after `steps`: B÷S + (1 − g)^t·(p₀ − B÷S), in one go; whether it converges and overshoots. */
export function tatonnementAfter(input: { budget: number; gain: number; price: number; steps: number; supply: number }): {
  converges: boolean
  overshoots: boolean
  price: number
} {
  const { budget, gain, price, steps, supply } = input
  if (!(supply > 0) || !(price > 0)) throw new FormulaError('supply and price must be above 0')
  const rest = budget / supply
  return { converges: gain > 0 && gain < 2, overshoots: gain > 1, price: rest + (1 - gain) ** steps * (price - rest) }
}
