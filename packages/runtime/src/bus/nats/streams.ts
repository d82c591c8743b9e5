import { DiscardPolicy, type JetStreamManager, RetentionPolicy, StorageType, type StreamConfig, type StreamInfo, jetstreamManager } from '@nats-io/jetstream'
import { type NatsConnection, nanos } from '@nats-io/transport-node'
import { type StreamSettings, reasonOf } from '../../ports/index.ts'
import { BusError } from './connection.ts'
import { subjects } from './subjects.ts'

type Wanted = Partial<StreamConfig> & Pick<StreamConfig, 'name' | 'subjects'>

/** A stream that holds work until it is done. When it is full, adding is refused: nothing that waits is thrown away. Not read directly: that right cannot be given for some streams alone, and work holds tokens. */
const queueStream = (settings: StreamSettings) => ({
  allow_direct: false,
  discard: DiscardPolicy.New,
  duplicate_window: nanos(settings.duplicate_window_ms),
  max_age: nanos(settings.work_age_ms_max),
  max_bytes: settings.work_bytes_max === 0 ? -1 : settings.work_bytes_max,
  num_replicas: settings.replicas,
  retention: RetentionPolicy.Workqueue,
  storage: StorageType.File,
})

/** Every stream of an economy, as it has to be. */
export function wantedStreams(economyId: string, settings: StreamSettings): readonly Wanted[] {
  return [
    {
      allow_direct: true,
      description: `All events of ${economyId}; the stream's sequence is the event's seq`,
      duplicate_window: nanos(settings.duplicate_window_ms),
      max_age: nanos(settings.events_age_ms_max),
      max_bytes: settings.events_bytes_max === 0 ? -1 : settings.events_bytes_max,
      name: subjects.eventStream(economyId),
      num_replicas: settings.replicas,
      retention: RetentionPolicy.Limits,
      storage: StorageType.File,
      subjects: [...subjects.events(economyId)],
    },
    {
      ...queueStream(settings),
      description: `Work of ${economyId}: runs for executors, receipts for the engine`,
      name: subjects.workStream(economyId),
      subjects: [`syntropism.${economyId}.work.>`],
    },
    {
      ...queueStream(settings),
      description: `Calls of outside tools of ${economyId}`,
      name: subjects.toolStream(economyId),
      subjects: [`syntropism.${economyId}.tools.>`],
    },
    {
      // A key-value bucket is a stream of this shape.
      allow_direct: true,
      allow_rollup_hdrs: true,
      deny_delete: true,
      description: `Current prices and states of agents of ${economyId}`,
      discard: DiscardPolicy.New,
      max_msgs_per_subject: 1,
      name: `KV_${subjects.board(economyId)}`,
      num_replicas: settings.replicas,
      retention: RetentionPolicy.Limits,
      storage: StorageType.File,
      subjects: [subjects.boardKey(economyId)],
    },
    {
      allow_direct: false,
      description: `Work of ${economyId} that failed as often as it may be tried`,
      max_age: nanos(settings.dead_letters_age_ms_max),
      name: subjects.deadStream(economyId),
      num_replicas: settings.replicas,
      retention: RetentionPolicy.Limits,
      storage: StorageType.File,
      subjects: [`${subjects.dead(economyId)}.>`],
    },
  ]
}

/** The streams' manager. Throws BusError where there is no JetStream. */
export async function managerOf(connection: NatsConnection): Promise<JetStreamManager> {
  try {
    return await jetstreamManager(connection)
  } catch (error) {
    throw new BusError('unsuitable', 'the NATS server has no JetStream for these credentials; start it with "-js" or a jetstream block', { cause: error })
  }
}

async function find(manager: JetStreamManager, name: string): Promise<StreamInfo | null> {
  try {
    return await manager.streams.info(name)
  } catch (error) {
    if (error instanceof Error && /stream not found/i.test(error.message)) return null
    throw new BusError('unavailable', `the stream ${name} cannot be looked up: ${reasonOf(error)}`, { cause: error })
  }
}

const byText = (one: unknown, other: unknown): number => String(one).localeCompare(String(other))
const same = (want: unknown, is: unknown): boolean =>
  Array.isArray(want) && Array.isArray(is) ? [...want].sort(byText).join() === [...is].sort(byText).join() : want === is

/** Settings in which a stream differs from what is wanted. */
const differences = (want: Wanted, is: StreamConfig): string[] =>
  (Object.keys(want) as (keyof Wanted)[])
    .filter((key) => key !== 'description' && !same(want[key], is[key]))
    .map((key) => `${key} is ${JSON.stringify(is[key])}, the configuration says ${JSON.stringify(want[key])}`)

/** Creates what is missing and changes limits that differ. Throws BusError `stream_differs` when the server cannot change one. */
export async function ensureStreams(connection: NatsConnection, economyId: string, settings: StreamSettings): Promise<void> {
  const manager = await managerOf(connection)
  for (const want of wantedStreams(economyId, settings)) {
    const found = await find(manager, want.name)
    if (found === null) {
      await manager.streams.add(want)
      continue
    }
    const differing = differences(want, found.config)
    if (differing.length === 0) continue
    try {
      await manager.streams.update(want.name, want)
    } catch (error) {
      throw new BusError('stream_differs', `the stream ${want.name} cannot be brought to the configuration: ${differing.join('; ')}`, { cause: error })
    }
  }
}

/** What an operator should know: missing streams and settings that differ. Changes nothing. */
export async function streamProblems(connection: NatsConnection, economyId: string, settings: StreamSettings): Promise<string[]> {
  const manager = await managerOf(connection)
  const problems: string[] = []
  for (const want of wantedStreams(economyId, settings)) {
    const found = await find(manager, want.name)
    if (found === null) problems.push(`stream ${want.name} is missing; "syntropism live" with this NATS_URL creates it`)
    else for (const difference of differences(want, found.config)) problems.push(`stream ${want.name}: ${difference}`)
  }
  return problems
}
