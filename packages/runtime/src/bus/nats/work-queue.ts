import {
  AckPolicy,
  type ConsumerInfo,
  type ConsumerMessages,
  type JetStreamClient,
  type JetStreamManager,
  JetStreamApiError,
  type JsMsg,
  type MsgRequest,
  jetstream,
  jetstreamManager,
} from '@nats-io/jetstream'
import { type MsgHdrs, type NatsConnection, headers as createHeaders, millis, nanos } from '@nats-io/transport-node'
import {
  type DeadLetter,
  type NewWork,
  type TakeOptions,
  type WorkFigures,
  type WorkItem,
  type WorkQueue,
  WorkQueueError,
  type WorkQueueSettings,
  pauseAfter,
  reasonOf,
} from '../../ports/index.ts'
import { payloadMax } from './connection.ts'
import { HEADER } from './headers.ts'

/** Where a queue lies on the server. */
export interface QueuePlace {
  readonly stream: string
  /** Subject that work is added under: one subject, one queue. `*` where takers alone look over several. */
  readonly subject: string
  /** Name of the durable consumer that all takers share. */
  readonly consumer: string
  /** Where work goes that failed as often as it may be tried; null where it is dropped. */
  readonly dead: { readonly stream: string; readonly subject: string } | null
}

const REQUEST_MS = 5000
const PAUSE_MS = 200
const HEARTBEAT_MS = 1000
/** Failures in a row from which on they are told: one or two are a machine that stood still for a moment, or a server that is started again. */
const FAILURES_TOLD = 3
const EXPIRES_MS = 10_000
/** Room that headers take beside the data. */
const HEADER_BYTES = 1024
const DELIVERIES = 'Syntropism-Deliveries'
const REASON = 'Syntropism-Reason'
const QUEUE = 'Syntropism-Queue'
const WORK_ID = 'Syntropism-Work-Id'
/** Names under which the settings stand with the consumer: every taker reads them there. */
const DELIVERIES_MAX = 'syntropism.deliveries_max'
const PAUSE = 'syntropism.pause_ms'
/** Codes of the server's "maximum bytes/messages exceeded". */
const FULL = new Set([10_077, 10_047, 10_054])

function headersOf({ id, traceparent, tracestate }: NewWork): MsgHdrs {
  const made = createHeaders()
  made.set(WORK_ID, id)
  if (traceparent !== undefined && traceparent !== '') made.set(HEADER.traceparent, traceparent)
  if (tracestate !== undefined && tracestate !== '') made.set(HEADER.tracestate, tracestate)
  return made
}

function workOf(data: Uint8Array, headers: MsgHdrs | undefined): NewWork {
  const value = (name: string): string | undefined => headers?.get(name) || undefined
  return { data, id: value(WORK_ID) ?? value(HEADER.id) ?? '', traceparent: value(HEADER.traceparent), tracestate: value(HEADER.tracestate) }
}

/** One call of `take`: what all its slots share. */
interface Taking {
  ended: boolean
  readonly fetches: Set<ConsumerMessages>
  readonly handle: (item: WorkItem) => Promise<void>
  readonly options: TakeOptions
  settings: WorkQueueSettings
}

const settingsOf = ({ config }: ConsumerInfo): WorkQueueSettings => ({
  deliveries_max: Number(config.metadata?.[DELIVERIES_MAX] ?? 1),
  pause_ms: Number(config.metadata?.[PAUSE] ?? PAUSE_MS),
  silence_ms: millis(config.ack_wait ?? nanos(EXPIRES_MS)),
})

/** A queue in JetStream: a stream with work-queue retention, and one durable consumer that takers in any number of processes share. */
export class NatsWorkQueue implements WorkQueue {
  readonly place: QueuePlace
  readonly #connection: NatsConnection
  readonly #js: JetStreamClient
  #manager: Promise<JetStreamManager> | null = null

  constructor(connection: NatsConnection, place: QueuePlace) {
    this.#connection = connection
    this.place = place
    this.#js = jetstream(connection)
  }

