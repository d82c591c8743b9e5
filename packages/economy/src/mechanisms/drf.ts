import type { BidTable } from './book.ts'
import { orderOf } from './order.ts'

/**
 * Dominant-resource fairness as a comparison (Ghodsi et al., NSDI 2011): every bid is a user with one task, so the walk takes the least dominant share
 * first and goes on after a misfit (a variant: the paper stops there). Prices have no part; ties go to the earlier bid.
 */
export function dominantShareOrder(book: BidTable): Uint32Array {
  const width = book.supply.length
  const shares = Float64Array.from(book.prices, (_, i) => {
    let share = 0
    for (let r = 0; r < width; r++) {
      const quantity = book.quantities[i * width + r] as number
      if (quantity > 0) share = Math.max(share, quantity / (book.supply[r] as number))
    }
    return share
  })
  return orderOf(shares, 1)
}

/** Number of whole tasks each user gets, and their dominant shares, by progressive filling of identical tasks until the first misfit. */
export function dominantShareTasks(capacity: readonly number[], demands: readonly (readonly number[])[]): { dominant_shares: number[]; tasks: number[] } {
  const left = [...capacity]
  const tasks = demands.map(() => 0)
  const perTask = demands.map((demand) => demand.reduce((most, quantity, r) => Math.max(most, quantity / (capacity[r] as number)), 0))
  if (perTask.some((share) => !(share > 0))) throw new RangeError('demands: every task must want something of a resource with capacity')
  for (;;) {
    let next = 0
    for (let i = 1; i < tasks.length; i++) if ((tasks[i] as number) * (perTask[i] as number) < (tasks[next] as number) * (perTask[next] as number)) next = i
    const demand = demands[next]
    if (demand === undefined || demand.some((quantity, r) => quantity > (left[r] as number))) break
    demand.forEach((quantity, r) => {
      left[r] = (left[r] as number) - quantity
    })
    tasks[next] = (tasks[next] as number) + 1
  }
  return { dominant_shares: tasks.map((count, i) => count * (perTask[i] as number)), tasks }
}
