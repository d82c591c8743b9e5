import { setImmediate as breathe } from 'node:timers/promises'
import { type Command, CommandSchema, type EconomyEvent } from '@syntropism/contract'
import { type State, apply, createState, eventText, restore, snapshot } from '@syntropism/economy'
import { JournalError, type Maybe, type Moment, MomentError, type StoredBatch } from '../ports/index.ts'
import { reExecuteExactly } from './recover.ts'

/** The state as it was, and where in the journal that is. */
export interface PastState {
  readonly state: State
  /** The last record of which anything is carried out, and how many of its commands are; 0 and 0 before the first. */
  readonly record: number
  readonly commands: number
  /** The command that comes next in that record, null when the record is carried out whole. */
  readonly next: Command | null
}

/** Records after which a running economy gets its turn. */
const SLICE = 20

const isReached = (moment: Moment, state: State): boolean => 'seq' in moment && state.seq >= moment.seq

/** Carries out the commands of one record that belong to the past of a moment; `most` bounds their number. */
function carryOut(state: State, batch: StoredBatch, moment: Moment, most: number): PastState {
  const commands = (JSON.parse(batch.commands_json) as unknown[]).map((command) => CommandSchema.parse(command))
  const recorded = JSON.parse(batch.events_json) as EconomyEvent[]
  const events: EconomyEvent[] = []
  let done = 0
  for (const command of commands) {
    if (done === most || isReached(moment, state) || ('at_ms' in moment && command.at_ms > moment.at_ms)) break
    apply(state, command, { event: (event) => void events.push(event), posting: () => undefined })
    done += 1
  }
  for (const [index, event] of events.entries()) {
    const other = recorded[index]
    if (other === undefined || eventText(event) !== eventText(other))
      throw new JournalError('corrupt', `re-executing record ${batch.number} differs from what was recorded, first at sequence number ${event.seq}`)
  }
  return { commands: done, next: commands[done] ?? null, record: batch.number, state }
}

/** The last state before a moment: the command that reaches it is counted on a copy, then left out. */
function carryOutBefore(state: State, batch: StoredBatch, moment: Moment): PastState {
  const { commands } = carryOut(restore(snapshot(state)), batch, moment, Infinity)
  return carryOut(state, batch, moment, Math.max(0, commands - 1))
}

/** What of a journal the past is read from. */
export interface ReadableJournal {
  latestSnapshot(beforeNumber?: number): Maybe<{ readonly number: number; readonly text: string } | null>
  read(afterNumber: number): AsyncIterable<StoredBatch> | Iterable<StoredBatch>
  recordReaching(moment: Moment): Maybe<number | null>
}

/**
 * The state as it was at a moment, by re-execution from the nearest snapshot before it; what is re-executed is compared with what was recorded.
 * Commands are carried out whole: `after` an event means after the command that wrote it, `before` before that command; after a time, after the last command at or before it.
 * Throws MomentError when the journal does not reach a sequence number, or the economy had not begun.
 */
export async function stateAt(journal: ReadableJournal, moment: Moment, side: 'after' | 'before' = 'after'): Promise<PastState> {
  const past = await follow(journal, moment, side)
  if (side === 'before' || past.state.economy_id !== '') return past
  throw new MomentError(
    'before_beginning',
    `${'seq' in moment ? `sequence number ${moment.seq}` : new Date(moment.at_ms).toISOString()} lies before the economy began`,
  )
}

async function follow(journal: ReadableJournal, moment: Moment, side: 'after' | 'before'): Promise<PastState> {
  const target = await journal.recordReaching(moment)
  const kept = await journal.latestSnapshot(target ?? undefined)
  const state = kept === null ? createState() : restore(kept.text)
  let record = kept?.number ?? 0
  for await (const batch of journal.read(record)) {
    if (batch.number === target) return side === 'after' ? carryOut(state, batch, moment, Infinity) : carryOutBefore(state, batch, moment)
    reExecuteExactly(state, batch)
    record = batch.number
    if (record % SLICE === 0) await breathe()
  }
  if ('seq' in moment && state.seq < moment.seq)
    throw new MomentError('beyond_end', `sequence number ${moment.seq} lies beyond the end of the journal; the last is ${state.seq}`)
  return { commands: 0, next: null, record, state }
}
