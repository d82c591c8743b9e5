export { evolution } from './evolution.ts'
