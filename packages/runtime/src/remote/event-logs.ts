import { randomUUID } from 'node:crypto'
import { RetentionPolicy, StorageType, jetstreamManager } from '@nats-io/jetstream'
import type { EconomyEvent } from '@syntropism/contract'
import { BusError, type EventReader, type NatsSettings, Outbox, connectNats, readEventStream, subjects } from '../bus/nats/index.ts'

/** Longest wait for the server to store what was offered. */
const SILENCE_MS = 60_000

/** The events of one short-lived economy, kept by a stream on NATS alone. */
export interface EventLog {
  /** Takes committed events, in journal order. */
  offer(events: readonly EconomyEvent[]): void
  /** All events so far, as the stream holds them, once it has them all. */
  read(): Promise<readonly EconomyEvent[]>
  /** Deletes the stream. */
  close(): Promise<void>
}

/** Logs of short-lived economies on one server. */
export interface EventLogs {
  /** Unlike that of any other run, for ids of economies: no two may share a stream. */
  readonly run_id: string
  open(economyId: string): Promise<EventLog>
  close(): Promise<void>
}

/** Connects to NATS for economies whose events are to be taken from there. Throws BusError when nothing answers. */
export async function openEventLogs(settings: NatsSettings): Promise<EventLogs> {
  const connection = await connectNats(settings)
  const manager = await jetstreamManager(connection)
  const open = async (economyId: string): Promise<EventLog> => {
    const name = subjects.eventStream(economyId)
    await manager.streams.add({ name, retention: RetentionPolicy.Limits, storage: StorageType.Memory, subjects: [...subjects.events(economyId)] })
    const all: EconomyEvent[] = []
    let halted: BusError | null = null
    const outbox = new Outbox({
      committed_seq: 0,
      connection,
      economy_id: economyId,
      onHalt: (error) => void (halted = error),
      read: (after, limit) => all.slice(after, after + limit),
    })
    /** Reads the stream from its beginning to the last event that was offered. */
    const stored = async (): Promise<readonly EconomyEvent[]> => {
      const last = outbox.committed_seq
      await Promise.race([outbox.drained(), new Promise((done) => setTimeout(done, SILENCE_MS).unref())])
      if (outbox.published_seq < last)
        throw halted ?? new BusError('unavailable', `NATS has stored ${outbox.published_seq} of ${last} events of ${economyId} after ${SILENCE_MS} ms`)
      const seen: EconomyEvent[] = []
      if (last === 0) return seen
      let reader: EventReader | null = null
      try {
        await new Promise<void>((done, fail) => {
          reader = readEventStream({
            after_seq: 0,
            connection,
            economy_id: economyId,
            onError: (error) => fail(error instanceof Error ? error : new BusError('unavailable', String(error))),
            onEvent: (event) => {
              seen.push(event)
              if (event.seq >= last) done()
            },
          })
        })
      } finally {
        await (reader as EventReader | null)?.stop()
      }
      return seen
    }
    return {
      async close() {
        await outbox.close()
        await manager.streams.delete(name)
      },
      offer(events) {
        for (const event of events) all.push(event)
        outbox.offer(events)
      },
      read: stored,
    }
  }
  return { close: () => connection.close(), open, run_id: randomUUID().slice(0, 8) }
}
