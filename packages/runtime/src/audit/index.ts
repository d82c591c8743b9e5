export { ClearingAudit, auditClearing } from './audit.ts'
export { see } from './seen.ts'
