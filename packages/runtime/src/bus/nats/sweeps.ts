// Runs of simulations over JetStream. They belong to no economy: streams and subjects of their own.
import { gunzipSync, gzipSync } from 'node:zlib'
import { DiscardPolicy, type JsMsg, RetentionPolicy, StorageType, jetstream, jetstreamManager } from '@nats-io/jetstream'
import { type NatsConnection, headers as createHeaders, nanos } from '@nats-io/transport-node'
import type { NewWork } from '../../ports/index.ts'
import { payloadMax } from './connection.ts'
import { followStream } from './follow.ts'
import { HEADER } from './headers.ts'
import { type QueuePlace } from './work-queue.ts'

/** Streams of runs that wait, and of results and dead letters. */
export const SWEEP_STREAMS = ['SYNTROPISM_SWEEPS', 'SYNTROPISM_SWEEP_RESULTS'] as const
const [RUNS, RESULTS] = SWEEP_STREAMS
const ROOT = 'syntropism_sweeps'
const RESULT_AGE_MS_MAX = 86_400_000
const PART = 'Syntropism-Part'
const PARTS = 'Syntropism-Parts'
/** Room that headers take beside a part. */
const HEADER_BYTES = 1024
const RESULTS_AT_ONCE_MAX = 100
const REQUEST_MS = 5000

/** Which workers can take a run: those of the same version, and, for a model from a module, those that allow it. */
export interface RunKind {
  readonly version: string
  readonly module: boolean
}

/** Creates the streams that all sweeps share, where they are missing. */
export async function ensureSweepStreams(connection: NatsConnection): Promise<void> {
  const manager = await jetstreamManager(connection)
  const shared = { allow_direct: true, num_replicas: 1, storage: StorageType.File }
  await manager.streams.add({
    ...shared,
    description: 'Runs of simulations that wait for a worker',
    discard: DiscardPolicy.New,
    name: RUNS,
    retention: RetentionPolicy.Workqueue,
    subjects: [`${ROOT}.run.>`],
  })
  await manager.streams.add({
    ...shared,
    description: 'Results of runs, for a day',
    max_age: nanos(RESULT_AGE_MS_MAX),
    name: RESULTS,
    retention: RetentionPolicy.Limits,
    subjects: [`${ROOT}.result.>`, `${ROOT}.dead.>`],
  })
}

const kindOf = ({ module, version }: RunKind): string => `${version.replaceAll(/[^A-Za-z0-9-]/g, '_')}.${module ? 'module' : 'shipped'}`

/** The queue of one kind of runs: those of one sweep, or of all where they are taken. */
export const runPlace = (kind: RunKind, sweepId = '*'): QueuePlace => ({
  consumer: `workers_${kindOf(kind).replace('.', '_')}`,
  dead: { stream: RESULTS, subject: `${ROOT}.dead.${kindOf(kind)}` },
  stream: RUNS,
  subject: `${ROOT}.run.${kindOf(kind)}.${sweepId}`,
})

const resultSubject = (sweepId: string, index: number | '*'): string => `${ROOT}.result.${sweepId}.${index}`

/** Stores the text of a finished run, in as many messages as it takes. `attempt` tells the parts of one from those of another that took the same run. */
export async function sendResult(
  connection: NatsConnection,
  sweepId: string,
  index: number,
  attempt: string,
  text: string,
  trace: Pick<NewWork, 'traceparent'>,
): Promise<void> {
  const data = gzipSync(text)
  const size = payloadMax(connection, HEADER_BYTES)
  const parts = Math.ceil(data.length / size)
  for (let part = 0; part < parts; part++) {
    const head = createHeaders()
    head.set(PART, `${attempt} ${part}`)
    head.set(PARTS, String(parts))
    if (trace.traceparent !== undefined && trace.traceparent !== '') head.set(HEADER.traceparent, trace.traceparent)
    await jetstream(connection).publish(resultSubject(sweepId, index), data.subarray(part * size, (part + 1) * size), {
      headers: head,
      msgID: `${sweepId}:${index}:${attempt}:${part}`,
      timeout: REQUEST_MS,
    })
  }
}

/** Puts results together from their parts. */
class Parts {
  readonly #open = new Map<string, (Uint8Array | undefined)[]>()

  /** The index and text of a run whose last part this is, else null. */
  take(message: JsMsg): { index: number; text: string } | null {
    const index = Number(message.subject.split('.').at(-1))
    const [attempt = '', part = '0'] = (message.headers?.get(PART) ?? '').split(' ')
    const key = `${index} ${attempt}`
    const parts = this.#open.get(key) ?? Array.from<Uint8Array | undefined>({ length: Number(message.headers?.get(PARTS) ?? 1) })
    parts[Number(part)] = message.data
    this.#open.set(key, parts)
    const whole = parts.flatMap((one) => (one === undefined ? [] : [one]))
    if (whole.length < parts.length) return null
    this.#open.delete(key)
    return { index, text: gunzipSync(Buffer.concat(whole)).toString('utf8') }
  }
}

/** Hands over the results of a sweep as they come, those that are there first; one run may come several times. Returns the end. */
export function collectResults(
  connection: NatsConnection,
  sweepId: string,
  onResult: (index: number, text: string) => void,
  onError: (error: unknown) => void,
): () => Promise<void> {
  const parts = new Parts()
  let seq = 0
  return followStream({
    after: () => seq,
    at_once_max: RESULTS_AT_ONCE_MAX,
    connection,
    filter: [resultSubject(sweepId, '*')],
    onError,
    onMessage(message) {
      seq = Math.max(seq, message.seq)
      const found = parts.take(message)
      if (found !== null) onResult(found.index, found.text)
    },
    stream: RESULTS,
  })
}

/** Forgets the results of a sweep that is over. */
export async function forgetResults(connection: NatsConnection, sweepId: string): Promise<void> {
  await (await jetstreamManager(connection)).streams.purge(RESULTS, { filter: resultSubject(sweepId, '*') })
}
