import { randomBytes, randomUUID } from 'node:crypto'
import type { NatsConnection } from '@nats-io/transport-node'
import { z } from 'zod'
import { NatsWorkQueue, type RunKind, collectResults, ensureSweepStreams, forgetResults, runPlace, sendResult } from '../bus/nats/index.ts'
import { childOf } from './trace.ts'

/** A run as it waits in the queue. `request` is for whoever carries it out. */
const QueuedRun = z.strictObject({ index: z.int().nonnegative(), request: z.unknown(), sweep_id: z.string().regex(/^[0-9a-f]+$/) })

/** Runs of one sweep that are queued or in hand, at most: a sweep whose process dies leaves no more behind. */
const QUEUED_MAX = 256
const QUEUE = { deliveries_max: 3, pause_ms: 200, silence_ms: 5000 }
const LOOK_MS = 10_000
const RETRY_MS = 500

export interface FanOut {
  readonly kind: RunKind
  readonly runs: readonly { readonly index: number; readonly request: unknown }[]
  readonly signal: AbortSignal
  /** Called once for each run. */
  keep(index: number, text: string): void
  /** Told when no worker has a run in hand for a while. */
  onIdle(): void
  onError(error: unknown): void
}

/** Has runs carried out by whoever takes them; resolves when all are kept, or when `signal` aborts. What is left in the queue is then taken back. */
export async function fanOut(connection: NatsConnection, { keep, kind, onError, onIdle, runs, signal }: FanOut): Promise<void> {
  await ensureSweepStreams(connection)
  const sweepId = randomBytes(8).toString('hex')
  const root = childOf(null)
  const all = new NatsWorkQueue(connection, runPlace(kind))
  await all.ensure(QUEUE)
  const queue = new NatsWorkQueue(connection, runPlace(kind, sweepId))
  const open = new Set(runs.map(({ index }) => index))
  const state = { kept: 0, keptAtLastLook: 0, queued: 0 }
  let wake: () => void = () => undefined
  const stopCollecting = collectResults(
    connection,
    sweepId,
    (index, text) => {
      if (!open.delete(index)) return
      state.kept += 1
      keep(index, text)
      wake()
    },
    onError,
  )
  const rest = (ms: number): Promise<void> =>
    new Promise((done) => {
      const timer = setTimeout(done, ms)
      wake = () => {
        clearTimeout(timer)
        done()
      }
    })
  const abort = (): void => wake()
  signal.addEventListener('abort', abort)
  const looking = setInterval(() => void lookForWorkers(all, state, onIdle).catch(onError), LOOK_MS)
  try {
    while (open.size > 0 && !signal.aborted) {
      const run = state.queued - state.kept < QUEUED_MAX ? runs[state.queued] : undefined
      if (run === undefined) await rest(LOOK_MS)
      else
        try {
          const data = new TextEncoder().encode(JSON.stringify({ ...run, sweep_id: sweepId }))
          await queue.add({ data, id: `${sweepId}:${run.index}`, traceparent: childOf(root) })
          state.queued += 1
        } catch (error) {
          onError(error)
          await rest(RETRY_MS)
        }
    }
  } finally {
    clearInterval(looking)
    signal.removeEventListener('abort', abort)
    await stopCollecting()
    await Promise.all([queue.clear(), forgetResults(connection, sweepId)]).catch(onError)
  }
}

/** Tells when runs wait, nobody has one, and none has come back since the last look. */
async function lookForWorkers(queue: NatsWorkQueue, state: { kept: number; keptAtLastLook: number }, onIdle: () => void): Promise<void> {
  const { in_hand, waiting } = await queue.figures()
  if (in_hand === 0 && waiting > 0 && state.kept === state.keptAtLastLook) onIdle()
  state.keptAtLastLook = state.kept
}

export interface RunServer {
  readonly version: string
  /** Runs carried out at the same time. */
  readonly at_once_max: number
  /** Also takes runs whose model comes along as a module: code of whoever may publish here. */
  readonly modules: boolean
  /** The text of a run; rejects when it could not be carried out here. */
  carryOut(request: unknown): Promise<string>
  onRun(sweepId: string, index: number, delivery: number): void
  onError(error: unknown): void
}

/** Takes runs from the queue until ended; the end waits for the runs in hand. */
export async function serveRuns(connection: NatsConnection, server: RunServer): Promise<() => Promise<void>> {
  const { onError, version } = server
  await ensureSweepStreams(connection)
  const member = randomUUID()
  const inHand = new Set<Promise<void>>()
  const ends: (() => Promise<void>)[] = []
  const read = (data: Uint8Array) => QueuedRun.parse(JSON.parse(new TextDecoder().decode(data)))
  for (const module of server.modules ? [false, true] : [false]) {
    const queue = new NatsWorkQueue(connection, runPlace({ module, version }))
    await queue.ensure(QUEUE)
    ends.push(
      queue.take(
        (item) => {
          const work = (async () => {
            const { index, request, sweep_id } = read(item.data)
            server.onRun(sweep_id, index, item.delivery)
            const text = await server.carryOut(request)
            await sendResult(connection, sweep_id, index, `${member}-${item.delivery}`, text, { traceparent: childOf(item.traceparent) })
          })()
          inHand.add(work)
          return work.finally(() => inHand.delete(work))
        },
        {
          at_once_max: server.at_once_max,
          onDead: async ({ data, reason, traceparent }) => {
            const { index, sweep_id } = read(data)
            await sendResult(
              connection,
              sweep_id,
              index,
              `${member}-dead`,
              JSON.stringify({ error: `given up after ${QUEUE.deliveries_max} tries: ${reason}`, index }),
              {
                traceparent: childOf(traceparent),
              },
            )
          },
          onError,
        },
      ),
    )
  }
  return async () => {
    for (const end of ends) await end()
    await Promise.allSettled(inHand)
  }
}
