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
  return input.possible === 0 ? 1 : input.earned / input.possible
}
