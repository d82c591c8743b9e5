export { type Scenario, Scenario as ScenarioSchema, ScenarioError, type Variant, checkScenario, drawVariants, loadScenarios } from './scenario/index.ts'
