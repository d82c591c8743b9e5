export { CreditFlow } from './flow.ts'
export { type Indicators, indicatorsOf } from './indicators.ts'
export { priceIndex } from './prices.ts'
export { type Welfare, welfareOf } from './welfare.ts'
