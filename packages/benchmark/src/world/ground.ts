import { Host, SqliteJournal, createMemoryBus, createQueries, openDatabase } from '@syntropism/runtime'
import { BEGINS_AT_MS } from './settings.ts'

/** An empty economy in virtual time. */
export interface Ground {
  readonly bus: ReturnType<typeof createMemoryBus>
  readonly host: Host
  readonly queries: ReturnType<typeof createQueries>
  readonly time: { now_ms: number }
}

export async function openGround(): Promise<Ground> {
  const database = openDatabase(':memory:')
  const bus = createMemoryBus((error) => {
    throw error
  })
  const time = { now_ms: BEGINS_AT_MS }
  const host = await Host.open({
    bus,
    createClock: () => ({ now: () => time.now_ms }),
    journal: new SqliteJournal(database),
    onFatal: (error) => console.error(error),
    snapshot_every: Number.MAX_SAFE_INTEGER,
  })
  return { bus, host, queries: createQueries(database), time }
}
