export { copyFolder } from './copy.ts'
export { Executor } from './executor.ts'
export { History } from './history.ts'
export { Workspaces } from './workspace.ts'
