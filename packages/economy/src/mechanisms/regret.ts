import { BookError, type DenseBook, readBook } from './book.ts'
import { type Mechanism, type PaymentRule, outcomeOf, unsoundPairing } from './clearing.ts'
import { clearAtShadowPrices } from './shadow.ts'

/** Deviations that are tried, as parts of what a bid is worth: shaded down to nothing, and some above. */
const FACTORS = [...Array.from({ length: 20 }, (_, step) => step / 20), 0.975, 0.99, 1.01, 1.05, 1.1, 1.25, 1.5, 2, 4] as const

/** How far from truthful a pair of rules is on a book whose prices are what the bundles are worth. */
export interface Regret {
  /** Bids that were tried, and those of them that gain by another price. */
  readonly bids: number
  readonly gaining: number
  /** Greatest gain of any of them as a part of what its bundle is worth. */
  readonly highest: number
  /** Σ greatest gains ÷ Σ worth of the bids that were tried. */
  readonly mean: number
  /** Of the same, ÷ what they gain when truthful: how much more a shrewd bidder has. Null when truth gains nothing. */
  readonly of_surplus: number | null
}

/** The book with one other price. */
function withPrice(book: DenseBook, index: number, price: number): DenseBook {
  const prices = Float64Array.from(book.prices)
  prices[index] = price
  return { ...book, prices }
}

/** What a bidder has of the outcome: worth less payment, 0 when it loses. */
function surplusOf(book: DenseBook, index: number, worth: number, mechanism: Mechanism, rule: PaymentRule): number {
  const { paid } = outcomeOf(book, mechanism, rule, mechanism === 'shadow' ? clearAtShadowPrices(book) : null, null)
  const payment = paid.get(index)
  return payment === undefined ? 0 : worth - payment
}

/**
 * Regret of truth under a mechanism and payment rule: for up to `bids_max` bids, evenly spread over the book, the greatest gain from one of 29 other prices
 * while everybody else stays truthful. A lower bound, since only those are tried. Not for `exact`, which needs a solver for each. Throws BookError.
 */
export function regretOfTruth(input: unknown, mechanism: Mechanism, rule: PaymentRule, bidsMax: number): Regret {
  const unsound =
    mechanism === 'exact' ? 'regret is measured without a solver; under exact with VCG truth is optimal by theory' : unsoundPairing(mechanism, rule)
  if (unsound !== null) throw new BookError('payments', unsound)
  const book = readBook(input)
  const count = Math.min(bidsMax, book.ids.length)
  let gaining = 0
  let gained = 0
  let highest = 0
  let surplus = 0
  let worths = 0
  for (let at = 0; at < count; at++) {
    const index = Math.floor((at * book.ids.length) / count)
    const worth = book.prices[index] as number
    if (worth === 0) continue
    const truthful = surplusOf(book, index, worth, mechanism, rule)
    let best = truthful
    for (const factor of FACTORS) {
      const price = Math.round(worth * factor)
      if (price !== worth) best = Math.max(best, surplusOf(withPrice(book, index, price), index, worth, mechanism, rule))
    }
    worths += worth
    surplus += truthful
    gained += best - truthful
    if (best > truthful) gaining += 1
    highest = Math.max(highest, (best - truthful) / worth)
  }
  return { bids: count, gaining, highest, mean: worths === 0 ? 0 : gained / worths, of_surplus: surplus === 0 ? null : gained / surplus }
}
