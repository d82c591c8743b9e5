export { exportLog } from './log-export.ts'
export { type MeteredEconomy, Metrics } from './metrics.ts'
export { type TraceFigures, Traces } from './traces.ts'
