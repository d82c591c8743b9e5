import { repaired, takenAlong } from './border.ts'
import { type Lines, shadowPricesOf } from './shadow-prices.ts'

const REPAIRED = 3

/** Bids by value over cost at some prices, highest first; what costs nothing comes first, ties to the earlier. */
function byReturn({ bids }: Lines, prices: readonly number[]): number[] {
  const returns = bids.map(({ value, wants }) => {
    const cost = wants.reduce((sum, wanted, r) => sum + (prices[r] as number) * wanted, 0)
    return cost === 0 ? Infinity : value / cost
  })
  const higher = (a: number, b: number): number =>
    (returns[a] as number) > (returns[b] as number) ? -1 : (returns[a] as number) < (returns[b] as number) ? 1 : 0
  return bids.map((_, index) => index).sort((a, b) => higher(a, b) || a - b)
}

/**
 * The shadow rule as `docs/reference/shadow-rule.md` states it, written for this audit alone: prices per unit, and the order in which bids are let in,
 * the winners of the book first and the rest, which fill up, after them.
 */
export function shadowOrder(lines: Lines): { readonly order: readonly number[]; readonly prices: readonly number[]; readonly winners: readonly number[] } {
  const worth = (indexes: readonly number[]): number => indexes.reduce((sum, index) => sum + (lines.bids[index]?.value ?? 0), 0)
  const { prices, starts } = shadowPricesOf(lines)
  const walks = starts
    .map((start) => {
      const order = byReturn(lines, start)
      const taken = takenAlong(lines, order)
      return { order, taken, worth: worth(taken) }
    })
    .sort((a, b) => b.worth - a.worth)
  const different = walks.filter((walk, place) => walk.worth !== walks[place - 1]?.worth).slice(0, REPAIRED)
  const found = different.map(({ order, taken }) => repaired(lines, order, taken))
  const winners = found.reduce((best, one) => (worth(one) > worth(best) ? one : best))
  const won = new Set(winners)
  return { order: [...winners, ...byReturn(lines, prices).filter((index) => !won.has(index))], prices, winners }
}
