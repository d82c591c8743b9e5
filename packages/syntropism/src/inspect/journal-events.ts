import type { EconomyEvent } from '@syntropism/contract'
import { ConfigError, type Queries, readEvents } from '@syntropism/runtime'

const PAGE = 10_000

/** All events of a journal after a sequence number, in order. */
export async function* eventsOf(queries: Queries, afterSeq: number): AsyncGenerator<EconomyEvent> {
  for (let after = afterSeq; ; ) {
    const page = await readEvents(queries, { after_seq: after, limit: PAGE })
    yield* page
    if (page.length < PAGE) return
    after = page.at(-1)?.seq as number
  }
}

/** Name of an economy's project in Phoenix. */
export async function projectOf(queries: Queries): Promise<string> {
  const [first] = await readEvents(queries, { after_seq: 0, limit: 1 })
  if (first?.type !== 'economy_created') throw new ConfigError('the journal is empty: the economy has not begun')
  const fork = (await readEvents(queries, { after_seq: 0, limit: Number.MAX_SAFE_INTEGER, type: 'economy_forked' })).at(-1)
  return `syntropism-${fork?.type === 'economy_forked' ? fork.data.economy_id : first.data.economy_id}`
}
