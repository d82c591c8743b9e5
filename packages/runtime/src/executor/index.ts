export { copyFolder } from './copy.ts'
export { Executor, type ExecutorOptions } from './executor.ts'
export { History } from './history.ts'
export { Workspaces } from './workspace.ts'
