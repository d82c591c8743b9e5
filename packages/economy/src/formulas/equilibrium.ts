import { FormulaError } from './prices.ts'

/** Cobb-Douglas Fisher market: p_j = Σ a_ij·B_i ÷ s_j; each buyer gets a_ij·B_i ÷ p_j. Rows of `weights` add up to 1. */
export function cobbDouglas(input: { budgets: readonly number[]; supply: readonly number[]; weights: readonly (readonly number[])[] }): {
  allocation: number[][]
  prices: number[]
} {
  const { budgets, supply, weights } = input
  weights.forEach((row, i) => {
    if (row.length !== supply.length || Math.abs(row.reduce((sum, weight) => sum + weight, 0) - 1) > 1e-9)
      throw new FormulaError(`weights[${i}] must hold ${supply.length} numbers that add up to 1`)
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
