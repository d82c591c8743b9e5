import { randomUUID } from 'node:crypto'
import type { AgentManifest, EconomyEvent, EventData } from '@syntropism/contract'
import type { Host } from '../host/index.ts'
import type { Tokens } from '../http/index.ts'
import { type Bus, HistoryError, reasonOf } from '../ports/index.ts'
import { type SandboxDriver, SandboxError, type SandboxExit, type SandboxProcess, hostFailure } from '../sandbox/index.ts'
import { scriptedWindow } from './scripted.ts'
import { Workspaces } from './workspace.ts'

export interface ExecutorOptions {
  readonly executor_id: string
  readonly cpu_millicores: number
  readonly memory_mb: number
  readonly host: Host
  readonly bus: Bus
  readonly tokens: Tokens
  readonly sandbox: SandboxDriver
  /** Where workspaces are kept; or those of another executor, which then looks after them. */
  readonly workspaces: string | Workspaces
  /** Whether a script of this process plays an agent: its windows start no program, and it has no workspace. */
  isScripted?(agentId: string): boolean
  /** Address and socket of the System Service. */
  service(): { readonly url: string; readonly socket_path: string }
  onError(error: unknown): void
}

/** Limits of every run beside what it bought. */
const LIMITS = { disk_mb: 256, files_max: 20_000, open_files_max: 256, processes_max: 16 }
type Allocated = EventData<'resources_allocated'>

/** The end of a run that did not begin. What a program has made of its workspace is its own doing: nothing is refunded for that. */
const notStarted = (error: unknown): SandboxExit => ({
  ...hostFailure(reasonOf(error)),
  ...(error instanceof SandboxError && error.code === 'workspace_unsafe' ? { cause: 'crashed' as const } : {}),
})

/** Runs the programs of won windows: workspace, sandbox, envelope, report. */
export class Executor {
  readonly workspaces: Workspaces
  /** Whether births and deaths of agents are this executor's to look after. */
  readonly #keeps: boolean
  readonly #options: ExecutorOptions
  readonly #incarnation = randomUUID()
  readonly #running = new Map<string, SandboxProcess>()
  readonly #keeping = new Set<Promise<unknown>>()
  #unsubscribe: (() => void) | null = null
  #closing = false

  constructor(options: ExecutorOptions) {
    this.#options = options
    this.#keeps = typeof options.workspaces === 'string'
    this.workspaces = typeof options.workspaces === 'string' ? new Workspaces(options.workspaces) : options.workspaces
  }

  /** Offers its capacity; leases of a former incarnation are closed by the economy with the host as cause. */
  async start(): Promise<void> {
    const { bus, cpu_millicores, executor_id, host, memory_mb } = this.#options
    this.#unsubscribe = bus.subscribe((event) => this.#onEvent(event))
    await host.submit({
      cpu_millicores,
      executor_id,
      incarnation: this.#incarnation,
      memory_mb,
      owner: `executor:${executor_id}`,
      reports: true,
      type: 'register_executor',
    })
  }

  #onEvent(event: EconomyEvent): void {
    if (event.type === 'agent_spawned' && this.#keeps && !this.#isScripted(event.data.parent_id))
      this.workspaces.createChild(event.data.child_id, event.data.parent_id, event.data.files ?? {})
    else if (event.type === 'agent_died') this.#bury(event.data.agent_id)
    else if (event.type === 'execution_terminated') this.#running.get(event.data.execution_id)?.stop(event.data.detail)
    else if (event.type === 'resources_allocated' && event.data.executor_id === this.#options.executor_id && event.data.incarnation === this.#incarnation)
      this.#run(event.data, event.traceparent).catch((error: unknown) => this.#options.onError(error))
  }

  /** Name of the driver and what it holds, for receipts. */
  get #sandboxNote(): string {
    const { name, protections } = this.#options.sandbox
    return `${name}: ${protections
      .filter((one) => one.active)
      .map((one) => one.name)
      .join(', ')}`
  }

