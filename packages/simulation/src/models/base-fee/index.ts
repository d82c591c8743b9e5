export { baseFee } from './base-fee.ts'
