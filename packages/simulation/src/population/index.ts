export { type Activation, ACTIVATIONS, type Ahead, Population, type SavedPopulation } from './population.ts'
