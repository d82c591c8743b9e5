import type { State } from '@syntropism/economy'
import { journalReads, stateAt } from '@syntropism/runtime'
import type { Local } from './local.ts'

export interface PastFlags {
  readonly at?: number
}

/** State after the event with the sequence number of `--at`, or after the last. The journal is only read. */
export async function pastState({ queries }: Local, { at }: PastFlags): Promise<State> {
  const moment = at === undefined ? { at_ms: Number.MAX_SAFE_INTEGER } : { seq: at }
  return (await stateAt(journalReads(queries), moment)).state
}
