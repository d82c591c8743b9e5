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

/** Id of the economy in a journal: of its first event, or of the last fork that it is. */
export async function economyIdIn(queries: Queries): Promise<string> {
  const [first] = await readEvents(queries, { after_seq: 0, limit: 1 })
  if (first?.type !== 'economy_created') throw new ConfigError('the journal is empty: the economy has not begun')
  const forks = await queries.selectFrom('batches').select('events').where('events', 'like', '%"type":"economy_forked"%').orderBy('number').execute()
  const fork = forks
    .flatMap(({ events }) => JSON.parse(events) as EconomyEvent[])
    .filter((event) => event.type === 'economy_forked')
    .at(-1)
  return fork?.data.economy_id ?? first.data.economy_id
}

/** Name of an economy's project in Phoenix. */
export const projectOf = async (queries: Queries): Promise<string> => `syntropism-${await economyIdIn(queries)}`
