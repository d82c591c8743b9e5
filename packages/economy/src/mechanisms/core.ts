import { BookError, type DenseBook, readBook } from './book.ts'

/** Books up to this many bids are solved by looking at every set of bids. */
const BIDS_MAX = 16
const SWEEPS_MAX = 200_000

/** Welfare of the best feasible set within every set of bids (a bit each), from the sets with one bid fewer. */
function optimaOf(book: DenseBook): Float64Array {
  const count = book.ids.length
  const width = book.supply.length
  const used = new Float64Array(2 ** count * width)
  const worth = new Float64Array(2 ** count)
  const optima = new Float64Array(2 ** count)
  for (let set = 1; set < 2 ** count; set++) {
    const last = 31 - Math.clz32(set)
    const rest = set & ~(1 << last)
    worth[set] = (worth[rest] as number) + (book.prices[last] as number)
    let fits = true
    for (let r = 0; r < width; r++) {
      const amount = (used[rest * width + r] as number) + (book.quantities[last * width + r] as number)
      used[set * width + r] = amount
      fits &&= amount <= (book.supply[r] as number)
    }
    let best = fits ? (worth[set] as number) : 0
    for (let i = 0; i < count; i++) if ((set >> i) & 1) best = Math.max(best, optima[set & ~(1 << i)] as number)
    optima[set] = best
  }
  return optima
}

/** The winners of an optimum: of several, the one that keeps the earlier bids. */
function winnersOf(optima: Float64Array, count: number): number[] {
  let set = 2 ** count - 1
  for (let i = count - 1; i >= 0; i--) if (optima[set & ~(1 << i)] === optima[2 ** count - 1]) set &= ~(1 << i)
  return Array.from({ length: count }, (_, i) => i).filter((i) => (set >> i) & 1)
}

/** Σ of the chosen coordinates at least `least`. */
interface Cut {
  readonly least: number
  readonly members: readonly number[]
  readonly sign: 1 | -1
}

/** Nearest point to `from` that keeps every cut, by Hildreth's method (1957): one multiplier per cut, raised or lowered in turn. */
function nearest(from: readonly number[], cuts: readonly Cut[], precision: number): number[] {
  const point = [...from]
  const multipliers = cuts.map(() => 0)
  for (let sweep = 0; sweep < SWEEPS_MAX; sweep++) {
    let moved = 0
    cuts.forEach(({ least, members, sign }, k) => {
      if (members.length === 0) return
      const value = sign * members.reduce((sum, i) => sum + (point[i] as number), 0)
      const step = Math.max(-(multipliers[k] as number), (least - value) / members.length)
      multipliers[k] = (multipliers[k] as number) + step
      for (const i of members) point[i] = (point[i] as number) + sign * step
      moved = Math.max(moved, Math.abs(step))
    })
    if (moved < precision) break
  }
  return point
}

/**
 * VCG payments of an exact optimum, and core payments: no group of bids could offer the seller more than it gets, of least revenue, nearest to VCG
 * (Day, Cramton, Operations Research 2012). By id; the core ones rounded to a millionth. For books of at most 16 bids. Throws BookError.
 */
export function corePayments(input: unknown): { core: Record<string, number>; vcg: Record<string, number>; welfare: number; winners: string[] } {
  const book = readBook(input)
  const count = book.ids.length
  if (count > BIDS_MAX) throw new BookError('bids', `core payments look at every set of bids: at most ${BIDS_MAX}, got ${count}`)
  const all = 2 ** count - 1
  const optima = optimaOf(book)
  const winners = winnersOf(optima, count)
  const values = winners.map((i) => book.prices[i] as number)
  const welfare = optima[all] as number
  const vcg = winners.map((i, place) => (optima[all & ~(1 << i)] as number) - (welfare - (values[place] as number)))
  const cuts: Cut[] = []
  for (let group = 1; group < 2 ** winners.length; group++) {
    const members = winners.map((_, place) => place).filter((place) => (group >> place) & 1)
    const without = members.reduce((set, place) => set & ~(1 << (winners[place] as number)), all)
    const kept = values.reduce((sum, value, place) => ((group >> place) & 1 ? sum : sum + value), 0)
    cuts.push({ least: (optima[without] as number) - kept, members, sign: 1 })
  }
  values.forEach((value, place) => cuts.push({ least: -value, members: [place], sign: -1 }))
  // From far below VCG along the diagonal, the nearest point of the core is the one of least revenue that is nearest to VCG.
  const far = 10 * Math.max(1, welfare)
  const core = nearest(
    vcg.map((payment) => payment - far),
    cuts,
    Math.max(1, welfare) * 1e-13,
  )
  const named = (payments: readonly number[]): Record<string, number> =>
    Object.fromEntries(winners.map((i, place) => [book.ids[i] as string, payments[place] as number]))
  return { core: named(core.map((payment) => Math.round(payment * 1e6) / 1e6)), vcg: named(vcg), welfare, winners: winners.map((i) => book.ids[i] as string) }
}
