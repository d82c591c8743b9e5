import type { Document, Operation, Schema } from '../openapi.ts'

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

const isForAgents = ({ operationId, security = [] }: Operation): boolean =>
  operationId !== undefined && (security.length === 0 || security.some(({ bearer = [] }) => bearer.includes('agent')))

/** Operations that an agent may call, by their ids; not those in the words of OpenAI and of MCP, which have clients of their own. */
export function agentOperations({ paths }: Document): AgentOperation[] {
  return Object.entries(paths)
    .flatMap(([path, methods]) =>
      Object.entries(methods)
        .filter(([, described]) => isForAgents(described))
        .map(([method, described]) => ({
          answer: described.responses[200]?.content?.['application/json']?.schema ?? {},
          body: described.requestBody?.content['application/json']?.schema ?? null,
          id: described.operationId ?? '',
          method: method.toUpperCase(),
          path,
          query: (described.parameters ?? []).filter((one) => one.in === 'query').map(({ name, required = false, schema }) => ({ name, required, schema })),
          summary: described.summary ?? '',
        })),
    )
    .toSorted((one, other) => (one.id < other.id ? -1 : 1))
}
