export { type Scenario, Scenario as ScenarioSchema, ScenarioError, type Variant, checkScenario, drawVariants, loadScenarios } from './scenario/index.ts'
export { type Failure, type LoggedEvent, type RunRecord, judge } from './rules/index.ts'
