import { BookError, type DenseBook, readBook, welfareOf } from './book.ts'
import { criticalPayments } from './critical.ts'
import { dominantShareOrder } from './drf.ts'
import { gini, jain } from './fairness.ts'
import { type SizeExponent, greedyOrder, walk } from './greedy.ts'
import { bundleCost, supplyPrices } from './prices.ts'
import { type ShadowClearing, clearAtShadowPrices } from './shadow.ts'

export const MECHANISMS = ['highest-bid', 'density', 'density-sqrt', 'shadow', 'exact', 'drf'] as const
export const PAYMENT_RULES = ['bid', 'critical', 'vcg', 'uniform', 'shadow'] as const
export type Mechanism = (typeof MECHANISMS)[number]
export type PaymentRule = (typeof PAYMENT_RULES)[number]
/** Payment rules of a running market, which has reserve prices to post. */
export type MarketPaymentRule = PaymentRule | 'posted'

/** What a solver found for `exact`: winners, what no allocation can exceed (Infinity when it proved nothing), and welfare of the optimum without each winner (null when not proven). */
export interface ExactAnswer {
  readonly bound: number
  readonly winners: readonly number[]
  readonly welfare_without: ReadonlyMap<number, number> | null
}

export interface ClearedBook {
  readonly bound: number
  readonly fairness: { readonly gini: number; readonly jain: number }
  /** (bound − welfare) ÷ bound; 0 when proven optimal or the book is empty. */
  readonly gap: number
  readonly mechanism: Mechanism
  readonly payment_rule: PaymentRule
  readonly payments: Record<string, number>
  /** Price per unit of each resource; times the supply it is whole. From the dual of the book under every mechanism, so that they can be compared. */
  readonly prices: Record<string, number>
  readonly revenue: number
  readonly welfare: number
  /** Ids in order of acceptance. */
  readonly winners: string[]
}

/** A greedy rule's walk: its exponent and the order it gives this book. */
interface Greedy {
  readonly exponent: SizeExponent
  readonly order: Uint32Array
}

/** The greedy rules, by the exponent of the size in their order. */
export const SIZE_EXPONENTS: Partial<Record<Mechanism, SizeExponent>> = { density: 1, 'density-sqrt': 0.5, 'highest-bid': 0 }

/** Why a payment rule is not sound under a mechanism, or null when it is. */
export function unsoundPairing(mechanism: Mechanism, rule: MarketPaymentRule): string | null {
  if (rule === 'critical' && SIZE_EXPONENTS[mechanism] === undefined)
    return `critical values are defined for the greedy rules (highest-bid, density, density-sqrt), whose walk is monotone; ${mechanism} is not one of them`
  if (rule === 'vcg' && mechanism !== 'exact')
    return `VCG payments on an allocation that is not optimal are not truthful and may exceed the bid; use --mechanism exact, not ${mechanism}`
  if (rule === 'uniform' && mechanism !== 'highest-bid')
    return `one uniform price needs winners that are the highest bids; use --mechanism highest-bid, not ${mechanism}`
  if (rule === 'shadow' && mechanism !== 'shadow') return `shadow payments need the prices that chose the winners; use --mechanism shadow, not ${mechanism}`
  return null
}

/** Uniform price of identical bundles: the highest losing bid, 0 when none. Refused when the bundles differ. */
function uniformPayment(book: DenseBook, winners: readonly number[]): number {
  const width = book.supply.length
  for (let i = 1; i < book.ids.length; i++)
    for (let r = 0; r < width; r++)
      if (book.quantities[i * width + r] !== book.quantities[r])
        throw new BookError(`bids[${i}].bundle`, 'a uniform price is defined for identical bundles; this one differs from bids[0]')
  const won = new Set(winners)
  let highest = 0
  book.prices.forEach((price, index) => {
    if (!won.has(index) && price > highest) highest = price
  })
  return highest
}

/** What a bundle costs at shadow prices, at most the bid. */
const shadowPayment = (book: DenseBook, index: number, prices: Float64Array): number => Math.min(book.prices[index] as number, bundleCost(book, index, prices))

function vcgPayment(book: DenseBook, index: number, welfare: number, exact: ExactAnswer): number {
  const without = exact.welfare_without?.get(index)
  if (without === undefined) throw new BookError('payments', 'VCG needs proven optima with and without every winner; the solver did not prove them in time')
  return without - (welfare - (book.prices[index] as number))
}

