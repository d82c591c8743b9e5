import { type Config, pathsOf, readStore, reasonOf } from '@syntropism/runtime'
import { economyIdIn } from '../inspect/journal-events.ts'

/** What the doctor says of the bus. */
export interface BusReport {
  readonly bus: string
  readonly bus_streams?: readonly string[]
  readonly bus_problems?: readonly string[]
}

/** Id and last sequence number of the configured economy, or null when there is none. */
async function journalEnd(config: Config): Promise<{ economy_id: string; seq: number } | null> {
  const store = await readStore(config, pathsOf(config.data))
  try {
    const last = await store?.queries.selectFrom('batches').select('last_seq').orderBy('number', 'desc').limit(1).executeTakeFirst()
    return store === null || last === undefined ? null : { economy_id: await economyIdIn(store.queries), seq: last.last_seq }
  } finally {
    await store?.close()
  }
}

const MB = 1_048_576

/** Looks at NATS, where an address is configured: the streams and queues of this folder's economy, or of the one that answers. */
export async function describeBus(config: Config): Promise<BusReport> {
  if (config.nats_url === undefined) return { bus: 'in-process' }
  const { chooseEconomy, connectNats, inspectBus } = await import('@syntropism/runtime/remote')
  try {
    const connection = await connectNats({ credentials_file: config.nats_credentials, name: 'syntropism doctor', url: config.nats_url })
    try {
      const journal = await journalEnd(config)
      const economyId = journal?.economy_id ?? (await chooseEconomy(connection, undefined))
      const found = await inspectBus(connection, economyId, config.nats_streams, journal?.seq ?? null, Date.now())
      return {
        bus: `${found.server}, economy ${economyId}${found.events_behind === null ? '' : `, ${found.events_behind} events behind the journal`}, ${found.dead_letters} dead letters`,
        bus_problems: found.problems,
        bus_streams: found.streams.map(
          ({ bytes, messages, name, queues, replicas }) =>
            `${name}: ${messages} messages, ${(bytes / MB).toFixed(1)} MB, ${replicas} ${replicas === 1 ? 'copy' : 'copies'}${queues.map((queue) => `, ${queue.consumer} ${queue.waiting} waiting ${queue.in_hand} in hand`).join('')}`,
        ),
      }
    } finally {
      await connection.close()
    }
  } catch (error) {
    return { bus: `NATS at ${config.nats_url}`, bus_problems: [reasonOf(error)] }
  }
}
