import { randomUUID } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type MsgHdrs, type NatsConnection, headers as createHeaders } from '@nats-io/transport-node'
import { z } from 'zod'
import { BusError, HEADER, NatsWorkQueue, connectNats, payloadMax, places, subjects } from '../bus/nats/index.ts'
import { openDoors } from '../http/index.ts'
import { type WorkItem, reasonOf } from '../ports/index.ts'
import { type SandboxDriver, type SandboxExit, type SandboxProcess, hostFailure, installAgentLibrary } from '../sandbox/index.ts'
import { HEADER_BYTES } from './carry.ts'
import { createFront } from './front.ts'
import { packFolder, unpackFolder } from './pack.ts'
import { BEAT_MS, BeatAnswer, ClaimAnswer, type Receipt, ReportAnswer, Run, SILENCE_MS } from './protocol.ts'
import { chooseEconomy } from './service.ts'

export interface RemoteExecutorOptions {
  readonly nats_url: string
  readonly nats_credentials?: string | undefined
  readonly economy_id?: string | undefined
  readonly executor_id: string
  readonly cpu_millicores: number
  readonly memory_mb: number
  /** Folder of this executor alone. */
  readonly dir: string
  readonly sdk_dir: string
  openSandbox(folders: { library_dir: string; state_dir: string }): Promise<SandboxDriver>
  onError(error: unknown): void
  /** Told in a sentence when the engine is lost and found. */
  tell(text: string): void
}

export interface RemoteExecutor {
  readonly economy_id: string
  readonly sandbox: SandboxDriver
  /** Fences of the programs that run now. */
  readonly running: readonly string[]
  /** Resolved when another process has taken the place: nothing runs here any more. */
  readonly replaced: Promise<void>
  stop(): Promise<void>
}

const REQUEST_MS = 3000
/** Joining and leaving end what ran under this id before, and wait until its workspaces are kept. */
const TURN_MS = 10_000
const RUNS_AT_ONCE = 64
const RETRY_MS = 500

/** Takes runs from the queue of one executor id, each claimed before its program starts, and sends their receipts back. */
class ExecutorProcess implements RemoteExecutor {
  readonly economy_id: string
  readonly sandbox: SandboxDriver
  readonly #connection: NatsConnection
  readonly #options: RemoteExecutorOptions
  readonly #service: { url: string; socket_path: string }
  readonly #member = randomUUID()
  readonly replaced: Promise<void>
  #isReplaced: () => void = () => undefined
  readonly #running = new Map<string, SandboxProcess>()
  readonly #work = new Set<Promise<void>>()
  #stopWorker: (() => Promise<void>) | null = null
  #beating: NodeJS.Timeout | null = null
  #lastAnswerMs = Date.now()
  #joining = false
  #lost = false
  #stopped = false