  async #jsm(): Promise<JetStreamManager> {
    this.#manager ??= jetstreamManager(this.#connection, { checkAPI: false })
    return await this.#manager
  }

  /** Creates the consumer, or brings it to the settings: every taker reads them there. Adding does not need it. */
  async ensure(settings: WorkQueueSettings): Promise<void> {
    const { consumer, stream, subject } = this.place
    // Takers put aside what was handed out too often themselves: the server's own limit would leave it in the stream, with a word said once.
    await (await this.#jsm()).consumers.add(stream, {
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(settings.silence_ms),
      durable_name: consumer,
      filter_subject: subject,
      max_ack_pending: -1,
      max_deliver: -1,
      metadata: { [DELIVERIES_MAX]: String(settings.deliveries_max), [PAUSE]: String(settings.pause_ms) },
    })
  }

  async add(work: NewWork): Promise<void> {
    const most = payloadMax(this.#connection, HEADER_BYTES)
    if (work.data.length > most)
      throw new WorkQueueError('too_large', `work ${work.id} has ${work.data.length} bytes, NATS carries ${most} here: raise max_payload of the server`)
    await this.#store(this.place.subject, work.data, headersOf(work), work.id)
  }

  async #store(subject: string, data: Uint8Array, headers: MsgHdrs, msgID: string): Promise<void> {
    try {
      await this.#js.publish(subject, data, { headers, msgID, timeout: REQUEST_MS })
    } catch (error) {
      const full = error instanceof JetStreamApiError && FULL.has(error.code)
      throw new WorkQueueError(full ? 'full' : 'unavailable', `${this.place.stream} has not stored work ${msgID}: ${reasonOf(error)}`, { cause: error })
    }
  }

  take(handle: (item: WorkItem) => Promise<void>, options: TakeOptions): () => Promise<void> {
    const taking: Taking = { ended: false, fetches: new Set(), handle, options, settings: { deliveries_max: 1, pause_ms: PAUSE_MS, silence_ms: EXPIRES_MS } }
    for (let slot = 0; slot < options.at_once_max; slot++) void this.#slot(taking, slot === 0)
    return async () => {
      taking.ended = true
      for (const messages of taking.fetches) messages.stop()
    }
  }

  /** Takes one piece after the other, whatever happens to the way there; one slot of all tells of it. */
  async #slot(taking: Taking, tells: boolean): Promise<void> {
    const isOver = (): boolean => taking.ended || this.#connection.isClosed()
    let failures = 0
    while (!isOver())
      try {
        const consumer = await this.#js.consumers.get(this.place.stream, this.place.consumer)
        taking.settings = settingsOf(await consumer.info(true))
        while (!isOver()) {
          await this.#next(await consumer.fetch({ expires: EXPIRES_MS, idle_heartbeat: HEARTBEAT_MS, max_messages: 1 }), taking)
          failures = 0
        }
      } catch (error) {
        if (isOver()) return
        failures += 1
        if (tells && failures >= FAILURES_TOLD)
          taking.options.onError(
            new WorkQueueError('unavailable', `${this.place.consumer} gets no work from ${this.place.stream}, trying on: ${reasonOf(error)}`, { cause: error }),
          )
        await new Promise((done) => setTimeout(done, PAUSE_MS))
      }
  }

  async #next(messages: ConsumerMessages, taking: Taking): Promise<void> {
    taking.fetches.add(messages)
    if (taking.ended) messages.stop()
    try {
      for await (const message of messages) {
        taking.fetches.delete(messages)
        if (taking.ended) message.nak()
        else await this.#carry(message, taking)
      }
    } finally {
      taking.fetches.delete(messages)
    }
  }

  async #carry(message: JsMsg, taking: Taking): Promise<void> {
    const delivery = message.info.deliveryCount
    const { handle, options, settings } = taking
    const held = setInterval(() => message.working(), Math.ceil(settings.silence_ms / 3))
    try {
      if (delivery > settings.deliveries_max) return await this.#putAside(message, 'whoever took it ended before it was done', taking)
      try {
        await handle({ ...workOf(message.data, message.headers), delivery })
      } catch (error) {
        options.onError(error)
        if (delivery >= settings.deliveries_max) return await this.#putAside(message, reasonOf(error), taking)
        return message.nak(pauseAfter(delivery, settings))
      }
      // Confirmed by the server, or else handed out again: the id then tells whoever takes it.
      await message.ackAck({ timeout: REQUEST_MS })
    } finally {
      clearInterval(held)
    }
  }

  async #putAside(message: JsMsg, reason: string, { options, settings }: Taking): Promise<void> {
    const work = workOf(message.data, message.headers)
    const deliveries = Math.min(message.info.deliveryCount, settings.deliveries_max)
    const headers = headersOf(work)
    headers.set(DELIVERIES, String(deliveries))
    headers.set(QUEUE, this.place.consumer)
    headers.set(REASON, encodeURIComponent(reason.slice(0, 1000)))
    try {
      if (this.place.dead !== null) await this.#store(this.place.dead.subject, message.data, headers, `${this.place.stream}:${message.seq}`)
      await options.onDead?.({ ...work, deliveries, reason })
    } catch (error) {
      options.onError(error)
      return message.nak(pauseAfter(deliveries, settings))
    }
    message.term(reason.slice(0, 200))
  }

  async deadLetters(limit: number): Promise<DeadLetter[]> {
    const { dead } = this.place
    if (dead === null) return []
    const manager = await this.#jsm()
    const found: DeadLetter[] = []
    let seq = 1
    while (found.length < limit) {
      // The server knows this request, the types do not.
      const next = { next_by_subj: dead.subject, seq } as unknown as MsgRequest
      const message = await manager.streams.getMessage(dead.stream, next)
      if (message === null) break
      found.push({
        ...workOf(message.data, message.header),
        deliveries: Number(message.header.get(DELIVERIES)),
        letter_id: String(message.seq),
        reason: decodeURIComponent(message.header.get(REASON)),
      })
      seq = message.seq + 1
    }
    return found
  }

  async revive(letterId: string): Promise<boolean> {
    const { dead } = this.place
    if (dead === null || !/^\d+$/.test(letterId)) return false
    const manager = await this.#jsm()
    const message = await manager.streams.getMessage(dead.stream, { seq: Number(letterId) })
    if (message === null || message.subject !== dead.subject) return false
    const work = workOf(message.data, message.header)
    // An id of its own: the server still remembers the first.
    await this.#store(this.place.subject, work.data, headersOf(work), `${work.id}:revived:${letterId}`)
    await manager.streams.deleteMessage(dead.stream, message.seq)
    return true
  }

  /** Removes everything that waits under the queue's subject: work that nobody is to do any more. */
  async clear(): Promise<void> {
    await (await this.#jsm()).streams.purge(this.place.stream, { filter: this.place.subject })
  }

  async figures(): Promise<WorkFigures> {
    const manager = await this.#jsm()
    const { consumer, dead, stream } = this.place
    const { num_ack_pending, num_pending } = await manager.consumers.info(stream, consumer)
    const letters = dead === null ? {} : ((await manager.streams.info(dead.stream, { subjects_filter: dead.subject })).state.subjects ?? {})
    return { dead: Object.values(letters).reduce((sum, count) => sum + count, 0), in_hand: num_ack_pending, waiting: num_pending }
  }
}
