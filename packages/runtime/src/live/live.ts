import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AgentManifest, EconomyEvent } from '@syntropism/contract'
import { RULES_VERSION, canonicalJson } from '@syntropism/economy'
import { type Config, ConfigError, machineCapacity, paramsOf, readManifest } from '../config/index.ts'
import { Executor } from '../executor/index.ts'
import { ExactBeat, type Host } from '../host/index.ts'
import { type App, Gate, type ServiceParts, Tokens, createService, openDoors, openModelDoor, openReads } from '../http/index.ts'
import { Inquiries } from '../inquiry/index.ts'
import type { Bus, ClearingSolver, WorkspaceHistory } from '../ports/index.ts'
import type { Remote, RemoteParts } from '../remote/index.ts'
import { type SandboxDriver, type SandboxName, installAgentLibrary, openSandbox } from '../sandbox/index.ts'
import { type Queries, journalReads } from '../store/index.ts'
import type { TraceFigures } from '../telemetry/index.ts'
import { type Pages, Web } from '../web/index.ts'
import { bookAt } from './book-at.ts'
import { openRuns } from '../runs/index.ts'
import { type NewToken, type Paths, lockDataDir, pathsOf } from './data-dir.ts'
import { readEvents } from './events.ts'
import { openGateways } from './gateways.ts'
import { type Opened, closeAll, openEconomy } from './open-economy.ts'
import type { Observation } from './observation.ts'
import type { ScriptedAgents } from './scripted-agents.ts'
import { standingBidOf } from './standing.ts'
import type { Standby } from './store.ts'

/** Longest time of one solve for a question. */
const INQUIRY_LIMIT_MS = 5000

export interface LiveOptions {
  readonly config: Config
  readonly agent_dirs: readonly string[]
  readonly sdk_dir: string
  readonly allow_weak_sandbox: boolean
  readonly new_tokens: boolean
  /** Which sandbox: the strongest that works, or one of the ladder. */
  readonly sandbox: SandboxName
  /** Agents that scripts of this process play; not with NATS, whose executors know nothing of them. */
  readonly scripted?: ScriptedAgents
  /** The web console, served at `/`. */
  readonly pages?: Pages
  /** Waits for the lead while another process has it (PostgreSQL); refused without it. */
  readonly standby?: Standby
  /** A solver that finds winners under the mechanism `exact`; without one such clearings go by the default rules. */
  createSolver?(): ClearingSolver
  onFatal(error: unknown): void
  /** Called for every committed event, from the first. */
  onEvent(event: EconomyEvent): void
}

/** A running economy with everything around it. */
export interface Live {
  readonly host: Host
  readonly bus: Bus
  readonly queries: Queries
  readonly executor: Executor
  readonly sandbox: SandboxDriver
  readonly url: string
  readonly created_tokens: readonly NewToken[]
  readonly is_new: boolean
  /** What became of the spans, null when nobody traces. */
  traceFigures(): TraceFigures | null
  stop(): Promise<void>
}

/**
 * Genesis for a new folder; for an old one the resumption, and a change of rules when the configuration has other numbers than at the last start.
 * What the operator tuned meanwhile stays otherwise.
 */
async function beginOrResume(host: Host, config: Config, configuredRulesPath: string): Promise<boolean> {
  const params = paramsOf(config)
  const configured = canonicalJson(params)
  const isNew = host.state.economy_id === ''
  // A folder that has not led this economy before, a standby's, takes the rules as they are.
  const taken = config.database_url === undefined ? canonicalJson(host.state.params) : configured
  const before = existsSync(configuredRulesPath) ? readFileSync(configuredRulesPath, 'utf8') : taken
  if (isNew) await host.submit({ economy_id: `e${randomBytes(8).toString('hex')}`, owner: 'host', params, rules_version: RULES_VERSION, type: 'genesis' })
  else {
    await host.submit({ owner: 'host', type: 'resumed' })
    if (configured !== before)
      await host.submit({
        audit: { by: 'configuration', reason: 'the configuration has changed since the last start' },
        owner: 'operator',
        params,
        rules_version: RULES_VERSION,
        type: 'change_rules',
      })
  }
  writeFileSync(configuredRulesPath, configured)
  for (const human of host.state.humans.values())
    if (!config.humans.includes(human.human_id)) await host.submit({ human_id: human.human_id, on_duty: false, owner: 'host', type: 'set_duty' })
  // A break that began before the restart goes on.
  for (const human_id of config.humans)
    if (host.state.humans.get(human_id)?.on_duty !== true && (host.state.humans.get(human_id)?.back_at_ms ?? null) === null)
      await host.submit({ human_id, on_duty: true, owner: 'host', type: 'set_duty' })
  return isNew
}

