/** One million: the scale of shares, ratios and micro-amounts. */
export const PPM = 1_000_000
export const MICRO_PER_CREDIT = 1_000_000
export const MS_PER_S = 1000
export const MS_PER_MINUTE = 60_000
export const MS_PER_DAY = 86_400_000

/** A broken invariant: a bug, never an answer to a caller. The process that meets one stops. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError'
}

/** Stops the process when what must hold does not; `figures` go into the message. */
export function invariant(holds: boolean, what: string, figures?: Readonly<Record<string, unknown>>): asserts holds {
  if (!holds) throw new InvariantError(figures === undefined ? what : `${what}: ${JSON.stringify(figures)}`)
}

function toSafe(quotient: bigint): number {
  const value = Number(quotient)
  invariant(Number.isSafeInteger(value), 'a product stays a safe integer', { value })
  return value
}

const SAFE_MAX = Number.MAX_SAFE_INTEGER

// What is rare stands apart: the engine puts small functions into their callers.
const wideFloor = (a: number, b: number, divisor: number): number => toSafe((BigInt(a) * BigInt(b)) / BigInt(divisor))
const wideCeil = (a: number, b: number, divisor: number): number => toSafe((BigInt(a) * BigInt(b) + BigInt(divisor) - 1n) / BigInt(divisor))

/**
 * floor(a × b ÷ divisor) of non-negative safe integers, exact past 2^53. Used for what is paid back.
 * Below 2^53 the quotient's rounding error is less than 1 ÷ divisor, so it never reaches the next integer.
 */
export function mulDivFloor(a: number, b: number, divisor: number): number {
  const product = a * b
  return product <= SAFE_MAX ? Math.floor(product / divisor) : wideFloor(a, b, divisor)
}

/** ceil(a × b ÷ divisor), exact like `mulDivFloor`. Used for what is charged. */
export function mulDivCeil(a: number, b: number, divisor: number): number {
  const product = a * b
  return product <= SAFE_MAX ? Math.ceil(product / divisor) : wideCeil(a, b, divisor)
}

/** Micro-credits as a decimal number of credits, for fields that carry the plain name. */
export const microToCredits = (amountMicro: number): number => amountMicro / MICRO_PER_CREDIT

/**
 * Credits written as decimal text → micro-credits, through the text and never through a product of floats.
 * Null when it is no plain decimal, finer than a micro-credit, or past the safe integers.
 */
export function creditsToMicro(text: string): number | null {
  const match = /^(\d{1,16})(?:\.(\d+))?$/.exec(text)
  if (match === null) return null
  const fraction = (match[2] ?? '').replace(/0+$/, '')
  if (fraction.length > 6) return null
  const micro = Number(`${match[1]}${fraction.padEnd(6, '0')}`)
  return Number.isSafeInteger(micro) ? micro : null
}
