import { type Config, queueSettings } from '../config/index.ts'
import { MemoryWorkQueue } from '../bus/index.ts'
import type { Host } from '../host/index.ts'
import type { Log } from '../log/index.ts'
import type { Bus, WorkQueue } from '../ports/index.ts'
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

/** The tool gateway of a configuration that names servers; its libraries are loaded only then. */
export async function openTools(config: Config, { bus, host, log, queries }: Around): Promise<LiveTools> {
  if (config.tools === undefined) return NONE
  const { ToolGateway: Gateway } = await import('../tool-gateway/mcp/index.ts')
  const gateway = new Gateway({
    bus,
    config: config.tools,
    environment: process.env,
    host,
    note: (level, text) => log[level](text),
    onError: (error) => log.error('a call of a tool could not be carried out', { error }),
    openCalls: () => openCalls(queries),
    settledCall: (callId) => settledCall(queries, callId),
  })
  return {
    close: () => gateway.close(),
    forService: () => ({ tools: gateway }),
    async start(durable) {
      await gateway.start(durable === undefined ? new MemoryWorkQueue(queueSettings(config)) : await durable())
    },
  }
}
