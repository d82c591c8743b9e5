import { AckPolicy, type ConsumerMessages, type JsMsg, jetstream, jetstreamManager } from '@nats-io/jetstream'
import { type NatsConnection, headers as createHeaders, nanos } from '@nats-io/transport-node'
import { subjects } from './subjects.ts'

/** A piece of work in hand. Until it is settled its holder says now and then that it is still at it; else it is handed out again. */
export interface WorkItem {
  readonly data: Uint8Array
  /** How often it has been handed out, 1 the first time. */
  readonly delivery: number
  header(name: string): string | undefined
  stillWorking(): void
  /** Done, or never to be done: it is not handed out again. */
  settle(): void
  /** Handed out again after a pause. */
  giveBack(pauseMs: number): void
}

const ACK_WAIT_MS = 5000
const PAUSE_MS = 200
const HEARTBEAT_MS = 1000
const EXPIRES_MS = 10_000
const HELD_MAX = 64

/** Adds work once: the same id again within the server's window changes nothing. Rejects when the server does not store it. */
export async function addWork(
  connection: NatsConnection,
  subject: string,
  id: string,
  data: Uint8Array,
  headers?: Readonly<Record<string, string>>,
): Promise<void> {
  const head = createHeaders()
  for (const [name, value] of Object.entries(headers ?? {})) head.set(name, value)
  await jetstream(connection).publish(subject, data, { headers: head, msgID: id, timeout: ACK_WAIT_MS })
}

/** Makes the queue of one kind of worker. */
export async function ensureWorker(connection: NatsConnection, economyId: string, name: string, subject: string, deliveriesMax: number): Promise<void> {
  const manager = await jetstreamManager(connection)
  await manager.consumers.add(subjects.workStream(economyId), {
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(ACK_WAIT_MS),
    durable_name: name,
    filter_subject: subject,
    max_ack_pending: HELD_MAX,
    max_deliver: deliveriesMax,
  })
}

const itemOf = (message: JsMsg): WorkItem => ({
  data: message.data,
  delivery: message.info.deliveryCount,
  giveBack: (pauseMs) => message.nak(pauseMs),
  header: (name) => message.headers?.get(name) || undefined,
  settle: () => message.ack(),
  stillWorking: () => message.working(),
})

/** Takes work from a queue, each piece as it comes. A handler that throws gives its piece back. Returns the end. */
export function startWorker(
  connection: NatsConnection,
  economyId: string,
  name: string,
  handle: (item: WorkItem) => Promise<void>,
  onError: (error: unknown) => void,
): () => Promise<void> {
  const end = { wanted: false }
  let messages: ConsumerMessages | null = null
  const once = async (): Promise<void> => {
    const consumer = await jetstream(connection).consumers.get(subjects.workStream(economyId), name)
    if (end.wanted) return
    messages = await consumer.consume({ abort_on_missing_resource: true, expires: EXPIRES_MS, idle_heartbeat: HEARTBEAT_MS, max_messages: HELD_MAX })
    for await (const message of messages) {
      if (end.wanted) return
      const item = itemOf(message)
      handle(item).catch((error: unknown) => {
        onError(error)
        item.giveBack(PAUSE_MS)
      })
    }
  }
  const running = (async () => {
    while (!end.wanted && !connection.isClosed()) {
      try {
        await once()
      } catch (error) {
        if (!end.wanted && !connection.isClosed()) onError(error)
      }
      if (!end.wanted) await new Promise((done) => setTimeout(done, PAUSE_MS))
    }
  })()
  return async () => {
    end.wanted = true
    messages?.stop()
    await running
  }
}

/** Puts work aside that was handed out as often as it may be: it leaves its queue and lies, with where it came from, among the dead letters. Returns the end. */
export function keepDeadLetters(connection: NatsConnection, economyId: string, onError: (error: unknown) => void): () => void {
  const stream = subjects.workStream(economyId)
  const move = async (seq: number, consumer: string): Promise<void> => {
    const manager = await jetstreamManager(connection)
    const message = await manager.streams.getMessage(stream, { seq })
    if (message === null) return
    const rest = message.subject.slice(`syntropism.${economyId}.work.`.length)
    await addWork(connection, `${subjects.dead(economyId)}.${rest}`, `${stream}:${seq}`, message.data, {
      'Syntropism-Consumer': consumer,
      'Syntropism-Work-Seq': String(seq),
    })
    await manager.streams.deleteMessage(stream, seq)
  }
  const advisories = connection.subscribe(`$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.${stream}.*`, {
    callback: (error, message) => {
      if (error !== null) return onError(error)
      const { consumer, stream_seq } = message.json<{ consumer: string; stream_seq: number }>()
      move(stream_seq, consumer).catch(onError)
    },
  })
  return () => advisories.unsubscribe()
}
