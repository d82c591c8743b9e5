export { PhoenixError, pushToPhoenix } from './client.ts'
export { type ExperimentTrial, pushExperiment } from './experiment.ts'
export { pushPrices } from './prices.ts'
export { gather } from './gathered.ts'
