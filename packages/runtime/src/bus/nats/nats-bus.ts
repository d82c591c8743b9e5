import type { EconomyEvent } from '@syntropism/contract'
import type { Bus } from '../../ports/index.ts'
import { Outbox, type OutboxOptions } from './outbox.ts'
import { type EventReader, readEventStream } from './reader.ts'

/** The bus over JetStream: what is published comes back to every subscriber, here and in other processes, in journal order. */
export class NatsBus implements Bus {
  readonly outbox: Outbox
  readonly #options: OutboxOptions
  readonly #onError: (error: unknown) => void
  readonly #readers = new Set<EventReader>()

  constructor(options: OutboxOptions & { onError(error: unknown): void }) {
    this.#options = options
    this.#onError = (error) => options.onError(error)
    this.outbox = new Outbox(options)
  }

  publish(events: readonly EconomyEvent[]): void {
    this.outbox.offer(events)
  }

  subscribe(listener: (event: EconomyEvent) => void): () => void {
    const { connection, economy_id } = this.#options
    const reader = readEventStream({ after_seq: this.outbox.committed_seq, connection, economy_id, onError: this.#onError, onEvent: listener })
    this.#readers.add(reader)
    return () => {
      this.#readers.delete(reader)
      reader.stop().catch(this.#onError)
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#readers].map((reader) => reader.stop()))
    await this.outbox.close()
  }
}
