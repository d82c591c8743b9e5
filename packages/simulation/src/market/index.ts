export { type Beat, Market } from './market.ts'
export type { MarketRules } from './rules.ts'
export type { SavedMarket } from './saved.ts'
