export { AgentPopulation } from './agent-population.ts'
export { type Command, type CommandOf, type Draft, type EconomyEvent, type EconomyTerms, type Solve, type Params, VirtualEconomy } from './virtual-economy.ts'
