export {
  createMeter,
  currentReserveMicro,
  fitPricesToRules,
  floorReserveMicro,
  linearThreshold,
  movePrices,
  pricesAreDue,
  pricesNow,
  reserveCostMicro,
  setSold,
} from './market.ts'
