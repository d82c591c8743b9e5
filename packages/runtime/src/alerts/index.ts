export { Alerts } from './alerts.ts'
export { type Alert, Watch } from './watch.ts'