async function createAgents(
  host: Host,
  executor: Executor,
  config: Config,
  folders: readonly { manifest: AgentManifest; path: string }[],
  capacity: { cpu_millicores: number; memory_mb: number },
): Promise<void> {
  for (const { manifest, path } of folders) {
    executor.workspaces.createFrom(manifest.name, path)
    if (host.state.agents.has(manifest.name)) continue
    const { llm_keys_micro_usd_per_minute, llm_micro_usd_per_minute } = host.state.params
    const standing_bid = standingBidOf(manifest, { ...capacity, llm_micro_usd_per_minute: llm_micro_usd_per_minute - llm_keys_micro_usd_per_minute })
    const outcome = await host.submit({
      agent_id: manifest.name,
      grant_micro: manifest.start_credits_micro ?? config.start_credits_micro,
      models: manifest.models ?? [],
      name: manifest.name,
      owner: 'operator',
      ...(standing_bid === null ? {} : { standing_bid }),
      type: 'create_agent',
    })
    if (!outcome.ok) throw new ConfigError(`the agent of ${path} was refused: ${outcome.refusal.code} ${JSON.stringify(outcome.refusal.detail)}`)
  }
}

/** Starts an economy on a data folder. Throws ConfigError or JournalError before anything has happened. */
export async function startLive(options: LiveOptions): Promise<Live> {
  const { config } = options
  // Rules that contradict each other are refused before anything is opened.
  paramsOf(config)
  const folders = options.agent_dirs.map(readManifest)
  const paths = pathsOf(config.data)
  const unlock = lockDataDir(paths)
  let remote: Remote | null = null
  const opened: Opened = []
  try {
    remote = await joinNatsIfAny(config)
    return await assemble(options, folders, paths, remote, unlock, opened)
  } catch (error) {
    await closeAll(opened)
    await remote?.leave()
    unlock()
    throw error
  }
}

/** NATS is loaded only where it is configured. */
const joinNatsIfAny = async (config: Config): Promise<Remote | null> =>
  config.nats_url === undefined ? null : (await import('../remote/index.ts')).joinNats(config)

const sandboxFor = async (options: LiveOptions, paths: ReturnType<typeof pathsOf>): Promise<SandboxDriver> => {
  mkdirSync(paths.agents, { mode: 0o700, recursive: true })
  installAgentLibrary(paths.agents, options.sdk_dir)
  const settings = { allow_weak: options.allow_weak_sandbox, library_dir: paths.agents, read_only: options.config.sandbox_read_only, state_dir: paths.root }
  return await openSandbox(settings, options.sandbox)
}

const remoteParts = (app: App, queries: Queries, executor: Executor, rest: Pick<RemoteParts, 'bus' | 'host' | 'reads' | 'tokens'>): RemoteParts => ({
  ...rest,
  fetch: (request) => app.fetch(request),
  readEvents: (filter) => readEvents(queries, filter),
  workspaces: executor.workspaces,
})

/** Histories of workspaces, by the executor that is there once somebody asks. */
const historyOf = (executor: () => Executor): WorkspaceHistory => ({
  changes: (agentId, commit) => executor().workspaces.changes(agentId, commit),
  log: (agentId, limit) => executor().workspaces.log(agentId, limit),
  rollBack: (agentId, commit) => executor().rollBack(agentId, commit),
})

/** What the service reads of the journal itself. */
const readsFor = (queries: Queries): Pick<ServiceParts, 'bookAt' | 'readEvents'> => ({
  bookAt: (seq, certificate, rule) => bookAt(journalReads(queries), seq, certificate, rule),
  readEvents: (filter) => readEvents(queries, filter),
})

/** The door for browsers, in front of the service. */
const webFor = (
  app: App,
  queries: Queries,
  { config, pages }: Pick<LiveOptions, 'config' | 'pages'>,
  { bus, host, tokens }: Pick<RemoteParts, 'bus' | 'host' | 'tokens'>,
): Web =>
  new Web({
    economyId: () => host.state.economy_id,
    fetch: (request) => app.fetch(request),
    pages,
    phoenix_url: config.telemetry.phoenix_url,
    readEvents: (filter) => readEvents(queries, filter),
    subscribe: (listener) => bus.subscribe(listener),
    tokens,
  })

