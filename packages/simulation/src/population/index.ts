export { type Activation, ACTIVATIONS, Population, type SavedPopulation } from './population.ts'
