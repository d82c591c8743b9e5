export { type RunKind, type Runs, RunsError, openRuns } from './runs.ts'
