import type { DatabaseSync } from 'node:sqlite'
import type { EconomyEvent } from '@syntropism/contract'

export interface EventFilter {
  readonly after_seq: number
  readonly agent_id?: string | undefined
  readonly limit: number
  readonly type?: string | undefined
}

/** Committed events after a sequence number, oldest first, straight from the journal. */
export function readEvents(database: DatabaseSync, filter: EventFilter): EconomyEvent[] {
  const found: EconomyEvent[] = []
  const rows = database.prepare('SELECT events FROM batches WHERE last_seq > ? ORDER BY last_seq, number').iterate(filter.after_seq)
  for (const row of rows as Iterable<{ events: string }>) {
    for (const event of JSON.parse(row.events) as EconomyEvent[]) {
      if (
        event.seq <= filter.after_seq ||
        (filter.type !== undefined && event.type !== filter.type) ||
        (filter.agent_id !== undefined && event.agent_id !== filter.agent_id)
      )
        continue
      found.push(event)
      if (found.length >= filter.limit) return found
    }
  }
  return found
}
