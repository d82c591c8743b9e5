import { z } from '@hono/zod-openapi'
import { microToCredits } from '@syntropism/economy'
import type { McpAnswer, McpCallMeta, McpDoor, McpTool } from '../mcp/index.ts'
import { namesOf } from './operation-names.ts'
import type { Principal } from './principal.ts'
import { type App, type Operation, type ServiceParts, operationsIn } from './service.ts'

/** Longest name of a tool in the protocol. */
const NAME_CHARACTERS = 128
/** Longest name of a function that every provider of models takes. */
const PLAIN_NAME_CHARACTERS = 64

type Schema = Readonly<Record<string, unknown>> & { readonly properties?: Readonly<Record<string, unknown>>; readonly required?: readonly string[] }

const schemaOf = (type: z.ZodType | undefined): Schema =>
  type === undefined ? {} : (z.toJSONSchema(type, { io: 'input', target: 'draft-2020-12', unrepresentable: 'any' }) as Schema)

const parametersOf = (path: string): string[] => [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] as string)

const SCHEMAS = new WeakMap<Operation, Schema>()
/** Arguments of an operation as one object: parts of its path, members of its query and of its body, from the schemas that its route validates with. */
function inputSchemaOf(operation: Operation): Schema {
  const known = SCHEMAS.get(operation)
  if (known !== undefined) return known
  const query = schemaOf(operation.query)
  const body = schemaOf(operation.body)
  const parts = parametersOf(operation.path)
  const own = { description: 'Your own id when left out.', maxLength: 64, type: 'string' }
  const schema = {
    additionalProperties: false,
    properties: {
      ...Object.fromEntries(parts.map((part) => [part, part === 'agent_id' ? own : { maxLength: 64, type: 'string' }])),
      ...query.properties,
      ...body.properties,
    },
    required: [...parts.filter((part) => part !== 'agent_id'), ...(query.required ?? []), ...(body.required ?? [])],
    type: 'object',
  }
  SCHEMAS.set(operation, schema)
  return schema
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

/** The request that a call stands for: members of the path and query go there, the rest is the body. */
function requestOf(operation: Operation, input: Readonly<Record<string, unknown>>, principal: Principal, meta: McpCallMeta): Request {
  const rest: Record<string, unknown> = { ...input }
  const callerId = principal.role === 'agent' ? principal.agent_id : ''
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = rest[name] ?? (name === 'agent_id' ? callerId : '')
    delete rest[name]
    return encodeURIComponent(Buffer.from(textOf(value), 'utf8').toString('utf8'))
  })
  const query = new URLSearchParams()
  for (const name of Object.keys(operation.query?.shape ?? {}))
    if (rest[name] !== undefined) {
      query.set(name, textOf(rest[name]))
      delete rest[name]
    }
  const headers = new Headers({ 'content-type': 'application/json' })
  if (meta.idempotency_key !== undefined) headers.set('idempotency-key', encodeURI(meta.idempotency_key))
  if (meta.traceparent !== undefined) headers.set('traceparent', encodeURI(meta.traceparent))
  const body = operation.body === undefined ? {} : { body: JSON.stringify(rest) }
  return new Request(`http://service${path}${query.size > 0 ? `?${query.toString()}` : ''}`, { ...body, headers, method: operation.method.toUpperCase() })
}

/** Outside tools under `<server>.<tool>`: the same call as POST /tools/calls. */
async function outsideTools({ tools }: ServiceParts, call: McpTool): Promise<McpTool[]> {
  const offered = (await tools?.list())?.tools ?? []
  return offered.map(({ server_id, terms, tool }) => ({
    call: (input, meta) => call.call({ arguments: input, server_id, tool_name: tool.name }, meta),
    description: `${tool.description ?? tool.title ?? tool.name} (${microToCredits(terms.price_micro)} credits a call)`,
    input_schema: tool.inputSchema,
    name: `${server_id}.${tool.name.replaceAll(/[^A-Za-z0-9._-]/g, '_')}`.slice(0, NAME_CHARACTERS),
    read_only: tool.annotations?.readOnlyHint === true,
  }))
}

