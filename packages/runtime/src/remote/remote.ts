import { setTimeout as wait } from 'node:timers/promises'
import type { EconomyEvent } from '@syntropism/contract'
import { NatsWorkQueue, Outbox, StateBoard, connectNats, ensureStreams, managerOf, places, subjects } from '../bus/nats/index.ts'
import { type Config, queueSettings } from '../config/index.ts'
import type { Workspaces } from '../executor/index.ts'
import type { Host } from '../host/index.ts'
import type { Reads, Tokens } from '../http/index.ts'
import { type Bus, type Maybe, type WorkQueue, reasonOf } from '../ports/index.ts'
import { boardOf } from './board.ts'
import { agentInbox, issueCredentials, readIssuer } from './credentials.ts'
import { startEngine } from './engine.ts'
import { RemoteExecutors } from './executors.ts'

/** What the economy around the writer gives. */
export interface RemoteParts {
  readonly host: Host
  readonly bus: Bus
  readonly tokens: Tokens
  readonly workspaces: Workspaces
  /** The System Service of this process. */
  fetch(request: Request): Response | Promise<Response>
  readonly reads: Reads
  /** Committed events after a sequence number, oldest first, from the journal. */
  readEvents(filter: { after_seq: number; limit: number }): Maybe<readonly EconomyEvent[]>
}

/** The writer's place on NATS: joined before anything else happens, begun when the economy has an id. */
export interface Remote {
  /** Creates what is missing on the server and begins to send. Throws BusError. */
  begin(parts: RemoteParts): Promise<void>
  /** Credentials for one lease of an agent, where an issuer is configured. */
  readonly credentials: ((lease: { agent_id: string; expires_at_ms: number; lease_id: string }) => Promise<object>) | undefined
  /** The queue of calls of outside tools, once begun. Throws BusError. */
  toolQueue(): Promise<WorkQueue>
  /** Committed events that the server has not stored yet; null before it has begun. */
  outboxLag(): number | null
  /** Gives what is committed a last moment to be sent, then leaves; what was not sent goes out at the next start. */
  leave(): Promise<void>
}

const LAST_MOMENT_MS = 2000

function startOutbox(connection: Awaited<ReturnType<typeof connectNats>>, { bus, host, readEvents }: RemoteParts): { lag(): number; stop(): Promise<void> } {
  const outbox = new Outbox({
    committed_seq: host.state.seq,
    connection,
    economy_id: host.state.economy_id,
    onHalt: (error) => console.error(`syntropism: events wait in the journal: ${error.message}`),
    read: (after_seq, limit) => readEvents({ after_seq, limit }),
  })
  const unsubscribe = bus.subscribe((event) => outbox.offer([event]))
  return {
    lag: () => outbox.committed_seq - outbox.published_seq,
    async stop() {
      unsubscribe()
      await Promise.race([outbox.drained(), wait(LAST_MOMENT_MS, undefined, { ref: false })])
      await outbox.close()
    },
  }
}

function startBoard(connection: Awaited<ReturnType<typeof connectNats>>, { bus, host }: RemoteParts): () => Promise<void> {
  const board = new StateBoard(connection, host.state.economy_id, boardOf(host), (error) =>
    console.error(`syntropism: current states wait: ${reasonOf(error)}`),
  )
  const unsubscribe = bus.subscribe((event) => board.note(event))
  return async () => {
    unsubscribe()
    await board.close()
  }
}

/** Connects the writer to NATS. Throws BusError when no suitable server answers. */
export async function joinNats(config: Config): Promise<Remote> {
  const issuer = config.nats_issuer === undefined ? null : readIssuer(config.nats_issuer)
  const connection = await connectNats({ credentials_file: config.nats_credentials, name: 'syntropism writer', url: config.nats_url ?? '' })
  try {
    await managerOf(connection)
  } catch (error) {
    await connection.close()
    throw error
  }
  const ends: (() => Promise<void>)[] = []
  let economyId = ''
  let outbox: ReturnType<typeof startOutbox> | null = null
  return {
    credentials:
      issuer === null
        ? undefined
        : async (lease) => ({
            credentials: await issueCredentials(issuer, { ...lease, economy_id: economyId, role: 'agent' }),
            expires_at_ms: lease.expires_at_ms,
            inbox_prefix: agentInbox(lease.lease_id),
            subject_prefix: subjects.call(economyId, lease.agent_id, lease.lease_id),
            url: config.nats_url,
          }),
    async begin(parts) {
      economyId = parts.host.state.economy_id
      await ensureStreams(connection, economyId, config.nats_streams)
      const started = startOutbox(connection, parts)
      outbox = started
      ends.push(() => started.stop(), startBoard(connection, parts), await startEngine({ ...parts, connection }))
      const executors = new RemoteExecutors({
        ...parts,
        connection,
        onError: (error) => console.error('syntropism: an executor on another host:', error),
        queue: queueSettings(config),
      })
      await executors.start()
      ends.push(() => executors.stop())
    },
    async toolQueue() {
      const queue = new NatsWorkQueue(connection, places.tools(economyId))
      await queue.ensure(queueSettings(config))
      return queue
    },
    outboxLag: () => outbox?.lag() ?? null,
    async leave() {
      for (const end of ends.reverse()) await end()
      await connection.close()
    },
  }
}
