export { unmetIn } from './condition.ts'
export { judge, usageOf } from './judge.ts'
export { type Failure, type LoggedEvent, type RunRecord, memberAt, shown } from './record.ts'
export { bootstrapInterval, leastPairs, permutationTest, wilsonInterval } from './statistics.ts'