function payments(
  book: DenseBook,
  rule: PaymentRule,
  winners: readonly number[],
  prices: Float64Array,
  greedy: Greedy | null,
  exact: ExactAnswer | null,
): Map<number, number> {
  const each = (payment: (index: number) => number): Map<number, number> => new Map(winners.map((index) => [index, payment(index)]))
  switch (rule) {
    case 'bid':
      return each((index) => book.prices[index] as number)
    case 'critical': {
      const { exponent, order } = greedy as Greedy
      return criticalPayments(book, exponent, order)
    }
    case 'shadow':
      return each((index) => shadowPayment(book, index, prices))
    case 'uniform': {
      const price = uniformPayment(book, winners)
      return each(() => price)
    }
    case 'vcg': {
      const welfare = welfareOf(book, winners)
      return each((index) => vcgPayment(book, index, welfare, exact as ExactAnswer))
    }
  }
}

function greedyOf(book: DenseBook, mechanism: Mechanism): Greedy | null {
  const exponent = SIZE_EXPONENTS[mechanism]
  return exponent === undefined ? null : { exponent, order: greedyOrder(book, exponent) }
}

/** Who wins and what they pay, by their index; winners in order of acceptance. */
export interface BookOutcome {
  readonly paid: ReadonlyMap<number, number>
  readonly winners: readonly number[]
}

function winnersOf(book: DenseBook, mechanism: Mechanism, greedy: Greedy | null, dual: ShadowClearing | null, exact: ExactAnswer | null): readonly number[] {
  if (greedy !== null) return walk(book, greedy.order)
  if (mechanism === 'drf') return walk(book, dominantShareOrder(book))
  if (mechanism === 'shadow') return (dual as ShadowClearing).winners
  if (exact === null) throw new BookError('mechanism', 'exact needs the answer of a solver')
  const unknown = exact.winners.find((index) => book.ids[index] === undefined)
  if (unknown !== undefined) throw new BookError('winners', `${unknown} is the place of no bid`)
  if (new Set(exact.winners).size !== exact.winners.length || walk(book, exact.winners).length !== exact.winners.length)
    throw new BookError('winners', 'do not fit the supply together')
  return exact.winners
}

/** Winners and payments of a checked book. `dual` is needed by `shadow`, `exact` by `exact`. */
export function outcomeOf(book: DenseBook, mechanism: Mechanism, rule: PaymentRule, dual: ShadowClearing | null, exact: ExactAnswer | null): BookOutcome {
  const greedy = greedyOf(book, mechanism)
  const winners = winnersOf(book, mechanism, greedy, dual, exact)
  const prices = dual === null ? new Float64Array(0) : supplyPrices(book, dual.prices)
  return { paid: payments(book, rule, winners, prices, greedy, exact), winners }
}

/**
 * Clears a book under an allocation rule and a payment rule. `exact` carries a solver's answer, which is checked, not trusted.
 * Throws BookError for a bad book, an unsound pairing or an infeasible answer.
 */
export function clearBook(input: unknown, mechanism: Mechanism, rule: PaymentRule, exact: ExactAnswer | null = null): ClearedBook {
  const unsound = unsoundPairing(mechanism, rule)
  if (unsound !== null) throw new BookError('payments', unsound)
  const book = readBook(input)
  const dual = clearAtShadowPrices(book)
  const { paid, winners } = outcomeOf(book, mechanism, rule, dual, exact)
  const prices = supplyPrices(book, dual.prices)
  const welfare = welfareOf(book, winners)
  const bound = Math.max(welfare, Math.min(dual.bound, exact?.bound ?? Infinity))
  const ids = winners.map((index) => book.ids[index] as string)
  const won = new Set(winners)
  const served = book.ids.map((_, index) => (won.has(index) ? (book.prices[index] as number) : 0))
  let revenue = 0
  for (const payment of paid.values()) revenue += payment
  return {
    bound,
    fairness: { gini: gini(served), jain: jain(served) },
    gap: bound === 0 ? 0 : (bound - welfare) / bound,
    mechanism,
    payment_rule: rule,
    payments: Object.fromEntries(winners.map((index) => [book.ids[index] as string, paid.get(index) as number])),
    prices: Object.fromEntries(book.resources.map((resource, r) => [resource, book.supply[r] === 0 ? 0 : (prices[r] as number) / (book.supply[r] as number)])),
    revenue,
    welfare,
    winners: ids,
  }
}