/** Everyone takes their place: scripted agents, then the executor with its capacity, then agents with programs. */
async function settle(options: LiveOptions, host: Host, bus: Bus, executor: Executor, folders: ReturnType<typeof readManifest>[]): Promise<void> {
  await options.scripted?.begin(host, bus)
  await executor.start()
  await createAgents(host, executor, options.config, folders, machineCapacity(options.config))
}

/** Where this process answers, for commands that talk to it. */
const tellWhere = (paths: Paths, url: string): void =>
  writeFileSync(paths.service, JSON.stringify({ pid: process.pid, started_at: new Date().toISOString(), url }, null, 2))

/** What uses solvers, each one of its own: the beat under the mechanism `exact`, and questions about the market. */
function solving({ config, createSolver }: LiveOptions, { log }: Observation) {
  const solver = createSolver?.() ?? null
  const inquiries = new Inquiries(createSolver?.() ?? null, INQUIRY_LIMIT_MS)
  return {
    beat: solver === null ? null : new ExactBeat(solver, config.solver.time_limit_ms, (error) => log.error('the solver failed', { error })),
    async close() {
      await inquiries.close()
      await solver?.close()
    },
    inquiries,
  }
}

/** The executor of this machine, in this process. */
const localExecutor = (
  { config, onFatal, scripted }: LiveOptions,
  parts: Pick<ConstructorParameters<typeof Executor>[0], 'bus' | 'host' | 'sandbox' | 'service' | 'tokens' | 'workspaces'>,
): Executor =>
  new Executor({
    ...machineCapacity(config),
    ...parts,
    executor_id: 'local',
    isScripted: (agentId) => scripted?.owns(agentId) === true,
    onError: onFatal,
  })

async function assemble(
  options: LiveOptions,
  folders: ReturnType<typeof readManifest>[],
  paths: ReturnType<typeof pathsOf>,
  remote: Remote | null,
  unlock: () => void,
  opened: Opened,
): Promise<Live> {
  const { config } = options
  const { bus, held, host, observation, queries } = await openEconomy(options, paths, opened)
  const solvers = solving(options, observation)
  const gateways = await openGateways(config, paths.root, { bus, host, log: observation.log, onFatal: options.onFatal, queries, ...observation.forGateways() })
  opened.push(
    () => solvers.close(),
    () => gateways.close(),
  )
  const tokens = new Tokens(held.kept, gateways.findKey)
  const serviceParts: ServiceParts = {
    ...(remote?.credentials === undefined ? {} : { busCredentials: remote.credentials }),
    ...readsFor(queries),
    host,
    inquiries: solvers.inquiries,
    queries,
    tokens,
    ...observation.forService(host),
    ...gateways.forService(),
    runs: openRuns(config.runs ?? paths.runs),
    workspaces: historyOf(() => executor),
  }
  const gate = new Gate(serviceParts)
  const app = createService(serviceParts, gate)
  const { fetch } = webFor(app, queries, options, { bus, host, tokens })
  const doors = await openDoors(fetch, { host: config.host, port: config.port }, paths.socket, { direct: openModelDoor(serviceParts, gate) })
  opened.push(() => doors.close())
  const sandbox = await sandboxFor(options, paths)
  opened.push(() => sandbox.close())
  const isNew = await beginOrResume(host, config, paths.configured_rules)
  await observation.begin(bus, host, { outbox: () => remote?.outboxLag() ?? null, upstreams: () => serviceParts.gateway?.upstreams ?? [] })
  const service = { socket_path: paths.socket, url: doors.url }
  const executor = localExecutor(options, { bus, host, sandbox, service: () => service, tokens, workspaces: join(paths.agents, 'workspaces') })
  await settle(options, host, bus, executor, folders)
  await remote?.begin(remoteParts(app, queries, executor, { bus, host, reads: openReads(app, serviceParts, gate), tokens }))
  await gateways.start(remote?.toolQueue)
  await held.keep()
  tellWhere(paths, doors.url)
  host.startBeat(config.beat_ms, solvers.beat)
  return {
    bus,
    created_tokens: held.created,
    executor,
    host,
    is_new: isNew,
    queries,
    sandbox,
    traceFigures: () => observation.figures(),
    url: doors.url,
    async stop() {
      options.scripted?.end()
      for (const part of [executor, sandbox, doors, solvers]) await part.close()
      await gateways.close()
      await remote?.leave()
      await host.stop()
      await observation.close()
      unlock()
    },
  }
}
