export { solveAgain } from './again.ts'
export { ClearingAudit, auditClearing } from './audit.ts'
export { see } from './seen.ts'