  constructor(
    connection: NatsConnection,
    economyId: string,
    sandbox: SandboxDriver,
    service: { url: string; socket_path: string },
    options: RemoteExecutorOptions,
  ) {
    this.#connection = connection
    this.economy_id = economyId
    this.sandbox = sandbox
    this.#service = service
    this.#options = options
    this.replaced = new Promise((done) => (this.#isReplaced = done))
  }

  get running(): readonly string[] {
    return [...this.#running.keys()]
  }

  async #ask<T>(verb: string, body: object, schema?: z.ZodType<T>, headers?: MsgHdrs): Promise<T> {
    const subject = subjects.engineExecutor(this.economy_id, this.#options.executor_id, verb)
    const timeout = verb === 'join' || verb === 'leave' ? TURN_MS : REQUEST_MS
    const options = { timeout, ...(headers === undefined ? {} : { headers }) }
    const answer = (await this.#connection.request(subject, JSON.stringify(body), options)).json<T & { error?: string }>()
    if (answer.error !== undefined) throw new BusError('unsuitable', `the engine refuses ${verb}: ${answer.error}`)
    return schema === undefined ? answer : schema.parse(answer)
  }

  async join(): Promise<void> {
    const { cpu_millicores, executor_id, memory_mb, onError } = this.#options
    const { name, protections } = this.sandbox
    await this.#ask('join', { cpu_millicores, member: this.#member, memory_mb, protections, sandbox: name })
    this.#lastAnswerMs = Date.now()
    this.#stopWorker ??= new NatsWorkQueue(this.#connection, places.execution(this.economy_id, executor_id)).take((item) => this.#take(item), {
      at_once_max: RUNS_AT_ONCE,
      onError,
    })
    this.#beating ??= setInterval(() => void this.#beat().catch(onError), BEAT_MS)
  }

  async #beat(): Promise<void> {
    try {
      const answer = await this.#ask('beat', { fences: this.running, member: this.#member }, BeatAnswer)
      this.#lastAnswerMs = Date.now()
      if (this.#lost) this.#options.tell(`${this.#options.executor_id} reaches the engine again`)
      this.#lost = false
      for (const { fence, reason } of answer.stop) this.#running.get(fence)?.stop(reason)
      if (answer.replaced) await this.#giveUp()
      else if (!answer.known) await this.#joinAgain()
    } catch (error) {
      // Cut off for as long as makes it lost to the engine: what runs here has no effect any more, so it ends.
      if (Date.now() - this.#lastAnswerMs > SILENCE_MS) this.#lose()
      if (!(error instanceof Error && /timeout|no responders|closed|disconnect/i.test(error.message))) throw error
    }
  }

  async #giveUp(): Promise<void> {
    if (this.#beating !== null) clearInterval(this.#beating)
    await this.#stopWorker?.()
    this.#endAll('another process has taken the place of this executor')
    this.#isReplaced()
  }

  #lose(): void {
    if (!this.#lost)
      this.#options.tell(`the engine has been out of reach for ${SILENCE_MS / 1000} s: what runs on ${this.#options.executor_id} is ended; trying on`)
    this.#lost = true
    this.#endAll('the engine has been out of reach')
  }

  #endAll(reason: string): void {
    for (const process of this.#running.values()) process.stop(reason)
  }

  async #joinAgain(): Promise<void> {
    if (this.#joining || this.#stopped) return
    this.#joining = true
    try {
      this.#endAll('the engine has closed this run')
      await this.join()
    } finally {
      this.#joining = false
    }
  }

  /** One piece of work: resolved when its receipt is stored, or its claim was refused. */
  async #take(item: WorkItem): Promise<void> {
    const parsed = Run.safeParse(JSON.parse(new TextDecoder().decode(item.data)))
    if (!parsed.success) throw new BusError('unsuitable', `work that is no run: ${z.prettifyError(parsed.error).replaceAll('\n', '; ')}`)
    const run = parsed.data
    // The server hands out again what it believes lost; here it runs already, and no claim is granted twice.
    if (this.#running.has(run.fence)) return
    const { granted } = await this.#ask('claim', { fence: run.fence, member: this.#member }, ClaimAnswer)
    if (!granted) return
    const work = this.#carryOut(run, item)
    this.#work.add(work)
    await work.finally(() => this.#work.delete(work))
  }

  async #carryOut(run: Run, { traceparent, tracestate }: WorkItem): Promise<void> {
    const workspace = join(this.#options.dir, 'runs', run.fence)
    let exit: SandboxExit
    try {
      unpackFolder(run.workspace, workspace)
      const process = await this.sandbox.start({
        command: run.command,
        env: run.env,
        limits: run.limits,
        run_id: run.run_id,
        service_socket_path: this.#service.socket_path,
        service_url: this.#service.url,
        workspace_dir: workspace,
      })
      this.#running.set(run.fence, process)
      exit = await process.exit
    } catch (error) {
      exit = hostFailure(reasonOf(error))
    }
    await this.#report({ exit, fence: run.fence, member: this.#member, workspace: packFolder(workspace) }, { traceparent, tracestate })
    this.#running.delete(run.fence)
    rmSync(workspace, { force: true, recursive: true })
  }

  /** Sends a receipt until the engine has put it into its queue. */
  async #report(receipt: Receipt, { traceparent = '', tracestate = '' }: Pick<WorkItem, 'traceparent' | 'tracestate'>): Promise<void> {
    const headers = createHeaders()
    if (traceparent !== '') headers.set(HEADER.traceparent, traceparent)
    if (tracestate !== '') headers.set(HEADER.tracestate, tracestate)
    const most = payloadMax(this.#connection, HEADER_BYTES)
    const body = Buffer.byteLength(JSON.stringify(receipt)) <= most ? receipt : { ...receipt, workspace: null }
    for (;;)
      try {
        await this.#ask('report', body, ReportAnswer, headers)
        return
      } catch (error) {
        if (this.#connection.isClosed()) throw error
        await new Promise((done) => setTimeout(done, RETRY_MS))
      }
  }

  async stop(): Promise<void> {
    this.#stopped = true
    if (this.#beating !== null) clearInterval(this.#beating)
    await this.#stopWorker?.()
    this.#endAll('the executor is closing')
    await Promise.race([Promise.all(this.#work), new Promise((done) => setTimeout(done, SILENCE_MS))])
    await this.#ask('leave', { fences: [], member: this.#member }).catch((error: unknown) => this.#options.onError(error))
    await this.sandbox.close()
  }
}

/** Offers this machine to an economy on NATS. Throws BusError. */
export async function startRemoteExecutor(options: RemoteExecutorOptions): Promise<RemoteExecutor> {
  const { executor_id, nats_credentials, nats_url } = options
  const connection = await connectNats({
    credentials_file: nats_credentials,
    name: `syntropism executor ${executor_id}`,
    url: nats_url,
  })
  try {
    const economyId = await chooseEconomy(connection, options.economy_id)
    const library = join(options.dir, 'runs')
    // What a predecessor left of its runs is nobody's any more, and holds tokens.
    rmSync(library, { force: true, recursive: true })
    mkdirSync(library, { mode: 0o700, recursive: true })
    installAgentLibrary(options.dir, options.sdk_dir)
    installAgentLibrary(library, options.sdk_dir)
    const socketPath = join(options.dir, 'service.sock')
    const front = createFront({ connection, economy_id: economyId })
    const doors = await openDoors((request) => front.http(request), { host: '127.0.0.1', port: 0 }, socketPath)
    const sandbox = await options.openSandbox({ library_dir: library, state_dir: options.dir })
    const executor = new ExecutorProcess(connection, economyId, sandbox, { socket_path: socketPath, url: doors.url }, options)
    await executor.join()
    const stop = executor.stop.bind(executor)
    executor.stop = async () => {
      await stop()
      await doors.close()
      await connection.close()
    }
    return executor
  } catch (error) {
    await connection.close()
    throw error
  }
}
