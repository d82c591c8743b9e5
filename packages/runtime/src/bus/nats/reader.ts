import type { NatsConnection } from '@nats-io/transport-node'
import type { EconomyEvent } from '@syntropism/contract'
import { followStream } from './follow.ts'
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

const AT_ONCE_MAX = 500

/**
 * Reads events after a position, then goes on as they come. The server may deliver one again after a reconnect: the sequence number tells,
 * and it is not handed over twice. A slow reader holds back nobody; at most 500 events wait in memory.
 */
export function readEventStream({ after_seq, connection, economy_id, filter, onError, onEvent }: ReaderOptions): EventReader {
  let seq = after_seq
  const stop = followStream({
    // The stream's own number is the event's.
    after: () => seq,
    at_once_max: AT_ONCE_MAX,
    connection,
    filter,
    onError,
    async onMessage(message) {
      const event = message.json<EconomyEvent>()
      if (event.seq <= seq) return
      seq = event.seq
      try {
        await onEvent(event)
      } catch (error) {
        onError(error)
      }
    },
    stream: subjects.eventStream(economy_id),
  })
  return {
    get seq() {
      return seq
    },
    stop,
  }
}
