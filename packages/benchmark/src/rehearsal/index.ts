export { rehearse } from './rehearsal.ts'
export { type RehearsalReport } from './report.ts'
