import { type CallToolResult, ProtocolError, ProtocolErrorCode, Server, createMcpHandler } from '@modelcontextprotocol/server'
import { VERSION } from '../version/index.ts'

/** What came of a tool: its answer, or the problem document that refused it. */
export interface McpAnswer {
  readonly ok: boolean
  readonly value: object
}

/** What a call carries beside its arguments. */
export interface McpCallMeta {
  /** The same key again gives the first answer. */
  readonly idempotency_key?: string
  /** W3C trace context of the caller. */
  readonly traceparent?: string
}

/** One tool as an MCP client sees it. */
export interface McpTool {
  readonly name: string
  readonly description: string
  /** JSON Schema of an object. */
  readonly input_schema: Readonly<Record<string, unknown>>
  readonly read_only: boolean
  call(input: Readonly<Record<string, unknown>>, meta: McpCallMeta): Promise<McpAnswer>
}

/** Name of a call's Idempotency-Key in its `_meta`. */
export const IDEMPOTENCY_META = 'syntropism/idempotency-key'
const BODY_BYTES_MAX = 1_048_576

function metaOf(meta: Readonly<Record<string, unknown>> | undefined): McpCallMeta {
  const key = meta?.[IDEMPOTENCY_META]
  const traceparent = meta?.traceparent
  return { ...(typeof key === 'string' ? { idempotency_key: key } : {}), ...(typeof traceparent === 'string' ? { traceparent } : {}) }
}

const resultOf = ({ ok, value }: McpAnswer): CallToolResult => ({
  content: [{ text: JSON.stringify(value), type: 'text' }],
  isError: !ok,
  structuredContent: value as Record<string, unknown>,
})

function createServer(tools: readonly McpTool[]): Server {
  const server = new Server({ name: 'syntropism', version: VERSION }, { capabilities: { tools: {} } })
  server.setRequestHandler('tools/list', () => ({
    tools: tools.map((tool) => ({
      annotations: { openWorldHint: false, readOnlyHint: tool.read_only },
      description: tool.description,
      inputSchema: tool.input_schema as { type: 'object' },
      name: tool.name,
    })),
  }))
  server.setRequestHandler('tools/call', async ({ params }, context) => {
    const tool = tools.find((one) => one.name === params.name)
    if (tool === undefined)
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, `There is no tool "${params.name}" for this token; tools/list names those there are.`)
    const { _meta: meta } = context.mcpReq
    return resultOf(await tool.call(params.arguments ?? {}, metaOf(meta)))
  })
  return server
}

/** Answers one request of MCP's Streamable HTTP with the tools of its caller; holds nothing between requests. */
export type McpDoor = (request: Request, tools: readonly McpTool[]) => Promise<Response>

/** The System Service's tools as an MCP server without sessions: a lease ends when it ends, whatever a client still holds. */
export function createMcpDoor(onError: (error: Error) => void): McpDoor {
  const handler = createMcpHandler(({ authInfo }) => createServer((authInfo?.extra?.tools ?? []) as readonly McpTool[]), {
    maxRequestBodySize: BODY_BYTES_MAX,
    onerror: onError,
  })
  return (request, tools) => handler.fetch(request, { authInfo: { clientId: '', extra: { tools }, scopes: [], token: '' } })
}
