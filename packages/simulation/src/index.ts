export { BOOK_DISTRIBUTIONS, type BookDistribution, drawBook } from './books/index.ts'
export {
  AgentPopulation,
  type EconomyTerms,
  VirtualEconomy,
} from './economy/index.ts'
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
  type SavedRun,
  type Running,
  STEP_MS,
  type Solve,
  type Stage,
  StrategyError,
  type Turn,
  UsageError,
  World,
  actEach,
  decideEach,
  paramSchema,
  readParams,
  simulate,
} from './engine/index.ts'
export { giniOf, jain, priceIndex } from './indicators/index.ts'
export { type Beat, Market, type MarketRules, type SavedMarket } from './market/index.ts'
export { MODELS } from './models/index.ts'
export { ACTIVATIONS, type Activation, Population } from './population/index.ts'
export { Random, streamOf } from './random/index.ts'
export {
  type Action,
  AgentView,
  type Bundle,
  type Game,
  type MarketSpec,
  type Memory,
  Players,
  type Role,
  type StrategySet,
  type Surroundings,
  commandOf,
  marketModel,
} from './strategies/index.ts'
