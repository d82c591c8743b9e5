import type { BidTable } from './book.ts'

/** Shadow prices per unit as whole amounts of money for the whole supply of each resource: what is charged rests on these. */
export const supplyPrices = (book: BidTable, perUnit: Float64Array): Float64Array =>
  Float64Array.from(perUnit, (price, r) => Math.round(price * (book.supply[r] as number)))

/** Σ price × quantity ÷ supply of one bundle, as a fraction over the product of the supplies. A resource of supply 0 has no part. */
function costOf(book: BidTable, index: number, prices: Float64Array): { numerator: bigint; denominator: bigint } {
  const width = book.supply.length
  let numerator = 0n
  let denominator = 1n
  for (let r = 0; r < width; r++) {
    const supply = book.supply[r] as number
    const amount = (prices[r] as number) * (book.quantities[index * width + r] as number)
    if (supply === 0 || amount === 0) continue
    const exact = Number.isSafeInteger(amount) ? BigInt(amount) : BigInt(prices[r] as number) * BigInt(book.quantities[index * width + r] as number)
    numerator = numerator * BigInt(supply) + exact * denominator
    denominator *= BigInt(supply)
  }
  return { denominator, numerator }
}

/** What a bundle costs when the whole supply of each resource costs these whole amounts, rounded up once. */
export function bundleCost(book: BidTable, index: number, prices: Float64Array): number {
  const { denominator, numerator } = costOf(book, index, prices)
  return Number((numerator + denominator - 1n) / denominator)
}

/** Proven bound on the welfare of every allocation from whole prices of the supply: Σ prices + Σ max(0, offer − cost), each cost rounded down. */
export function boundAt(book: BidTable, prices: Float64Array): number {
  let bound = 0n
  for (const price of prices) bound += BigInt(price)
  for (let index = 0; index < book.prices.length; index++) {
    const { denominator, numerator } = costOf(book, index, prices)
    const surplus = BigInt(book.prices[index] as number) - numerator / denominator
    if (surplus > 0n) bound += surplus
  }
  return Number(bound)
}
