export {
  checkLeaseReport,
  closeExecutorLeases,
  endLease,
  endSilently,
  leaseDueMs,
  llmSliceMicroUsd,
  openLease,
  payWindow,
  startLease,
  turnLeaseMinute,
} from './leases.ts'
export { meterSold, releasesOf, supplyOf } from './supply.ts'
