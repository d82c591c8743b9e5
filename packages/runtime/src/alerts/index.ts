export { type AlertSettings, Alerts } from './alerts.ts'
export { type Alert, type Thresholds, Watch } from './watch.ts'
