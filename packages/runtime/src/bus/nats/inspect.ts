import { type StreamInfo, jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import type { StreamSettings } from '../../ports/index.ts'
import { streamProblems, wantedStreams } from './streams.ts'
import { subjects } from './subjects.ts'

/** What lies on the server for one economy. */
export interface BusInspection {
  readonly server: string
  readonly streams: readonly {
    readonly name: string
    readonly messages: number
    readonly bytes: number
    readonly replicas: number
    /** Work handed out or not, per queue; empty where a stream is no queue. */
    readonly queues: readonly { readonly consumer: string; readonly waiting: number; readonly in_hand: number }[]
  }[]
  /** Committed events that the stream has not; null when there is no journal to compare with. */
  readonly events_behind: number | null
  readonly dead_letters: number
  /** What is not as it should be. */
  readonly problems: readonly string[]
}

/** Work that has waited longer than this is a problem. */
const WAIT_MS = 60_000
/** Events that may be on their way at any time. */
const BEHIND_MAX = 1000

async function* infosOf(connection: NatsConnection, economyId: string, settings: StreamSettings): AsyncGenerator<StreamInfo> {
  const manager = await jetstreamManager(connection)
  const names = new Set(wantedStreams(economyId, settings).map(({ name }) => name))
  for await (const info of manager.streams.list()) if (names.has(info.config.name)) yield info
}

async function queuesOf(connection: NatsConnection, stream: string): Promise<BusInspection['streams'][number]['queues']> {
  const manager = await jetstreamManager(connection)
  const queues = []
  for await (const { name, num_ack_pending, num_pending } of manager.consumers.list(stream))
    queues.push({ consumer: name, in_hand: num_ack_pending, waiting: num_pending })
  return queues.toSorted((one, other) => one.consumer.localeCompare(other.consumer))
}

/** Looks at everything that an economy has on NATS. `journalSeq` is its last committed event, null when that is not known. Changes nothing. */
export async function inspectBus(
  connection: NatsConnection,
  economyId: string,
  settings: StreamSettings,
  journalSeq: number | null,
  nowMs: number,
): Promise<BusInspection> {
  const problems = await streamProblems(connection, economyId, settings)
  const streams: BusInspection['streams'][number][] = []
  let eventsBehind = journalSeq
  let deadLetters = 0
  const isQueue = (name: string): boolean => name === subjects.workStream(economyId) || name === subjects.toolStream(economyId)
  for await (const { config, state } of infosOf(connection, economyId, settings)) {
    const { name } = config
    const queues = isQueue(name) ? await queuesOf(connection, name) : []
    streams.push({ bytes: state.bytes, messages: state.messages, name, queues, replicas: config.num_replicas })
    if (name === subjects.eventStream(economyId) && journalSeq !== null) eventsBehind = journalSeq - state.last_seq
    if (name === subjects.deadStream(economyId)) deadLetters = state.messages
    const waitedMs = nowMs - Date.parse(state.first_ts)
    if (isQueue(name) && state.messages > 0 && waitedMs > WAIT_MS)
      problems.push(
        `stream ${name}: its oldest of ${state.messages} pieces of work waits for ${Math.round(waitedMs / 1000)} s; is whoever takes it there? (${queues.map((queue) => `${queue.consumer}: ${queue.waiting} waiting, ${queue.in_hand} in hand`).join('; ') || 'it has no taker'})`,
      )
  }
  if (eventsBehind !== null && eventsBehind > BEHIND_MAX)
    problems.push(
      `${eventsBehind} committed events are not in ${subjects.eventStream(economyId)} yet: they go out while "syntropism live" runs with this NATS_URL`,
    )
  if (eventsBehind !== null && eventsBehind < 0)
    problems.push(`${subjects.eventStream(economyId)} is ${-eventsBehind} events ahead of the journal: restore the right journal, or delete the stream`)
  if (deadLetters > 0) problems.push(`${deadLetters} dead letters; "syntropism nats dead" shows them`)
  return {
    dead_letters: deadLetters,
    events_behind: eventsBehind,
    problems,
    server: `NATS ${connection.info?.version ?? '?'} at ${connection.getServer()}`,
    streams: streams.toSorted((one, other) => one.name.localeCompare(other.name)),
  }
}
