export { type Outcome, type Result, apply } from './apply.ts'
export { beatIsIdle, candidatesOf, certificateHash, lowestWinningOf, nextDeadlineMs } from './beat.ts'
export { createState, replay, restore, snapshot, stateHash } from './snapshot.ts'
