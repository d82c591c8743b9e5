import { type Config, type ToolServerConfig, queueSettings } from '../config/index.ts'
import { MemoryWorkQueue } from '../bus/index.ts'
import type { Host } from '../host/index.ts'
import type { Log } from '../log/index.ts'
import type { Bus, WorkQueue } from '../ports/index.ts'
import { type OutsideProgram, type Protection, SandboxError, openOutsidePrograms } from '../sandbox/index.ts'
import { type Queries, openToolCalls, toolCallRow } from '../store/index.ts'
import type { QueuedCall, SettledCall, ToolGateway } from '../tool-gateway/index.ts'

export interface LiveTools {
  /** What the service is given. */
  forService(): { readonly tools?: ToolGateway }
  /** Begins to carry out calls: through the durable queue where there is one, else in this process. */
  start(durable: (() => Promise<WorkQueue>) | undefined): Promise<void>
  close(): Promise<void>
}

interface Around {
  readonly host: Host
  readonly bus: Bus
  readonly log: Log
  readonly queries: Queries
}

const NONE: LiveTools = { close: async () => undefined, forService: () => ({}), start: async () => undefined }

async function settledCall(queries: Queries, callId: string): Promise<SettledCall | null> {
  const row = await toolCallRow(queries, callId)
  if (row === null || row.outcome === null) return null
  const { call_id, charged_micro, elapsed_ms, outcome, reason, result } = row
  return {
    call_id,
    charged_micro: charged_micro ?? 0,
    elapsed_ms: elapsed_ms ?? 0,
    outcome,
    reason: reason ?? '',
    result: JSON.parse(result ?? 'null') as unknown,
  }
}

const openCalls = async (queries: Queries): Promise<QueuedCall[]> =>
  (await openToolCalls(queries)).map(({ arguments: input, call_id, server_id, tool_name }) => ({
    arguments: JSON.parse(input) as QueuedCall['arguments'],
    call_id,
    server_id,
    tool_name,
  }))

/** The program of a server as a sandbox takes it. */
function outsideProgram(server: ToolServerConfig, environment: NodeJS.ProcessEnv): OutsideProgram {
  const { command = [], cpu_millicores, env, id, memory_mb, network, processes_max, read, sandbox, write } = server
  const given = env.flatMap((name): [string, string][] => (environment[name] === undefined ? [] : [[name, environment[name]]]))
  const limits = { cpu_millicores, memory_mb, processes_max }
  const cwd = server.cwd ?? read?.[0] ?? process.cwd()
  const readable = read === undefined ? [cwd] : [...read, ...(server.cwd === undefined ? [] : [cwd])]
  return { command, cwd, env: Object.fromEntries(given), limits, name: id, network, read: readable, sandbox, write }
}

/** What would hold the program of each configured server on this machine; nothing is started. */
export async function surveyToolServers(
  { tools }: Config,
  dataDir: string,
): Promise<{ readonly server: string; readonly rung: string; readonly protections: readonly Protection[] }[]> {
  const programs = await openOutsidePrograms(dataDir)
  try {
    return (tools?.servers ?? []).map((server) => {
      if (server.url !== undefined) return { protections: [], rung: `not on this machine: ${server.url}`, server: server.id }
      try {
        return { server: server.id, ...programs.describe(outsideProgram(server, process.env)) }
      } catch (error) {
        if (!(error instanceof SandboxError)) throw error
        return { protections: [], rung: `cannot be started: ${error.message}`, server: server.id }
      }
    })
  } finally {
    programs.close()
  }
}

/** The tool gateway of a configuration that names servers; its libraries are loaded only then. */
export async function openTools(config: Config, dataDir: string, { bus, host, log, queries }: Around): Promise<LiveTools> {
  if (config.tools === undefined) return NONE
  const { ToolGateway: Gateway } = await import('../tool-gateway/mcp/index.ts')
  const programs = await openOutsidePrograms(dataDir)
  for (const server of config.tools.servers)
    if (server.sandbox === 'process') log.warn(`the tool server ${server.id} runs in no sandbox: it may do what the service's user may`)
  const gateway = new Gateway({
    bus,
    config: config.tools,
    environment: process.env,
    host,
    launch: (server) => programs.launch(outsideProgram(server, process.env)),
    note: (level, text) => log[level](text),
    onError: (error) => log.error('a call of a tool could not be carried out', { error }),
    openCalls: () => openCalls(queries),
    settledCall: (callId) => settledCall(queries, callId),
  })
  return {
    async close() {
      await gateway.close()
      programs.close()
    },
    forService: () => ({ tools: gateway }),
    async start(durable) {
      await gateway.start(durable === undefined ? new MemoryWorkQueue(queueSettings(config)) : await durable())
    },
  }
}
