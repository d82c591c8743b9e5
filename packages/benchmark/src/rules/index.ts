export { judge, usageOf } from './judge.ts'
export type { Failure, LoggedEvent, RunRecord } from './record.ts'
export { bootstrapInterval, permutationTest, slopeOf } from './statistics.ts'
