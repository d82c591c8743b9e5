import type { DatabaseSync } from 'node:sqlite'
import type { EconomyEvent } from '@syntropism/contract'
import { ConfigError, readEvents } from '@syntropism/runtime'

const PAGE = 10_000

/** All events of a journal after a sequence number, in order. */
export function* eventsOf(database: DatabaseSync, afterSeq: number): Iterable<EconomyEvent> {
  for (let after = afterSeq; ; ) {
    const page = readEvents(database, { after_seq: after, limit: PAGE })
    yield* page
    if (page.length < PAGE) return
    after = page.at(-1)?.seq as number
  }
}

/** Name of an economy's project in Phoenix. */
export function projectOf(database: DatabaseSync): string {
  const [first] = readEvents(database, { after_seq: 0, limit: 1 })
  if (first?.type !== 'economy_created') throw new ConfigError('the journal is empty: the economy has not begun')
  const fork = readEvents(database, { after_seq: 0, limit: Number.MAX_SAFE_INTEGER, type: 'economy_forked' }).at(-1)
  return `syntropism-${fork?.type === 'economy_forked' ? fork.data.economy_id : first.data.economy_id}`
}
