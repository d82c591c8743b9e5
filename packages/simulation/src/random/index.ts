export { Random, streamOf } from './xoshiro128.ts'
