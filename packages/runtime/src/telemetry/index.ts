export { exportLog } from './log-export.ts'
export { type MeteredEconomy, Metrics } from './metrics.ts'
export { type TraceFigures, type TraceOptions, Traces } from './traces.ts'
