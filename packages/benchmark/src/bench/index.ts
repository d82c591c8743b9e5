export { madeVersion, measurementsOf, testVersion } from './measure.ts'
