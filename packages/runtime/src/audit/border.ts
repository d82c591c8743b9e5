import type { Lines } from './shadow-prices.ts'

/** Who is in, and what is left of each resource. */
interface Chosen {
  readonly inside: ReadonlySet<number>
  readonly left: readonly number[]
}

/** Bids that go out and bids that come in for them. */
interface Exchange {
  readonly into: readonly number[]
  readonly out: readonly number[]
}

const ROUNDS_MAX = 200
const REACH = { large: 6, small: 32 } as const
const SMALL = 400

/** What the repair of one book looks things up in. */
class Border {
  readonly lines: Lines
  readonly order: readonly number[]
  readonly reach: number

  constructor(lines: Lines, order: readonly number[]) {
    this.lines = lines
    this.order = order
    this.reach = lines.bids.length <= SMALL ? REACH.small : REACH.large
  }

  wants = (index: number): readonly number[] => this.lines.bids[index]?.wants ?? []
  worth = (indexes: readonly number[]): number => indexes.reduce((sum, index) => sum + (this.lines.bids[index]?.value ?? 0), 0)
  fits = (index: number, left: readonly number[]): boolean => this.wants(index).every((wanted, r) => wanted <= (left[r] as number))
  without = (left: readonly number[], index: number): number[] => left.map((one, r) => one - (this.wants(index)[r] as number))
  freed = (left: readonly number[], index: number): number[] => left.map((one, r) => one + (this.wants(index)[r] as number))

  /** One bid, and then each of the others that still fits. */
  filling(first: number, others: readonly number[], left: readonly number[]): number[] {
    const taken = [first]
    let rest = this.without(left, first)
    for (const index of others) {
      if (index === first || !this.fits(index, rest)) continue
      taken.push(index)
      rest = this.without(rest, index)
    }
    return taken
  }

  /** The best filling in place of some winners, if any is worth more than they are; of equal ones the first. */
  instead(out: readonly number[], losers: readonly number[], { left }: Chosen): Exchange | null {
    const free = out.reduce<readonly number[]>((one, index) => this.freed(one, index), left)
    let best: Exchange | null = null
    for (const first of losers) {
      if (!this.fits(first, free)) continue
      const into = this.filling(first, losers, free)
      if (this.worth(into) > this.worth(best?.into ?? out)) best = { into, out }
    }
    return best
  }

  /** Winners that a loser needs out, those accepted last first, and the filling that begins with it. */
  makingRoom(loser: number, losers: readonly number[], { inside, left }: Chosen): Exchange | null {
    const out: number[] = []
    let free = left
    for (const index of this.order.toReversed()) {
      if (this.fits(loser, free)) break
      const helps = this.wants(index).some((held, r) => held > 0 && (this.wants(loser)[r] as number) > (free[r] as number))
      if (!inside.has(index) || !helps) continue
      out.push(index)
      free = this.freed(free, index)
    }
    if (!this.fits(loser, free)) return null
    const into = this.filling(loser, [...out.toReversed(), ...losers], free)
    return this.worth(into) > this.worth(out) ? { into, out } : null
  }

  /** The first exchange that gains, in the order of the rule. */
  exchange(chosen: Chosen): Exchange | null {
    const losers = this.order.filter((index) => !chosen.inside.has(index)).slice(0, this.reach)
    const winners = this.order
      .filter((index) => chosen.inside.has(index))
      .slice(-this.reach)
      .toReversed()
    const free = losers.find((loser) => this.fits(loser, chosen.left) && this.worth([loser]) > 0)
    if (free !== undefined) return { into: [free], out: [] }
    for (const winner of winners) {
      const found = this.instead([winner], losers, chosen)
      if (found !== null) return found
    }
    for (const [place, one] of winners.entries())
      for (const other of winners.slice(place + 1)) {
        const found = this.instead([one, other], losers, chosen)
        if (found !== null) return found
      }
    for (const loser of losers) {
      const found = this.makingRoom(loser, losers, chosen)
      if (found !== null) return found
    }
    return null
  }
}

/** Takes each bid of an order that fits what is left. */
export function takenAlong({ bids, supply }: Lines, order: readonly number[]): number[] {
  let left = supply
  return order.filter((index) => {
    const wants = bids[index]?.wants ?? []
    if (wants.some((wanted, r) => wanted > (left[r] as number))) return false
    left = left.map((one, r) => one - (wants[r] as number))
    return true
  })
}

/** Exchanges bids along the border of a walk while that gains; who is in then, in the order of the walk. */
export function repaired(lines: Lines, order: readonly number[], winners: readonly number[]): number[] {
  const border = new Border(lines, order)
  let chosen: Chosen = { inside: new Set(winners), left: winners.reduce<readonly number[]>((left, index) => border.without(left, index), lines.supply) }
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const found = border.exchange(chosen)
    if (found === null) break
    const inside = new Set(chosen.inside)
    for (const index of found.out) inside.delete(index)
    for (const index of found.into) inside.add(index)
    const free = found.out.reduce<readonly number[]>((left, index) => border.freed(left, index), chosen.left)
    chosen = { inside, left: found.into.reduce<readonly number[]>((left, index) => border.without(left, index), free) }
  }
  return order.filter((index) => chosen.inside.has(index))
}
