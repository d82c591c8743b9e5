import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream'
import { type Msg, type NatsConnection, type Subscription, createInbox } from '@nats-io/transport-node'
import type { EconomyEvent } from '@syntropism/contract'
import { eventText } from '@syntropism/economy'
import { type Maybe, reasonOf } from '../../ports/index.ts'
import { BusError } from './connection.ts'
import { eventHeaders } from './headers.ts'
import { subjects } from './subjects.ts'

export interface OutboxOptions {
  readonly connection: NatsConnection
  readonly economy_id: string
  /** Committed events after a sequence number, oldest first, at most `limit`: the journal, which keeps all that could not be sent yet. */
  read(afterSeq: number, limit: number): Maybe<readonly EconomyEvent[]>
  /** Last committed sequence number at the start. */
  readonly committed_seq: number
  /** Told each time sending comes to a halt; it goes on by itself, except after `stream_ahead`. */
  onHalt(error: BusError): void
  /** Events sent and not yet acknowledged, at most. */
  readonly unacknowledged_max?: number
  /** Silence of the server after which sending starts anew from what the stream holds. */
  readonly silence_ms?: number
}

const READ_MAX = 500
const RECENT_MAX = 8192
const BACKOFF_MS = { first: 50, most: 2000 }
const REFUSED = /"error":/
const encoder = new TextEncoder()

/**
 * Sends committed events to the stream in journal order. The stream's sequence is the event's `seq`: the server refuses any other
 * order, so what the stream ends with is where sending goes on after any failure, of either side. Memory is bounded: what does not
 * fit is read from the journal again.
 */
export class Outbox {
  readonly #options: OutboxOptions
  readonly #unacknowledgedMax: number
  readonly #inbox: string
  readonly #subscription: Subscription
  #manager: JetStreamManager | null = null
  #recent: EconomyEvent[] = []
  #known: number
  #sent = 0
  #acknowledged = 0
  #round = 0
  #failure: string | null = null
  #closed = false
  #wake: (() => void) | null = null
  #waiting: { readonly seq: number; done(): void }[] = []
  readonly #running: Promise<void>

  constructor(options: OutboxOptions) {
    this.#options = options
    this.#known = options.committed_seq
    this.#unacknowledgedMax = options.unacknowledged_max ?? 1024
    this.#inbox = createInbox()
    this.#subscription = options.connection.subscribe(`${this.#inbox}.*.*`, { callback: (error, message) => this.#onAcknowledged(error, message) })
    this.#running = this.#run()
  }

  /** Last event that the server has stored. */
  get published_seq(): number {
    return this.#acknowledged
  }

  /** Last event that was committed. */
  get committed_seq(): number {
    return this.#known
  }

  /** Takes note of committed events; never waits and never throws. */
  offer(events: readonly EconomyEvent[]): void {
    const last = events.at(-1)
    if (last === undefined || last.seq <= this.#known) return
    for (const event of events) this.#recent.push(event)
    if (this.#recent.length > RECENT_MAX) this.#recent = this.#recent.slice(-RECENT_MAX / 2)
    this.#known = last.seq
    this.#rouse()
  }

  /** Resolves when the server has stored everything committed so far. */
  drained(): Promise<void> {
    const seq = this.#known
    return this.#acknowledged >= seq ? Promise.resolve() : new Promise((done) => this.#waiting.push({ done, seq }))
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#rouse()
    await this.#running
    this.#subscription.unsubscribe()
  }

  #rouse(): void {
    this.#wake?.()
    this.#wake = null
  }

  /** Waits until something happens: an acknowledgement, new events, the end; false when nothing did for `ms`. */
  #happening(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#wake = null
        resolve(false)
      }, ms)
      this.#wake = () => {
        clearTimeout(timer)
        resolve(true)
      }
    })
  }

  async #run(): Promise<void> {
    let backoff = BACKOFF_MS.first
    while (!this.#closed) {
      const before = this.#acknowledged
      try {
        await this.#synchronise()
        await this.#send()
      } catch (error) {
        if (this.#closed) return
        const known = error instanceof BusError ? error : new BusError('unavailable', `events cannot be sent: ${reasonOf(error)}`, { cause: error })
        this.#options.onHalt(known)
        if (known.code === 'stream_ahead') return
        if (this.#acknowledged > before) backoff = BACKOFF_MS.first
        await new Promise((done) => setTimeout(done, backoff))
        backoff = Math.min(BACKOFF_MS.most, backoff * 2)
      }
    }
  }

  /** Asks the stream where it ends: sending goes on there. */
  async #synchronise(): Promise<void> {
    this.#manager ??= await jetstreamManager(this.#options.connection)
    const { state } = await this.#manager.streams.info(subjects.eventStream(this.#options.economy_id))
    if (state.last_seq > this.#known)
      throw new BusError(
        'stream_ahead',
        `the stream ${subjects.eventStream(this.#options.economy_id)} ends at ${state.last_seq}, the journal at ${this.#known}: it holds events of another journal; restore the right journal, or delete the stream`,
      )
    this.#round += 1
    this.#failure = null
    this.#sent = state.last_seq
    this.#advance(state.last_seq)
  }

  async #send(): Promise<void> {
    const { connection, economy_id, silence_ms = 5000 } = this.#options
    while (!this.#closed) {
      if (this.#failure !== null) throw new BusError('unavailable', this.#failure)
      const room = this.#unacknowledgedMax - (this.#sent - this.#acknowledged)
      if (room > 0 && this.#sent < this.#known) {
        for (const event of await this.#next(Math.min(room, READ_MAX))) {
          connection.publish(subjects.event(economy_id, event.type), encoder.encode(eventText(event)), {
            headers: eventHeaders(event),
            reply: `${this.#inbox}.${this.#round}.${event.seq}`,
          })
          this.#sent = event.seq
        }
        continue
      }
      const idle = this.#sent === this.#acknowledged
      if (!(await this.#happening(idle ? 2 ** 30 : silence_ms)) && !idle)
        throw new BusError('unavailable', `the server has acknowledged nothing for ${silence_ms} ms`)
    }
  }

  /** The next events after those sent: from memory while they are there, else from the journal. */
  #next(limit: number): Maybe<readonly EconomyEvent[]> {
    const first = this.#recent[0]
    if (first === undefined || first.seq > this.#sent + 1) return this.#options.read(this.#sent, limit)
    const from = this.#sent + 1 - first.seq
    return this.#recent.slice(from, from + limit)
  }

  #onAcknowledged(error: Error | null, message: Msg): void {
    const [round, seq] = message.subject
      .slice(this.#inbox.length + 1)
      .split('.')
      .map(Number)
    if (error !== null || round !== this.#round || seq === undefined) return
    const code = message.headers?.code ?? 0
    if (code > 0) this.#failure = `the server answered ${code} ${message.headers?.description ?? ''}`
    else {
      const text = message.string()
      if (REFUSED.test(text)) this.#failure = `the server refused event ${seq}: ${text}`
      else if (this.#failure === null) this.#advance(seq)
    }
    this.#rouse()
  }

  #advance(seq: number): void {
    this.#acknowledged = seq
    const first = this.#recent[0]
    // What the server has is dropped in large steps: each step copies the rest.
    if (first !== undefined && seq - first.seq > RECENT_MAX / 4) this.#recent = this.#recent.slice(seq + 1 - first.seq)
    if (this.#waiting.length === 0) return
    for (const one of this.#waiting) if (one.seq <= seq) one.done()
    this.#waiting = this.#waiting.filter((one) => one.seq > seq)
  }
}
