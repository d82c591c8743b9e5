export {
  type Extra,
  type Figures,
  type Model,
  type ParamSpec,
  type ParamTable,
  type ParamValues,
  Run,
  type RunRequest,
  type RunResult,
  type Running,
  STEP_MS,
  type Stage,
  StrategyError,
  type Turn,
  UsageError,
  World,
  actEach,
  decideEach,
  paramSchema,
  simulate,
} from './engine/index.ts'
export { giniOf, jain, priceIndex } from './indicators/index.ts'
export { MODELS } from './models/index.ts'
export { ACTIVATIONS, type Activation, Population } from './population/index.ts'
export { Random, streamOf } from './random/index.ts'
