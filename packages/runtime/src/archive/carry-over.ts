import { type Command, CommandSchema, type EconomyEvent } from '@syntropism/contract'
import { type Posting, type State, apply, createState, eventText } from '@syntropism/economy'
import type { ReadableJournal } from '../host/index.ts'
import { type Batch, JournalError, type StoredBatch } from '../ports/index.ts'
import { GENESIS_HASH, batchHash } from '../store/index.ts'

/** What of a journal is written to. */
export interface WritableJournal {
  commit(batch: Batch, state: State): Promise<void> | void
  saveSnapshot(number: number, text: string): Promise<void> | void
}

/** Commands carried out together, as a record. Those that are refused and leave no event are left out and counted. */
export class NewRecord {
  readonly commands: Command[] = []
  readonly events: EconomyEvent[] = []
  readonly ids: { id: string; owner: string }[] = []
  readonly postings: Posting[] = []
  left_out = 0

  /** Carries out a command as it was recorded; returns why it was refused, or null. */
  add(state: State, recorded: unknown): string | null {
    const command = CommandSchema.parse(recorded)
    const before = this.events.length
    const outcome = apply(state, command, { event: (event) => void this.events.push(event), posting: (posting) => void this.postings.push(posting) })
    if (outcome.ok && outcome.repeated) return null
    if (!outcome.ok && this.events.length === before) this.left_out += 1
    else this.commands.push(recorded as Command)
    if (outcome.ok && command.id !== undefined) this.ids.push({ id: command.id, owner: command.owner })
    return outcome.ok ? null : `${outcome.refusal.code} ${JSON.stringify(outcome.refusal.detail)}`
  }

  batch(number: number): Batch {
    return { commands: this.commands, events: this.events, ids: this.ids, number, postings: this.postings }
  }
}

function assertSame(batch: StoredBatch, events: readonly EconomyEvent[], whole: boolean): void {
  const text = `[${events.map(eventText).join(',')}]`
  const recorded = whole ? batch.events_json : `[${(JSON.parse(batch.events_json) as EconomyEvent[]).slice(0, events.length).map(eventText).join(',')}]`
  if (text !== recorded) throw new JournalError('corrupt', `re-executing record ${batch.number} gives other events than were recorded`)
}

/** Where a journal is cut: after so many commands of a record. */
export interface Cut {
  readonly record: number
  readonly commands: number
}

/**
 * Carries a journal over into an empty one, up to a cut or whole: re-executes every record, checks chain and events, and has the read models made anew.
 * Returns the state at its end, the last record's number and the hash of the last record taken whole. Throws JournalError at the first record that is not as it was.
 */
export async function carryOver(
  source: Pick<ReadableJournal, 'read'>,
  target: Pick<WritableJournal, 'commit'>,
  cut: Cut | null,
): Promise<{ state: State; record: number; hash: string }> {
  const state = createState()
  let hash = GENESIS_HASH
  let number = 0
  for await (const batch of source.read(0)) {
    if (cut !== null && batch.number > cut.record) break
    if (batch.number !== number + 1) throw new JournalError('corrupt', `record ${number + 1} is missing`)
    if (batch.previous_hash !== hash || batchHash(hash, batch.commands_json, batch.events_json) !== batch.hash)
      throw new JournalError('corrupt', `record ${batch.number} breaks the hash chain`)
    const recorded = JSON.parse(batch.commands_json) as unknown[]
    const taken = cut?.record === batch.number ? Math.min(cut.commands, recorded.length) : recorded.length
    if (taken === 0) break
    const record = new NewRecord()
    for (const command of recorded.slice(0, taken)) record.add(state, command)
    assertSame(batch, record.events, taken === recorded.length)
    number = batch.number
    await target.commit(record.batch(number), state)
    if (taken < recorded.length) break
    hash = batch.hash
  }
  return { hash, record: number, state }
}
