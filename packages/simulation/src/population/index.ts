export { type Activation, ACTIVATIONS, Population } from './population.ts'
