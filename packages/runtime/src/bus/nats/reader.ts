import { type ConsumerMessages, DeliverPolicy, jetstream } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import type { EconomyEvent } from '@syntropism/contract'
import { subjects } from './subjects.ts'

export interface ReaderOptions {
  readonly connection: NatsConnection
  readonly economy_id: string
  /** The reader's own position: the last sequence number whose effect it has kept. */
  readonly after_seq: number
  /** Subjects to read, all when none is named. */
  readonly filter?: readonly string[]
  /** Called in journal order, each event once per reader; the next waits for the promise. */
  onEvent(event: EconomyEvent): void | Promise<void>
  onError(error: unknown): void
}

/** A reader of the event stream. */
export interface EventReader {
  /** Last sequence number handed over. */
  readonly seq: number
  stop(): Promise<void>
}

const PAUSE_MS = 200
const FETCH_MAX = 500
/** The server says every second that it is there; after two silences the reader asks anew. */
const HEARTBEAT_MS = 1000
const EXPIRES_MS = 10_000

/**
 * Reads events after a position, then goes on as they come. The server may deliver one again after a reconnect: the sequence number tells,
 * and it is not handed over twice. A slow reader holds back nobody; at most 500 events wait in memory.
 */
export function readEventStream(options: ReaderOptions): EventReader {
  const { connection, economy_id, filter, onError, onEvent } = options
  let seq = options.after_seq
  const end = { wanted: false }
  let messages: ConsumerMessages | null = null

  const once = async (): Promise<void> => {
    const consumer = await jetstream(connection).consumers.get(subjects.eventStream(economy_id), {
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: seq + 1,
      ...(filter === undefined ? {} : { filter_subjects: [...filter] }),
    })
    if (end.wanted) return
    messages = await consumer.consume({ expires: EXPIRES_MS, idle_heartbeat: HEARTBEAT_MS, max_messages: FETCH_MAX })
    for await (const message of messages) {
      if (end.wanted) return
      const event = message.json<EconomyEvent>()
      if (event.seq <= seq) continue
      seq = event.seq
      try {
        await onEvent(event)
      } catch (error) {
        onError(error)
      }
    }
  }

  const running = (async () => {
    while (!end.wanted) {
      try {
        await once()
      } catch (error) {
        if (!end.wanted && !connection.isClosed()) onError(error)
      }
      if (connection.isClosed()) return
      if (!end.wanted) await new Promise((done) => setTimeout(done, PAUSE_MS))
    }
  })()

  return {
    get seq() {
      return seq
    },
    async stop() {
      end.wanted = true
      messages?.stop()
      await running
    },
  }
}
