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

/** How progressive filling goes: with weights, and on past a task that does not fit, which the paper does not. */
export interface FillingTerms {
  readonly go_on?: boolean
  readonly weights?: readonly number[]
}

/** What a task of a user takes of the resource that it takes most of, and how much of that there is. */
interface Dominant {
  readonly capacity: number
  readonly quantity: number
}

/** Filling hands out one task at a time. */
const TASKS_MOST = 1_000_000

/** Dominant resource of a task of each user; throws RangeError for numbers that are none, and for a task that wants nothing. */
function dominantOf(capacity: readonly number[], demands: readonly (readonly number[])[], weights: readonly number[]): Dominant[] {
  if (capacity.some((whole) => !(whole > 0))) throw new RangeError(`capacity: must be numbers above 0, got ${capacity.join(', ')}`)
  demands.forEach((demand, i) => {
    if (demand.length !== capacity.length || demand.some((quantity) => !(quantity >= 0)))
      throw new RangeError(`demands[${i}]: must be ${capacity.length} numbers from 0, one per resource, got ${demand.join(', ')}`)
  })
  const dominant = demands.map((demand) =>
    demand.reduce<Dominant>(
      (most, quantity, r) => {
        const whole = capacity[r] as number
        return quantity > 0 && quantity / whole > most.quantity / most.capacity ? { capacity: whole, quantity } : most
      },
      { capacity: 1, quantity: 0 },
    ),
  )
  if (dominant.some(({ quantity }) => quantity === 0)) throw new RangeError('demands: every task must want something')
  if (weights.length !== demands.length || weights.some((weight) => !(weight > 0))) throw new RangeError(`weights: must be ${demands.length} numbers above 0`)
  return dominant
}

/**
 * Number of whole tasks each user gets, and their dominant shares, by progressive filling of identical tasks: the next one goes to the least dominant share
 * per weight, ties to the lower index. It stops at the first misfit, or with `go_on` leaves that user out and goes on with the others (a variant).
 */
export function dominantShareTasks(
  capacity: readonly number[],
  demands: readonly (readonly number[])[],
  { go_on: goOn = false, weights = demands.map(() => 1) }: FillingTerms = {},
): { dominant_shares: number[]; tasks: number[] } {
  const dominant = dominantOf(capacity, demands, weights)
  const left = [...capacity]
  const tasks = demands.map(() => 0)
  let given = 0
  // One division of whole numbers: equal shares come out equal, whatever their fractions.
  const shareOf = (i: number, weight: number): number => {
    const { capacity: whole, quantity } = dominant[i] as Dominant
    return ((tasks[i] as number) * quantity) / (whole * weight)
  }
  const standing = (i: number): number => shareOf(i, weights[i] as number)
  const filling = new Set(demands.keys())
  while (filling.size > 0) {
    const next = [...filling].reduce((least, i) => (standing(i) < standing(least) ? i : least))
    const demand = demands[next] as readonly number[]
    if (demand.some((quantity, r) => quantity > (left[r] as number))) {
      if (!goOn) break
      filling.delete(next)
      continue
    }
    demand.forEach((quantity, r) => {
      left[r] = (left[r] as number) - quantity
    })
    tasks[next] = (tasks[next] as number) + 1
    if (++given > TASKS_MOST) throw new RangeError(`demands: so small beside the capacity that there are more than ${TASKS_MOST} tasks`)
  }
  return { dominant_shares: tasks.map((_, i) => shareOf(i, 1)), tasks }
}

/** Divisible tasks: dominant shares per weight are equal, up to the first full resource. Tasks in parts. */
export function dominantShareAmounts(
  capacity: readonly number[],
  demands: readonly (readonly number[])[],
  weights: readonly number[] = demands.map(() => 1),
): { dominant_shares: number[]; tasks: number[] } {
  const taskPerShare = dominantOf(capacity, demands, weights).map(({ capacity: whole, quantity }, i) => ((weights[i] as number) * whole) / quantity)
  const level = capacity.reduce((least, whole, r) => {
    const used = demands.reduce((sum, demand, i) => sum + (demand[r] as number) * (taskPerShare[i] as number), 0)
    return used > 0 ? Math.min(least, whole / used) : least
  }, Infinity)
  return { dominant_shares: weights.map((weight) => level * weight), tasks: taskPerShare.map((tasks) => level * tasks) }
}
