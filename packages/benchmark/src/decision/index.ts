export { judgeDecision } from './decision.ts'
