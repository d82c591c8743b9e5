import { type Msg, type NatsConnection } from '@nats-io/transport-node'
import type { z } from 'zod'
import { HEADER, NatsWorkQueue, headerOf, places, subjects } from '../bus/nats/index.ts'
import { Executor, type Workspaces } from '../executor/index.ts'
import type { Host } from '../host/index.ts'
import type { Tokens } from '../http/index.ts'
import { type Bus, type WorkQueueSettings, reasonOf } from '../ports/index.ts'
import { Beat, type BeatAnswer, Claim, type ClaimAnswer, Join, Receipt, type ReportAnswer, SILENCE_MS } from './protocol.ts'
import { answeringInboxes } from './inboxes.ts'
import { RemoteSandbox } from './sandbox.ts'

export interface ExecutorsParts {
  readonly connection: NatsConnection
  readonly host: Host
  readonly bus: Bus
  readonly tokens: Tokens
  readonly workspaces: Workspaces
  readonly queue: WorkQueueSettings
  onError(error: unknown): void
}

interface Place {
  readonly executor: Executor
  /** Its runs. */
  readonly queue: NatsWorkQueue
  readonly sandbox: RemoteSandbox
}

const CHECK_MS = 500
const REPORTS_AT_ONCE = 4

/** The engine's side of the executors on other hosts. */
export class RemoteExecutors {
  readonly #parts: ExecutorsParts
  readonly #economyId: string
  readonly #places = new Map<string, Place>()
  /** The newest process under each executor id. Those before it do not come back: two of one name would take the place from each other for ever. */
  readonly #newest = new Map<string, string>()
  readonly #replaced = new Set<string>()
  /** Joining, leaving and loss of one executor happen in turn. */
  #turn: Promise<unknown> = Promise.resolve()
  readonly #ends: (() => unknown)[] = []

  constructor(parts: ExecutorsParts) {
    this.#parts = parts
    this.#economyId = parts.host.state.economy_id
  }