  #isScripted(agentId: string): boolean {
    return this.#options.isScripted?.(agentId) === true
  }

  #runsOf(agentId: string): SandboxProcess[] {
    return [...this.#running].filter(([leaseId]) => this.#options.tokens.agentOf(leaseId) === agentId).map(([, running]) => running)
  }

  #bury(agentId: string): void {
    const runs = this.#runsOf(agentId)
    for (const running of runs) running.stop('the agent is dead')
    if (!this.#keeps) return
    this.#note(
      agentId,
      Promise.all(runs.map((running) => running.exit)).then(() => this.workspaces.archive(agentId)),
    )
  }

  /** What a program left behind may be impossible to keep; that is no reason to stop the economy. */
  #note(agentId: string, work: Promise<unknown>): void {
    const noted = work
      .catch((error: unknown) => console.error(`syntropism: the workspace of ${agentId} could not be kept:`, error))
      .finally(() => this.#keeping.delete(noted))
    this.#keeping.add(noted)
  }

  /** Puts a former state of an agent's workspace back; throws HistoryError while the agent runs or when there is no such state. */
  async rollBack(agentId: string, commit: string): Promise<string> {
    if (this.workspaces.running.has(agentId)) throw new HistoryError('running', `${agentId} is running; roll back once its window is over`)
    return this.workspaces.rollBack(agentId, commit)
  }

  async #run(lease: Allocated, traceparent: string): Promise<void> {
    const { executor_id, host, tokens } = this.#options
    const about = {
      executor_id,
      incarnation: this.#incarnation,
      lease_id: lease.lease_id,
      owner: `executor:${executor_id}`,
      ...(traceparent === '' ? {} : { traceparent }),
    }
    const token = tokens.issue(lease.agent_id, lease.lease_id)
    let exit: SandboxExit
    this.workspaces.running.add(lease.agent_id)
    try {
      const process = await this.#start(lease, token, traceparent)
      this.#running.set(lease.lease_id, process)
      const started = await host.submit({ ...about, type: 'start_lease' })
      if (!started.ok) process.stop(started.refusal.code)
      exit = await process.exit
    } catch (error) {
      exit = notStarted(error)
    } finally {
      this.#running.delete(lease.lease_id)
      tokens.revoke(lease.lease_id)
      this.workspaces.running.delete(lease.agent_id)
    }
    if (this.#closing) return
    const { cause, cpu_ms, elapsed_ms, exit_code, memory_mb_ms, memory_peak_mb } = exit
    const detail = [exit.detail, cause === 'completed' ? '' : exit.output_tail]
      .filter((text) => text !== '')
      .join('\n')
      .slice(-4000)
    await host.submit({ ...about, cause, cpu_ms, detail, elapsed_ms, exit_code, memory_mb_ms, memory_peak_mb, sandbox: this.#sandboxNote, type: 'end_lease' })
    // A dead agent's workspace is kept, and moved, by its burial.
    if (host.state.agents.get(lease.agent_id)?.status !== 'dead' && !this.#isScripted(lease.agent_id))
      this.#note(lease.agent_id, this.workspaces.keep(lease.agent_id, `${lease.lease_id} ${cause}`))
  }

  async #start(lease: Allocated, token: string, traceparent: string): Promise<SandboxProcess> {
    const { sandbox, service } = this.#options
    if (this.#isScripted(lease.agent_id)) return scriptedWindow(lease.bundle.duration_ms)
    const workspace = this.workspaces.pathOf(lease.agent_id)
    await this.workspaces.settled(lease.agent_id)
    const manifest = this.#manifestOf(lease.agent_id)
    const { socket_path, url } = service()
    return sandbox.start({
      command: manifest.command,
      env: { AGENT_ID: lease.agent_id, EXECUTION_ID: lease.lease_id, OPENAI_API_KEY: token, SYSTEM_SERVICE_TOKEN: token, TRACEPARENT: traceparent },
      limits: { ...LIMITS, cpu_millicores: lease.quantities.cpu, duration_ms: lease.bundle.duration_ms, memory_mb: lease.quantities.memory },
      run_id: lease.lease_id,
      service_socket_path: socket_path,
      service_url: url,
      workspace_dir: workspace,
    })
  }

  #manifestOf(agentId: string): AgentManifest {
    try {
      return this.workspaces.manifest(agentId)
    } catch (error) {
      const reason = reasonOf(error)
      throw new SandboxError('workspace_unsafe', `the agent.json of ${agentId} cannot be used: ${reason}`, { cause: error })
    }
  }

  /** Programs now running, by lease. */
  get running(): readonly string[] {
    return [...this.#running.keys()]
  }

  /** Ends every program with the host as cause and gives the capacity back. */
  async close(): Promise<void> {
    const { executor_id, host } = this.#options
    this.#closing = true
    this.#unsubscribe?.()
    const ends = [...this.#running.values()].map((running) => {
      running.stop('the executor is closing')
      return running.exit
    })
    await Promise.all(ends)
    await Promise.all(this.#keeping)
    await host.submit({ executor_id, owner: `executor:${executor_id}`, type: 'remove_executor' })
  }
}
