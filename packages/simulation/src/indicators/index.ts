export { gini, giniOf, jain } from './inequality.ts'
export { priceIndex } from './prices.ts'
