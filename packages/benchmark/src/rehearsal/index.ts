export { type RehearsalOptions, rehearse } from './rehearsal.ts'
export { type RehearsalReport, type RehearsalWindow } from './report.ts'
