export { CURVES, type CurveChoice, RULE_PARAMS, TIP_PARAM, chosenRules, curveOfChoice } from './choices.ts'
export { type Beat, Market } from './market.ts'
export type { MarketRules } from './rules.ts'
export type { SavedMarket } from './saved.ts'
