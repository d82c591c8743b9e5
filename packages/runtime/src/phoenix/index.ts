export { PhoenixError, type Pushed, pushToPhoenix } from './client.ts'
export { type ExperimentOptions, type ExperimentTrial, type PushedExperiment, pushExperiment } from './experiment.ts'
export { type ModelPrice, type PushedPrices, pushPrices } from './prices.ts'
export { type Example, type Gathered, type SpanAnnotation, gather } from './gathered.ts'
