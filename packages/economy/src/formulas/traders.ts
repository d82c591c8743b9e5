import { FormulaError } from './prices.ts'

/** One step of a zero-intelligence-plus trader (Cliff 1997): target R·q + A, Widrow-Hoff with momentum; a margin that would cross zero stays. */
export function zipStep(input: {
  absolute: number
  learning_rate: number
  limit: number
  margin: number
  momentum: number
  momentum_state: number
  relative: number
  shout: number
}): {
  delta: number
  margin: number
  momentum_state: number
  target: number
} {
  const { absolute, learning_rate: rate, limit, margin, momentum, momentum_state: state, relative, shout } = input
  if (!(limit > 0)) throw new FormulaError(`limit must be above 0, got ${limit}`)
  const price = limit * (1 + margin)
  const target = relative * shout + absolute
  const delta = rate * (target - price)
  const next = momentum * state + (1 - momentum) * delta
  const moved = (price + next) / limit - 1
  return { delta, margin: margin > 0 !== moved > 0 && margin !== 0 ? margin : moved, momentum_state: next, target }
}

/** Allocative efficiency: surplus earned ÷ greatest surplus possible (Gode, Sunder 1993); 1 when nothing could be earned. */
export function allocativeEfficiency(input: { earned: number; possible: number }): number {
  if (!(input.possible >= 0)) throw new FormulaError(`possible must not be negative, got ${input.possible}`)
  if (input.earned > input.possible) throw new FormulaError(`earned must be at most possible, ${input.possible}, got ${input.earned}`)
  return input.possible === 0 ? 1 : input.earned / input.possible
}

/**
 * A quote of a zero-intelligence trader (Gode, Sunder 1993), prices 1 … `price_max`: unconstrained uniform over all of them, constrained a buyer's up to
 * its value and a seller's from its cost. `draw` is a number from 0 to below 1.
 */
export function zeroIntelligenceQuote(input: { constrained: boolean; draw: number; limit: number; price_max: number; side: 'buyer' | 'seller' }): number {
  const { constrained, draw, limit, price_max: most, side } = input
  if (!(draw >= 0 && draw < 1)) throw new FormulaError(`draw must be from 0 to below 1, got ${draw}`)
  if (!Number.isInteger(limit) || !Number.isInteger(most) || limit < 1 || limit > most)
    throw new FormulaError(`limit must be a whole number from 1 to price_max, got ${limit} and ${most}`)
  const low = constrained && side === 'seller' ? limit : 1
  const high = constrained && side === 'buyer' ? limit : most
  return low + Math.floor(draw * (high - low + 1))
}

/**
 * Expected price of constrained zero-intelligence traders (Cliff 1997): the mean of the product of bid and offer densities, prices 1 … `price_max`. It is
 * the equilibrium price only by symmetry. Null when no bid can meet an offer.
 */
export function cliffExpectedPrice(input: { costs: readonly number[]; price_max: number; values: readonly number[] }): number | null {
  const { costs, price_max: most, values } = input
  if ([...costs, ...values].some((limit) => !Number.isInteger(limit) || limit < 1 || limit > most))
    throw new FormulaError(`costs and values must be whole numbers from 1 to ${most}`)
  let weight = 0
  let weighted = 0
  for (let price = 1; price <= most; price++) {
    const bids = values.reduce((sum, value) => sum + (price <= value ? 1 / value : 0), 0)
    const offers = costs.reduce((sum, cost) => sum + (price >= cost ? 1 / (most - cost + 1) : 0), 0)
    weight += bids * offers
    weighted += price * bids * offers
  }
  return weight === 0 ? null : weighted / weight
}

/** What the last shout does to a ZIP trader's margin (Cliff 1997): raise it, lower it, or leave it. An inactive trader has nothing left to trade. */
export function zipMove(input: {
  shout: { accepted: boolean; kind: 'bid' | 'offer'; price: number }
  trader: { active: boolean; price: number; side: 'buyer' | 'seller' }
}): 'lower' | 'raise' | 'stay' {
  const { shout, trader } = input
  // A seller's margin rises with its price, a buyer's as its price falls.
  const isKeen = trader.side === 'seller' ? trader.price <= shout.price : trader.price >= shout.price
  const isShy = trader.side === 'seller' ? trader.price >= shout.price : trader.price <= shout.price
  const own = trader.side === 'seller' ? 'offer' : 'bid'
  if (shout.accepted && isKeen) return 'raise'
  // Outbid by one's own side, or left out of a deal that the other side proposed.
  const isLeftOut = shout.accepted ? shout.kind !== own : shout.kind === own
  return trader.active && isShy && isLeftOut ? 'lower' : 'stay'
}
