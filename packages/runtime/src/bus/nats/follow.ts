import { type ConsumerMessages, DeliverPolicy, type JsMsg, jetstream } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'

export interface FollowOptions {
  readonly connection: NatsConnection
  readonly stream: string
  /** Subjects to read, all when none is named. */
  readonly filter?: readonly string[] | undefined
  /** Messages that wait in memory, at most. */
  readonly at_once_max: number
  /** The stream's own number of the message before the first that is wanted; asked each time that reading begins anew. */
  after(): number
  /** Called in the stream's order; the next waits for the promise. When it fails, reading begins anew. */
  onMessage(message: JsMsg): void | Promise<void>
  onError(error: unknown): void
}

const PAUSE_MS = 200
/** The server says every second that it is there; after two silences the reader asks anew. */
const HEARTBEAT_MS = 1000
const EXPIRES_MS = 10_000

/** Reads a stream from a place on and goes on as messages come, whatever happens to the way there, until the connection is closed. Returns the end. */
export function followStream({ after, at_once_max, connection, filter, onError, onMessage, stream }: FollowOptions): () => Promise<void> {
  const end = { wanted: false }
  let messages: ConsumerMessages | null = null
  const once = async (): Promise<void> => {
    const consumer = await jetstream(connection).consumers.get(stream, {
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: after() + 1,
      ...(filter === undefined ? {} : { filter_subjects: [...filter] }),
    })
    if (end.wanted) return
    messages = await consumer.consume({ expires: EXPIRES_MS, idle_heartbeat: HEARTBEAT_MS, max_messages: at_once_max })
    for await (const message of messages) {
      if (end.wanted) return
      await onMessage(message)
    }
  }
  const running = (async () => {
    while (!end.wanted && !connection.isClosed()) {
      try {
        await once()
      } catch (error) {
        if (!end.wanted && !connection.isClosed()) onError(error)
      }
      if (!end.wanted && !connection.isClosed()) await new Promise((done) => setTimeout(done, PAUSE_MS))
    }
  })()
  return async () => {
    end.wanted = true
    messages?.stop()
    await running
  }
}
