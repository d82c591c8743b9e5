export { Recent } from './recent.ts'
