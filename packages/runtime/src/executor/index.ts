export { Executor, type ExecutorOptions } from './executor.ts'
export { Workspaces } from './workspace.ts'
