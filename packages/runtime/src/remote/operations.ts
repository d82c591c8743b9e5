/** An operation of the System Service as one endpoint on NATS. */
export interface RemoteOperation {
  /** Last tokens of its subject, e.g. `economic.balance.get`. */
  readonly name: string
  readonly method: string
  /** With `{name}` for its parameters. */
  readonly path: string
  readonly query: readonly string[]
  readonly has_body: boolean
  readonly summary: string
}

interface OpenApiOperation {
  readonly summary?: string
  readonly tags?: readonly string[]
  readonly requestBody?: unknown
  readonly parameters?: readonly { readonly in: string; readonly name: string }[]
}
export interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>
}

/** Not for agents: left to HTTP. */
const LEFT_OUT = new Set(['operator', 'events', 'watch', 'mcp'])

/** Name of an operation: the fixed parts of its path, then the method. */
const nameOf = (method: string, path: string): string =>
  [...path.split('/').filter((part) => part !== '' && !part.startsWith('{')), method].map((part) => part.replaceAll(/[^A-Za-z0-9_-]/g, '_')).join('.')

/** What the service's own document says that agents can call. */
export function operationsOf(document: OpenApiDocument): RemoteOperation[] {
  const taken = new Set<string>()
  /** `….one.get` beside `….get` for one thing of a collection. */
  const free = (method: string, path: string): string => {
    const plain = nameOf(method, path)
    const name = taken.has(plain) ? nameOf(method, `${path}/one`) : plain
    taken.add(name)
    return name
  }
  const paths = Object.entries(document.paths).toSorted(([one], [other]) => one.length - other.length)
  return paths.flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, operation]) => !(operation.tags ?? []).some((tag) => LEFT_OUT.has(tag)))
      .map(([method, operation]) => ({
        has_body: operation.requestBody !== undefined,
        method: method.toUpperCase(),
        name: free(method, path),
        path,
        query: (operation.parameters ?? []).filter((one) => one.in === 'query').map((one) => one.name),
        summary: operation.summary ?? '',
      })),
  )
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

/** What an operation is asked: members of `input` that its path and query name go there, the rest is the body. `agent_id` is the caller when not named. */
export function callOf(
  operation: RemoteOperation,
  input: Readonly<Record<string, unknown>>,
  callerId: string,
): { readonly path: string; readonly body: string } {
  const rest: Record<string, unknown> = { ...input }
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = rest[name] ?? (name === 'agent_id' ? callerId : '')
    delete rest[name]
    return encodeURIComponent(textOf(value))
  })
  const query = new URLSearchParams()
  for (const name of operation.query)
    if (rest[name] !== undefined) {
      query.set(name, textOf(rest[name]))
      delete rest[name]
    }
  const search = query.size > 0 ? `?${query.toString()}` : ''
  return { body: operation.has_body ? JSON.stringify(rest) : '', path: `${path}${search}` }
}
