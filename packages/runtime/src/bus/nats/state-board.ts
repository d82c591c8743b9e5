import { type JetStreamClient, jetstream } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import type { EconomyEvent } from '@syntropism/contract'
import { subjects } from './subjects.ts'

/** What the board shows: the newest value of every key, in the order in which they are to be written first. */
export interface BoardSource {
  /** All keys there are. */
  keys(): Iterable<string>
  /** Keys that an event changes. */
  keysOf(event: EconomyEvent): Iterable<string>
  /** The value as it is now, or null when there is none. */
  valueOf(key: string): object | null
}

const PAUSE_MS = 100
const AT_ONCE_MAX = 128
const REQUEST_MS = 5000
const encoder = new TextEncoder()

/**
 * Current values in a key-value bucket, written behind the economy: a key that changes often is written with its newest value only, and
 * while the server is away keys wait, one entry each. All keys are written at the start, so a bucket that was lost or is old comes right.
 */
export class StateBoard {
  readonly #connection: NatsConnection
  readonly #economyId: string
  readonly #js: JetStreamClient
  readonly #source: BoardSource
  readonly #onError: (error: unknown) => void
  readonly #dirty = new Set<string>()
  #closed = false
  readonly #running: Promise<void>

  constructor(connection: NatsConnection, economyId: string, source: BoardSource, onError: (error: unknown) => void) {
    this.#connection = connection
    this.#economyId = economyId
    this.#js = jetstream(connection)
    this.#source = source
    this.#onError = onError
    for (const key of source.keys()) this.#dirty.add(key)
    this.#running = this.#run()
  }

  /** Takes note of a committed event; never waits. */
  note(event: EconomyEvent): void {
    for (const key of this.#source.keysOf(event)) this.#dirty.add(key)
  }

  async #run(): Promise<void> {
    while (!this.#closed) {
      await new Promise((done) => setTimeout(done, PAUSE_MS))
      await this.#flush()
    }
  }

  async #flush(): Promise<void> {
    while (this.#dirty.size > 0 && !this.#connection.isClosed()) {
      const keys = [...this.#dirty].slice(0, AT_ONCE_MAX)
      for (const key of keys) this.#dirty.delete(key)
      const results = await Promise.allSettled(keys.map((key) => this.#write(key)))
      const failed = results.flatMap((result, index) =>
        result.status === 'rejected' ? [{ key: keys[index] as string, reason: result.reason as unknown }] : [],
      )
      for (const { key } of failed) this.#dirty.add(key)
      if (failed[0] === undefined) continue
      if (!this.#closed) this.#onError(failed[0].reason)
      return
    }
  }

  async #write(key: string): Promise<void> {
    const value = this.#source.valueOf(key)
    if (value !== null) await this.#js.publish(subjects.boardKey(this.#economyId, key), encoder.encode(JSON.stringify(value)), { timeout: REQUEST_MS })
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#running
  }
}
