export { gini as giniOf, giniOfAscending, jain, priceIndex } from '@syntropism/economy'
