export { Inquiries } from './inquiries.ts'
export type { LowestWinning } from './lowest.ts'
