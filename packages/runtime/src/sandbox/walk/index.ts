export { entriesBelow } from './walk.ts'
