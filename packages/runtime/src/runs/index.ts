export { type RunFile, type RunKind, type RunSummary, type Runs, RunsError, openRuns } from './runs.ts'
export type { RunFigures } from './figures.ts'
