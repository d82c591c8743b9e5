export { gini as giniOf, giniOfAscending, jain } from '@syntropism/economy'
export { priceIndex } from './prices.ts'
