import { tmpdir } from 'node:os'
import { Host, SqliteJournal, Tokens, createMemoryBus, createQueries, createService, openDatabase, openRuns } from '@syntropism/runtime'

/** What of JSON Schema the project's schemas use. */
export interface Schema {
  readonly $ref?: string
  readonly additionalProperties?: Schema | boolean
  readonly allOf?: readonly Schema[]
  readonly anyOf?: readonly Schema[]
  readonly const?: unknown
  readonly default?: unknown
  readonly description?: string
  readonly enum?: readonly unknown[]
  readonly items?: Schema
  readonly maxItems?: number
  readonly maxLength?: number
  readonly maximum?: number
  readonly minItems?: number
  readonly minLength?: number
  readonly minimum?: number
  readonly oneOf?: readonly Schema[]
  readonly pattern?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly type?: string | readonly string[]
}
/** One operation as the document has it. */
export interface Operation {
  readonly description?: string
  readonly operationId?: string
  readonly parameters?: readonly { readonly in: 'header' | 'path' | 'query'; readonly name: string; readonly required?: boolean; readonly schema: Schema }[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> }
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, { readonly schema: Schema }>>; readonly description: string }>>
  readonly security?: readonly { readonly bearer?: readonly string[] }[]
  readonly summary?: string
  readonly tags?: readonly string[]
}
export interface Document {
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
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
  const offered = { indicators, runs: openRuns(tmpdir()), workspaces }
  const app = createService({ ...offered, host, queries: createQueries(database), readEvents: () => [], tokens: new Tokens([]) })
  const document = (await (await app.request('/openapi.json')).json()) as Document
  await host.stop()
  return document
}

export const nameOf = ($ref: string): string => $ref.slice('#/components/schemas/'.length)
