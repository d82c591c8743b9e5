export { type Fork, type ForkOptions, fork } from './fork.ts'
export { ArchiveError } from './new-folder.ts'
