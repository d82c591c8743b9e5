export { type BidTable, type Book, type BookBid, BookError, type DenseBook, fits, readBook, take, welfareOf } from './book.ts'
export {
  type ClearedBook,
  type ExactAnswer,
  MECHANISMS,
  type MarketPaymentRule,
  type Mechanism,
  PAYMENT_RULES,
  type PaymentRule,
  SIZE_EXPONENTS,
  clearBook,
  unsoundPairing,
} from './clearing.ts'
export { corePayments } from './core.ts'
export { dominantShareAmounts, dominantShareOrder, dominantShareTasks } from './drf.ts'
export { gini, giniOfAscending, giniOfPairs, giniOfSample, jain } from './fairness.ts'
export { criticalPayments, leastPriceBefore } from './critical.ts'
export { type SizeExponent, greedyOrder, sizesOf, walk } from './greedy.ts'
export { OrderRoom } from './order.ts'
export { boundAt, bundleCost, supplyPrices } from './prices.ts'
export { type Regret, regretOfTruth } from './regret.ts'
export { clearAtShadowPrices, orderAt } from './shadow.ts'
