import { type Command, CommandSchema, type EconomyEvent } from '@syntropism/contract'
import { type Posting, type State, apply, createState, eventText } from '@syntropism/economy'
import type { ReadableJournal } from '../host/index.ts'
import { type Batch, type Journal, JournalError, type StoredBatch } from '../ports/index.ts'
import { GENESIS_HASH, batchHash } from '../store/index.ts'

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

/** A record that has been carried out again. */
interface CheckedRecord {
  readonly stored: StoredBatch
  readonly made: NewRecord
  /** Whether all of its commands are in it. */
  readonly whole: boolean
}

/**
 * Carries out a journal's records on a state before genesis, up to a cut or to the end, and checks each: number, hash chain, events byte for byte.
 * Throws JournalError at the first that is not as it was. A record is handed on before the next is carried out.
 */
export async function* checkedRecords(source: Pick<ReadableJournal, 'read'>, state: State, cut: Cut | null = null): AsyncGenerator<CheckedRecord> {
  let hash = GENESIS_HASH
  let number = 0
  for await (const stored of source.read(0)) {
    if (cut !== null && stored.number > cut.record) return
    if (stored.number !== number + 1) throw new JournalError('corrupt', `record ${number + 1} is missing`)
    if (stored.previous_hash !== hash || batchHash(hash, stored.commands_json, stored.events_json) !== stored.hash)
      throw new JournalError('corrupt', `record ${stored.number} breaks the hash chain`)
    const recorded = JSON.parse(stored.commands_json) as unknown[]
    const taken = cut?.record === stored.number ? Math.min(cut.commands, recorded.length) : recorded.length
    if (taken === 0) return
    const made = new NewRecord()
    for (const command of recorded.slice(0, taken)) made.add(state, command)
    const whole = taken === recorded.length
    assertSame(stored, made.events, whole)
    yield { made, stored, whole }
    ;({ hash, number } = stored)
  }
}

/**
 * Carries a journal over into an empty one, up to a cut or whole; the read models are made anew.
 * Returns the state at its end, the last record's number and the hash of the last record taken whole.
 */
export async function carryOver(
  source: Pick<ReadableJournal, 'read'>,
  target: Pick<Journal, 'commit'>,
  cut: Cut | null,
): Promise<{ state: State; record: number; hash: string }> {
  const state = createState()
  let head = { hash: GENESIS_HASH, record: 0 }
  for await (const { made, stored, whole } of checkedRecords(source, state, cut)) {
    await target.commit(made.batch(stored.number), state)
    head = { hash: whole ? stored.hash : head.hash, record: stored.number }
  }
  return { ...head, state }
}
