import { Host, SqliteJournal, Tokens, createMemoryBus, createQueries, createService, openDatabase } from '@syntropism/runtime'

/** A JSON Schema as the document has it. */
export interface Schema {
  readonly $ref?: string
  readonly additionalProperties?: Schema | boolean
  readonly allOf?: readonly Schema[]
  readonly anyOf?: readonly Schema[]
  readonly const?: unknown
  readonly default?: unknown
  readonly description?: string
  readonly enum?: readonly string[]
  readonly items?: Schema
  readonly oneOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly type?: string | readonly string[]
}
interface Described {
  readonly operationId?: string
  readonly parameters?: readonly { readonly in: 'path' | 'query'; readonly name: string; readonly required?: boolean; readonly schema: Schema }[]
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly schema: Schema } } }
  readonly responses: { readonly 200?: { readonly content?: { readonly 'application/json'?: { readonly schema: Schema } } } }
  readonly security?: readonly { readonly bearer?: readonly string[] }[]
  readonly summary?: string
}
export interface Document {
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>
}

/** One operation that an agent may call. */
export interface AgentOperation {
  readonly answer: Schema
  readonly body: Schema | null
  readonly id: string
  readonly method: string
  readonly path: string
  readonly query: readonly { readonly name: string; readonly required: boolean; readonly schema: Schema }[]
  readonly summary: string
}

/** The OpenAPI document of a service that offers everything. */
export async function openApiDocument(): Promise<Document> {
  const database = openDatabase(':memory:')
  const fail = (error: unknown): never => {
    throw error
  }
  const host = await Host.open({
    bus: createMemoryBus(fail),
    createClock: () => ({ now: () => 0 }),
    journal: new SqliteJournal(database),
    onFatal: fail,
  })
  const workspaces = { changes: async () => [], log: async () => [], rollBack: async () => '' }
  const indicators = (): never => fail(new Error('no economy'))
  const app = createService({ host, indicators, queries: createQueries(database), readEvents: () => [], tokens: new Tokens([]), workspaces })
  const document = (await (await app.request('/openapi.json')).json()) as Document
  await host.stop()
  return document
}

const isForAgents = ({ operationId, security = [] }: Described): boolean =>
  operationId !== undefined && (security.length === 0 || security.some(({ bearer = [] }) => bearer.includes('agent')))

/** Operations that an agent may call, by their ids; not those in the words of OpenAI and of MCP, which have clients of their own. */
export function agentOperations({ paths }: Document): AgentOperation[] {
  return Object.entries(paths)
    .flatMap(([path, methods]) =>
      Object.entries(methods)
        .filter(([, described]) => isForAgents(described))
        .map(([method, described]) => ({
          answer: described.responses[200]?.content?.['application/json']?.schema ?? {},
          body: described.requestBody?.content['application/json'].schema ?? null,
          id: described.operationId ?? '',
          method: method.toUpperCase(),
          path,
          query: (described.parameters ?? []).filter((one) => one.in === 'query').map(({ name, required = false, schema }) => ({ name, required, schema })),
          summary: described.summary ?? '',
        })),
    )
    .toSorted((one, other) => (one.id < other.id ? -1 : 1))
}

export const nameOf = ($ref: string): string => $ref.slice('#/components/schemas/'.length)