/** Every operation that a principal may call, as a tool that calls its route, and the outside tools beside them. */
async function toolsFor(app: App, parts: ServiceParts, principal: Principal): Promise<McpTool[]> {
  const own = ownTools(app, principal)
  const call = own.find(({ name }) => name === 'tool.call')
  return call === undefined ? own : [...own, ...(await outsideTools(parts, call))]
}

function ownTools(app: App, principal: Principal): McpTool[] {
  const operations = operationsIn(app)
  const names = namesOf(operations)
  return operations
    .filter(({ roles }) => roles.length === 0 || roles.includes(principal.role))
    .map((operation) => ({
      call: async (input, meta): Promise<McpAnswer> => {
        const answer = await app.fetch(requestOf(operation, input, principal, meta), { principal })
        return { ok: answer.status < 400, value: (await answer.json()) as object }
      },
      description: operation.summary,
      input_schema: inputSchemaOf(operation),
      name: names.get(operation) ?? '',
      read_only: operation.method === 'get',
    }))
}

/** The same tools under names of letters, digits, `_` and `-`, and no two under one: providers of models refuse any others, and clients hand names on as they are. */
function plainlyNamed(tools: readonly McpTool[]): McpTool[] {
  const taken = new Set<string>()
  return tools.map((tool) => {
    const first = tool.name.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, PLAIN_NAME_CHARACTERS)
    let name = first
    for (let n = 2; taken.has(name); n++) name = `${first.slice(0, PLAIN_NAME_CHARACTERS - 1 - String(n).length)}_${n}`
    taken.add(name)
    return { ...tool, name }
  })
}

const rpcAnswer = (description: string) => ({
  content: { 'application/json': { schema: z.record(z.string(), z.any()) }, 'text/event-stream': { schema: z.string() } },
  description,
})
const problemAnswer = (description: string) => ({ content: { 'application/problem+json': { schema: z.record(z.string(), z.any()) } }, description })
const eitherAnswer = (description: string) => ({
  content: { ...problemAnswer(description).content, 'application/json': { schema: z.record(z.string(), z.any()) } },
  description,
})

const DESCRIBED: Omit<Parameters<App['openAPIRegistry']['registerPath']>[0], 'path'> = {
  method: 'post',
  request: { body: { content: { 'application/json': { schema: z.any() } }, required: true } },
  responses: {
    200: rpcAnswer('Answer of JSON-RPC.'),
    202: { description: 'A notification was taken.' },
    400: eitherAnswer('No message of JSON-RPC, or of an unknown version of the protocol.'),
    401: problemAnswer('No valid token.'),
    404: eitherAnswer('No such method of the protocol.'),
    405: problemAnswer('No such method here.'),
    406: eitherAnswer('The client must accept application/json and text/event-stream.'),
    413: eitherAnswer('Too large.'),
    415: eitherAnswer('No JSON.'),
    429: problemAnswer('Too many requests.'),
  },
  security: [{ bearer: [] }],
  tags: ['mcp'],
}
type Naming = (tools: McpTool[]) => McpTool[]
/** Where clients find the tools, and how these are named there. */
const DOORS: Readonly<Record<string, { readonly named: Naming; readonly summary: string }>> = {
  '/mcp': { named: (tools) => tools, summary: 'Every operation as a tool of the Model Context Protocol (Streamable HTTP, without sessions).' },
  '/mcp/plain': { named: plainlyNamed, summary: 'The same tools under names that every provider of models takes: `market_bid` for `market.bid`.' },
}

/** The same operations for clients of the Model Context Protocol. */
export function addMcpRoutes(app: App, parts: ServiceParts): void {
  const onError = (error: Error): void => parts.log?.warn('a request of MCP was refused', { error: error.message })
  let door: Promise<McpDoor> | null = null
  for (const [path, { named, summary }] of Object.entries(DOORS)) {
    app.openAPIRegistry.registerPath({ ...DESCRIBED, path, summary })
    app.post(path, async (context) => {
      // The protocol's library is loaded by the first who speaks it.
      door ??= import('../mcp/index.ts').then(({ createMcpDoor }) => createMcpDoor(onError))
      // The body was read to be looked at.
      const { headers, signal, url } = context.req.raw
      const request = new Request(url, { body: await context.req.text(), headers, method: 'POST', signal })
      return (await door)(request, named(await toolsFor(app, parts, context.get('principal'))))
    })
  }
}
