import type { Body } from './shapes.ts'

/** What the client needs of the platform: `fetch` itself, or something of its shape. */
export type Fetch = (
  url: string,
  init: { body?: string; headers: Record<string, string>; method: string },
) => Promise<{ json(): Promise<unknown>; status: number }>

/** A refusal or failure of the service: `code` is stable, `figures` are the numbers behind it. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError'
  readonly code: string
  readonly status: number
  readonly figures: Readonly<Record<string, unknown>>
  constructor(status: number, document: { code?: unknown; detail?: unknown; figures?: unknown }) {
    super(typeof document.detail === 'string' ? document.detail : `the service answered ${status}`)
    this.status = status
    this.code = typeof document.code === 'string' ? document.code : 'unknown'
    this.figures = typeof document.figures === 'object' && document.figures !== null ? (document.figures as Record<string, unknown>) : {}
  }
}

export interface ClientOptions {
  readonly url: string
  readonly token: string
  readonly fetch?: Fetch
  readonly traceparent?: string
  /** Source of Idempotency-Keys; random UUIDs by default. */
  readonly createId?: () => string
}

const RETRIES = 2

/** Calls one operation. A change carries an Idempotency-Key, so that a retry after a lost answer takes effect at most once. */
export async function call(options: ClientOptions, method: string, path: string, body?: Body): Promise<unknown> {
  const send: Fetch = options.fetch ?? ((url, init) => fetch(url, init))
  const headers: Record<string, string> = { authorization: `Bearer ${options.token}` }
  if (method !== 'GET') headers['idempotency-key'] = (options.createId ?? (() => crypto.randomUUID()))()
  if (body !== undefined) headers['content-type'] = 'application/json'
  if (options.traceparent !== undefined) headers.traceparent = options.traceparent
  for (let attempt = 0; ; attempt++) {
    try {
      const answer = await send(`${options.url}${path}`, { headers, method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
      const value = await answer.json()
      if (answer.status < 400) return value
      throw new ServiceError(answer.status, value as object)
    } catch (error) {
      const lost = !(error instanceof ServiceError) || error.status === 503
      if (!lost || attempt >= RETRIES) throw error
    }
  }
}

/** A path whose parts may hold anything: each is escaped. */
export const pathOf = (texts: TemplateStringsArray, ...parts: readonly string[]): string =>
  texts.map((text, index) => `${text}${index < parts.length ? encodeURIComponent(parts[index] ?? '') : ''}`).join('')

/** The query behind a path; what is undefined is left out. */
export const queryOf = (query: Readonly<Record<string, string | number | undefined>>): string => {
  const text = Object.entries(query)
    .flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${encodeURIComponent(String(value))}`]))
    .join('&')
  return text === '' ? '' : `?${text}`
}
