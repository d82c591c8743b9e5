export { loadModel } from './load.ts'
