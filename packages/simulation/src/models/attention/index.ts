export { attention } from './attention.ts'
