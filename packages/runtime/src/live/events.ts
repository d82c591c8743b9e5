import type { EconomyEvent } from '@syntropism/contract'
import type { Queries } from '../store/index.ts'

export interface EventFilter {
  readonly after_seq: number
  readonly agent_id?: string | undefined
  readonly limit: number
  readonly type?: string | undefined
}

/** Records that are read at once. */
const PAGE = 64

/** Committed events after a sequence number, oldest first, straight from the journal. */
export async function readEvents(queries: Queries, filter: EventFilter): Promise<EconomyEvent[]> {
  const found: EconomyEvent[] = []
  for (let after = filter.after_seq, number = 0; ; ) {
    const rows = await queries
      .selectFrom('batches')
      .select(['last_seq', 'number', 'events'])
      .where('last_seq', '>=', after)
      .where('number', '>', number)
      .orderBy('last_seq')
      .orderBy('number')
      .limit(PAGE)
      .execute()
    for (const row of rows) {
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
    const last = rows.at(-1)
    if (last === undefined || rows.length < PAGE) return found
    after = last.last_seq
    number = last.number
  }
}
