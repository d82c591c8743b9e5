import { type Command, type EconomyEvent, CommandSchema } from '@syntropism/contract'
import { type State, apply, createState, eventText, restore } from '@syntropism/economy'
import type { ClearingAudit } from '../audit/index.ts'
import { type Journal, JournalError, type StoredBatch } from '../ports/index.ts'

/**
 * Re-executes one record and compares what it gives with what was recorded, byte for byte. Returns the first event that differs, or null, and what an
 * audit of its clearings found.
 */
export function reExecute(
  state: State,
  batch: StoredBatch,
  audit: ClearingAudit | null = null,
): { readonly events: EconomyEvent[]; readonly difference_seq: number | null; readonly finding: ReturnType<ClearingAudit['end']> } {
  const events: EconomyEvent[] = []
  const commands = JSON.parse(batch.commands_json) as Command[]
  const firstSeq = state.seq + 1
  let finding: ReturnType<ClearingAudit['end']> = null
  for (const recorded of commands) {
    const command = CommandSchema.parse(recorded)
    const solution = command.type === 'tick' ? (command.solution ?? null) : null
    apply(state, command, {
      book: (before) => audit?.book(before),
      event(event) {
        events.push(event)
        audit?.event(event, solution)
      },
      posting: () => undefined,
    })
    finding ??= audit?.end(state.seq) ?? null
  }
  const texts = events.map(eventText)
  if (`[${texts.join(',')}]` === batch.events_json) return { difference_seq: null, events, finding }
  const recorded = JSON.parse(batch.events_json) as EconomyEvent[]
  const index = texts.findIndex((text, position) => recorded[position] === undefined || text !== eventText(recorded[position]))
  return { difference_seq: index >= 0 ? firstSeq + index : firstSeq + Math.min(events.length, recorded.length), events, finding }
}

/** Re-executes one record of a journal. Throws JournalError where that gives other events than were recorded. */
export function reExecuteExactly(state: State, batch: StoredBatch): void {
  const { difference_seq: seq } = reExecute(state, batch)
  if (seq !== null)
    throw new JournalError('corrupt', `re-executing the journal differs from what was recorded, first at sequence number ${seq} (record ${batch.number})`)
}

/** State as the journal alone tells it: the last snapshot and the records after it, each compared with its recorded events. */
export async function recover(journal: Pick<Journal, 'latestSnapshot' | 'read'>): Promise<State> {
  return recoverFrom(journal, await journal.latestSnapshot())
}

/** The same from a given snapshot; from the first record without one. */
export async function recoverFrom(journal: Pick<Journal, 'read'>, snapshot: Awaited<ReturnType<Journal['latestSnapshot']>>): Promise<State> {
  const state = snapshot === null ? createState() : restore(snapshot.text)
  for await (const batch of journal.read(snapshot?.number ?? 0)) reExecuteExactly(state, batch)
  return state
}
