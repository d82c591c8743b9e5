import type { State } from '@syntropism/economy'
import { stateAt } from '@syntropism/runtime'
import type { Local } from '../terminal/local.ts'
import { watchedReads } from '../terminal/watched-reads.ts'
import { momentOf } from './past-commands.ts'

export interface PastFlags {
  readonly at?: string
}

/** State at the sequence number or time of `--at`, or after the last command. The journal is only read. */
export async function pastState({ queries }: Local, { at }: PastFlags): Promise<State> {
  const moment = at === undefined ? { at_ms: Number.MAX_SAFE_INTEGER } : momentOf(at, '--at')
  return (await stateAt(await watchedReads(queries), moment)).state
}
