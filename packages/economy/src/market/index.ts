export { type CurvePoint, curveOf, linearThreshold, llmCostMicroPerS, nextPoint, pointAt } from './curves.ts'
export { type Demand, refusedPrice } from './demand.ts'
export { createMeter, currentReserveMicro, fitPricesToRules, floorReserveMicro, movePrices, pricesAreDue, pricesNow, setSold } from './market.ts'
export { type Prices, reserveCostMicro } from './reserve.ts'
