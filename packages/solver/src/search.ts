import type { Program } from './reach.ts'

/** What a search may try before it gives up: some tens of milliseconds. */
const NODES_MOST = 1_000_000
const VARIABLES_MOST = 200

/**
 * The optimum in whole numbers: every variable in or out, while the bound at these prices of the rows (any that are not negative) still allows more than the best so far.
 * Null when that takes too long.
 */
export function searchOptimum({ rows, values }: Program, prices: readonly number[]): number[] | null {
  const total = values.reduce((sum, value) => sum + value, 0)
  if (values.length > VARIABLES_MOST || !Number.isSafeInteger(total)) return null
  const amounts = values.map(() => rows.map(() => 0))
  rows.forEach(({ terms }, row) => {
    for (const { amount, variable } of terms) (amounts[variable] as number[])[row] = amount
  })
  const surplus = values.map(
    (value, variable) => value - (amounts[variable] as number[]).reduce((sum, amount, row) => sum + amount * (prices[row] as number), 0),
  )
  // The clearest first: leaving out what pays, or taking what does not, soon costs more than the best leaves to lose.
  const order = [...values.keys()].sort((a, b) => Math.abs(surplus[b] as number) - Math.abs(surplus[a] as number) || a - b)
  const rest = new Float64Array(order.length + 1)
  for (let depth = order.length - 1; depth >= 0; depth--) rest[depth] = (rest[depth + 1] as number) + Math.max(0, surplus[order[depth] as number] as number)
  const left = rows.map(({ most }) => most)
  const dear = rows.reduce((sum, { most }, row) => sum + most * (prices[row] as number), total)
  const rounding = (dear + (rest[0] as number)) * (values.length + rows.length + 1) * 2 ** -50
  let best = -1
  let chosen: number[] = []
  let nodes = 0
  const taken: number[] = []
  const visit = (depth: number, welfare: number): void => {
    if (++nodes > NODES_MOST) return
    let bound = welfare + (rest[depth] as number) + rounding
    for (let row = 0; row < left.length; row++) bound += (left[row] as number) * (prices[row] as number)
    if (bound < best + 1) return
    if (depth === order.length) {
      if (welfare > best) [best, chosen] = [welfare, [...taken]]
      return
    }
    const variable = order[depth] as number
    const wanted = amounts[variable] as number[]
    const goIn = (): void => {
      if (wanted.some((amount, row) => amount > (left[row] as number))) return
      for (let row = 0; row < left.length; row++) left[row] = (left[row] as number) - (wanted[row] as number)
      taken.push(variable)
      visit(depth + 1, welfare + (values[variable] as number))
      taken.pop()
      for (let row = 0; row < left.length; row++) left[row] = (left[row] as number) + (wanted[row] as number)
    }
    if ((surplus[variable] as number) > 0) goIn()
    visit(depth + 1, welfare)
    if ((surplus[variable] as number) <= 0) goIn()
  }
  visit(0, 0)
  return nodes > NODES_MOST ? null : chosen.sort((a, b) => a - b)
}
