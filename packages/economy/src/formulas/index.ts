export { cobbDouglas, linearFisher, scarfExcessDemand, tatonnement, tatonnementAfter } from './equilibrium.ts'
export {
  FormulaError,
  callMarket,
  fakeExponential,
  nextBaseFee,
  nextExcess,
  splitFee,
  splitVolumeWeightedPrices,
  volumeWeightedPrice,
} from './prices.ts'
export { anticipatedShares, bestResponse, bundleDensity, multiUnitAuction, proportionalShares } from './shares.ts'
export { allocativeEfficiency, cliffExpectedPrice, zeroIntelligenceQuote, zipMove, zipStep } from './traders.ts'
export {
  debtTemperature,
  exchangeBurnIn,
  exponentialWealth,
  geometricShare,
  geometricWealth,
  meanAbsoluteDifference,
  savingWealth,
} from './wealth.ts'
