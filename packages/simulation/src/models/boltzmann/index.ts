export { boltzmann } from './boltzmann.ts'
