import { InvalidArgumentError } from 'commander'

/** Reader of an option that is a whole number within bounds. */
export const integer =
  (low: number, high: number) =>
  (text: string): number => {
    const value = Number(text)
    if (!Number.isInteger(value) || value < low || value > high) throw new InvalidArgumentError(`must be a whole number from ${low} to ${high}`)
    return value
  }
