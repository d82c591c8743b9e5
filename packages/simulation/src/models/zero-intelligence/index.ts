export { zeroIntelligence } from './zero-intelligence.ts'
