/** Laspeyres index: what the base basket costs now over what it cost at first. 1 at the base; a basket that cost nothing gives 1. */
export function priceIndex(base: readonly number[], now: readonly number[], basket: readonly number[]): number {
  let before = 0
  let after = 0
  for (const [index, quantity] of basket.entries()) {
    before += quantity * (base[index] ?? 0)
    after += quantity * (now[index] ?? 0)
  }
  return before === 0 ? 1 : after / before
}
