import {
  type DeadLetter,
  type NewWork,
  type TakeOptions,
  type WorkFigures,
  type WorkItem,
  type WorkQueue,
  type WorkQueueSettings,
  pauseAfter,
  reasonOf,
} from '../../ports/index.ts'

interface Kept {
  readonly work: NewWork
  delivery: number
}
interface Taker {
  readonly handle: (item: WorkItem) => Promise<void>
  readonly options: TakeOptions
  free: number
}

/** Ids remembered after their work is done. */
const REMEMBERED_MAX = 100_000

/** A queue in this process: it ends with it. */
export class MemoryWorkQueue implements WorkQueue {
  readonly #settings: WorkQueueSettings
  readonly #ids = new Set<string>()
  readonly #waiting: Kept[] = []
  readonly #takers: Taker[] = []
  readonly #dead = new Map<string, DeadLetter>()
  #inHand = 0
  #resting = 0
  #letters = 0

  constructor(settings: WorkQueueSettings) {
    this.#settings = settings
  }

  async add(work: NewWork): Promise<void> {
    if (this.#ids.has(work.id)) return
    this.#ids.add(work.id)
    if (this.#ids.size > REMEMBERED_MAX) this.#ids.delete(this.#ids.values().next().value ?? '')
    this.#waiting.push({ delivery: 0, work })
    this.#handOut()
  }

  take(handle: (item: WorkItem) => Promise<void>, options: TakeOptions): () => Promise<void> {
    const taker: Taker = { free: options.at_once_max, handle, options }
    this.#takers.push(taker)
    this.#handOut()
    return async () => {
      const place = this.#takers.indexOf(taker)
      if (place >= 0) this.#takers.splice(place, 1)
    }
  }

  async deadLetters(limit: number): Promise<DeadLetter[]> {
    return [...this.#dead.values()].slice(0, limit)
  }

  async revive(letterId: string): Promise<boolean> {
    const letter = this.#dead.get(letterId)
    if (letter === undefined) return false
    this.#dead.delete(letterId)
    const { data, id, traceparent, tracestate } = letter
    this.#waiting.push({ delivery: 0, work: { data, id, traceparent, tracestate } })
    this.#handOut()
    return true
  }

  async figures(): Promise<WorkFigures> {
    return { dead: this.#dead.size, in_hand: this.#inHand + this.#resting, waiting: this.#waiting.length }
  }

  #handOut(): void {
    for (;;) {
      const taker = this.#takers.find(({ free }) => free > 0)
      const kept = taker === undefined ? undefined : this.#waiting.shift()
      if (taker === undefined || kept === undefined) return
      taker.free -= 1
      this.#inHand += 1
      kept.delivery += 1
      void this.#carry(taker, kept)
    }
  }

  async #carry(taker: Taker, kept: Kept): Promise<void> {
    try {
      // A new turn: the caller of `add` is not held up by the handler.
      await Promise.resolve()
      await taker.handle({ ...kept.work, delivery: kept.delivery })
    } catch (error) {
      taker.options.onError(error)
      if (kept.delivery < this.#settings.deliveries_max) this.#later(kept)
      else await this.#putAside(taker.options, kept, reasonOf(error))
    }
    taker.free += 1
    this.#inHand -= 1
    this.#handOut()
  }

  #later(kept: Kept): void {
    this.#resting += 1
    const pause = setTimeout(
      () => {
        this.#resting -= 1
        this.#waiting.push(kept)
        this.#handOut()
      },
      pauseAfter(kept.delivery, this.#settings),
    )
    pause.unref()
  }

  async #putAside({ onDead, onError }: TakeOptions, { delivery, work }: Kept, reason: string): Promise<void> {
    const letter_id = String(++this.#letters)
    const letter = { ...work, deliveries: delivery, reason }
    this.#dead.set(letter_id, { ...letter, letter_id })
    for (let attempt = 1; ; attempt++)
      try {
        return await onDead?.(letter)
      } catch (error) {
        onError(error)
        await new Promise((done) => setTimeout(done, pauseAfter(attempt, this.#settings)))
      }
  }
}
