export {
  createMeter,
  currentReserveMicro,
  fitPricesToRules,
  floorReserveMicro,
  linearThreshold,
  type Prices,
  movePrices,
  pricesAreDue,
  pricesNow,
  reserveCostMicro,
  setSold,
} from './market.ts'
