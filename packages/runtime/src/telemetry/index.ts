export { type TraceFigures, type TraceOptions, Traces } from './traces.ts'