  async start(): Promise<void> {
    const { connection, onError, queue } = this.#parts
    const reports = new NatsWorkQueue(connection, places.report(this.#economyId))
    await reports.ensure(queue)
    const stopReports = reports.take(
      async (item) => {
        const receipt = Receipt.parse(JSON.parse(new TextDecoder().decode(item.data)))
        for (const { sandbox } of this.#places.values()) if (sandbox.receive(receipt)) break
      },
      { at_once_max: REPORTS_AT_ONCE, onError },
    )
    const calls = answeringInboxes(connection).subscribe(subjects.engineExecutor(this.#economyId), {
      callback: (error, message) => {
        if (error === null) this.#answer(message).catch(onError)
      },
    })
    const timer = setInterval(() => this.#findSilent(), CHECK_MS)
    this.#ends.push(
      () => clearInterval(timer),
      () => calls.unsubscribe(),
      stopReports,
    )
  }

  /** Ids of the executors that are there. */
  get ids(): readonly string[] {
    return [...this.#places.keys()]
  }

  async #answer(message: Msg): Promise<void> {
    const [, , , , executorId = '', verb = ''] = message.subject.split('.')
    const read = <T>(schema: z.ZodType<T>): T => schema.parse(message.json())
    try {
      if (verb === 'join') message.respond(JSON.stringify(await this.#inTurn(() => this.#join(executorId, read(Join)))))
      else if (verb === 'claim') message.respond(JSON.stringify(this.#claim(executorId, read(Claim))))
      else if (verb === 'beat') message.respond(JSON.stringify(this.#beat(executorId, read(Beat))))
      else if (verb === 'report') message.respond(JSON.stringify(await this.#store(executorId, message)))
      else if (verb === 'leave') {
        const { member } = read(Beat)
        message.respond(JSON.stringify(await this.#inTurn(() => this.#drop(executorId, 'the executor has left', member))))
      } else message.respond(JSON.stringify({ error: `there is no ${verb}` }))
    } catch (error) {
      message.respond(JSON.stringify({ error: reasonOf(error) }))
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work, work)
    this.#turn = mine.catch(() => undefined)
    return mine
  }

  async #join(executorId: string, join: Join): Promise<object> {
    const { bus, connection, host, onError, queue: settings, tokens, workspaces } = this.#parts
    if (executorId === 'local') return { error: 'the id "local" is the engine’s own' }
    if (this.#replaced.has(join.member)) return { error: `another process has taken the place of ${executorId}` }
    const before = this.#newest.get(executorId)
    if (before !== undefined && before !== join.member) this.#replaced.add(before)
    this.#newest.set(executorId, join.member)
    if (this.#places.get(executorId)?.sandbox.member === join.member) return { joined: true }
    await this.#drop(executorId, 'another process took the place of this executor')
    const queue = new NatsWorkQueue(connection, places.execution(this.#economyId, executorId))
    await queue.ensure(settings)
    const sandbox = new RemoteSandbox(queue, executorId, join, Date.now())
    const { cpu_millicores, memory_mb } = join
    const service = () => ({ socket_path: '', url: '' })
    const executor = new Executor({ bus, cpu_millicores, executor_id: executorId, host, memory_mb, onError, sandbox, service, tokens, workspaces })
    this.#places.set(executorId, { executor, queue, sandbox })
    await executor.start()
    return { joined: true }
  }

  #claim(executorId: string, { fence, member }: z.infer<typeof Claim>): z.infer<typeof ClaimAnswer> {
    return { granted: this.#places.get(executorId)?.sandbox.claim(fence, member) ?? false }
  }

  #beat(executorId: string, { fences, member }: z.infer<typeof Beat>): z.infer<typeof BeatAnswer> {
    const sandbox = this.#places.get(executorId)?.sandbox
    if (sandbox?.member !== member) return { known: false, replaced: this.#replaced.has(member), stop: [] }
    sandbox.lastHeardMs = Date.now()
    return { known: true, replaced: false, stop: sandbox.beat(fences) }
  }

  /** Puts a receipt into the queue. An executor may not write there itself: the server would answer it on a subject of its choice. */
  async #store(executorId: string, message: Msg): Promise<z.infer<typeof ReportAnswer>> {
    const { fence } = Receipt.parse(message.json())
    const trace = { traceparent: headerOf(message, HEADER.traceparent), tracestate: headerOf(message, HEADER.tracestate) }
    await new NatsWorkQueue(this.#parts.connection, places.report(this.#economyId, executorId)).add({ data: message.data, id: `${fence}:receipt`, ...trace })
    return { stored: true }
  }

  #findSilent(): void {
    const now = Date.now()
    for (const [executorId, { sandbox }] of this.#places)
      if (now - sandbox.lastHeardMs > SILENCE_MS) {
        sandbox.lastHeardMs = now
        this.#inTurn(() => this.#drop(executorId, `the executor has been silent for ${SILENCE_MS} ms`, sandbox.member)).catch(this.#parts.onError)
      }
  }

  /** Closes the runs of an executor with the host as cause and takes its capacity from the market. */
  async #drop(executorId: string, reason: string, member?: string): Promise<object> {
    const place = this.#places.get(executorId)
    if (place === undefined || (member !== undefined && place.sandbox.member !== member)) return { left: false }
    this.#places.delete(executorId)
    place.sandbox.lost(reason)
    // The ends of its runs are reported before its capacity goes.
    await new Promise((done) => setImmediate(done))
    await place.executor.close()
    // What still waits for it would be refused at its claim.
    await place.queue.clear().catch(this.#parts.onError)
    return { left: true }
  }

  async stop(): Promise<void> {
    for (const executorId of this.ids) await this.#inTurn(() => this.#drop(executorId, 'the engine is closing'))
    for (const end of this.#ends) await end()
  }
}
