import type { Journal, Moment, StoredBatch } from '../ports/index.ts'
import type { Queries } from './queries.ts'

/** Bytes that a page of records may have before the next one gets shorter. */
const PAGE_BYTES = 4_194_304
const PAGE_MAX = 512

/** Records after a number, in order, read in pages. */
async function* readRecords(queries: Queries, afterNumber: number): AsyncGenerator<StoredBatch> {
  let limit = 16
  for (let after = afterNumber; ; ) {
    const rows = await queries
      .selectFrom('batches')
      .select(['number', 'commands as commands_json', 'events as events_json', 'previous_hash', 'hash'])
      .where('number', '>', after)
      .orderBy('number')
      .limit(limit)
      .execute()
    let bytes = 0
    for (const row of rows) {
      bytes += row.commands_json.length + row.events_json.length
      yield row
    }
    const last = rows.at(-1)
    if (last === undefined || rows.length < limit) return
    after = last.number
    limit = bytes > PAGE_BYTES ? Math.max(1, limit >> 1) : Math.min(PAGE_MAX, limit * 2)
  }
}

async function snapshotBefore(queries: Queries, beforeNumber: number): Promise<{ readonly number: number; readonly text: string } | null> {
  const row = await queries
    .selectFrom('snapshots')
    .select(['number', 'state as text'])
    .where('number', '<', beforeNumber)
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row ?? null
}

async function recordReaching(queries: Queries, moment: Moment): Promise<number | null> {
  const records = queries.selectFrom('batches').select('number').orderBy('number').limit(1)
  const row = await ('seq' in moment ? records.where('last_seq', '>=', moment.seq) : records.where('at_ms', '>', moment.at_ms)).executeTakeFirst()
  return row?.number ?? null
}

/** The reading half of a journal, which every database answers through the query layer. */
export interface JournalReads extends Pick<Journal, 'read'> {
  latestSnapshot(beforeNumber?: number): Promise<{ readonly number: number; readonly text: string } | null>
  recordReaching(moment: Moment): Promise<number | null>
  /** Number of the last record, 0 when there is none. */
  lastNumber(): Promise<number>
}

async function lastNumber(queries: Queries): Promise<number> {
  const row = await queries.selectFrom('batches').select('number').orderBy('number', 'desc').limit(1).executeTakeFirst()
  return row?.number ?? 0
}

export const journalReads = (queries: Queries): JournalReads => ({
  lastNumber: () => lastNumber(queries),
  latestSnapshot: (beforeNumber = Number.MAX_SAFE_INTEGER) => snapshotBefore(queries, beforeNumber),
  read: (afterNumber) => readRecords(queries, afterNumber),
  recordReaching: (moment) => recordReaching(queries, moment),
})
