// HTTP carried over request–reply: every operation of the System Service works over NATS as it does over HTTP.
import { type Msg, type MsgHdrs, headers } from '@nats-io/transport-node'
import { HEADER, headerOf } from '../bus/nats/index.ts'
import type { PlainAnswer, PlainRequest } from '../http/index.ts'

const CARRIED = [
  'accept',
  'authorization',
  'content-type',
  'idempotency-key',
  'mcp-method',
  'mcp-name',
  'mcp-protocol-version',
  HEADER.traceparent,
  HEADER.tracestate,
] as const
const METHOD = 'Syntropism-Method'
const PATH = 'Syntropism-Path'
const STATUS = 'Syntropism-Status'
/** Room that headers take beside the body in one message. */
export const HEADER_BYTES = 4096
const ORIGIN = 'http://engine'

export interface Carried {
  readonly headers: MsgHdrs
  readonly body: Uint8Array
}

/** A request as a message. */
export async function requestToMessage(request: Request): Promise<Carried> {
  const made = headers()
  const url = new URL(request.url)
  made.set(METHOD, request.method)
  made.set(PATH, `${url.pathname}${url.search}`)
  for (const name of CARRIED) {
    const value = request.headers.get(name)
    if (value !== null) made.set(name, value)
  }
  return { body: new Uint8Array(await request.arrayBuffer()), headers: made }
}

/** A call in plain words as a message, with what else its caller said of it. */
export function callToMessage(method: string, path: string, body: string, said: Readonly<Record<string, string | undefined>>): Carried {
  const made = headers()
  made.set(METHOD, method)
  made.set(PATH, path)
  for (const [name, value] of Object.entries(said)) if (value !== undefined) made.set(name, value)
  if (body !== '') made.set('content-type', 'application/json')
  return { body: Buffer.from(body), headers: made }
}

/** The request that a message carries, or null when it carries none. `authorization` replaces what the caller says of itself. */
export function messageToRequest(message: Pick<Msg, 'data' | 'headers'>, authorization?: string): Request | null {
  const method = headerOf(message, METHOD)
  const path = headerOf(message, PATH)
  if (method === undefined || path === undefined || !path.startsWith('/') || path.startsWith('//')) return null
  const carried = new Headers()
  for (const name of CARRIED) {
    const value = headerOf(message, name)
    if (value !== undefined) carried.set(name, value)
  }
  if (authorization !== undefined) carried.set('authorization', authorization)
  const body = message.data.length === 0 || method === 'GET' || method === 'HEAD' ? undefined : Uint8Array.from(message.data)
  try {
    return new Request(`${ORIGIN}${path}`, { headers: carried, method, ...(body === undefined ? {} : { body }) })
  } catch (error) {
    if (error instanceof TypeError) return null
    throw error
  }
}

/** The same in plain words, for what needs no more: no body and no id of its own. */
export function messageToPlain(message: Pick<Msg, 'data' | 'headers'>, authorization?: string): PlainRequest | null {
  const method = headerOf(message, METHOD)
  const path = headerOf(message, PATH)
  if (method === undefined || path === undefined || message.data.length > 0 || headerOf(message, 'idempotency-key') !== undefined) return null
  return { authorization: authorization ?? headerOf(message, 'authorization'), method, path, traceparent: headerOf(message, HEADER.traceparent) }
}

/** A plain answer as a message. */
export function answerToMessage({ content_type, status, text }: PlainAnswer): Carried {
  const made = headers()
  made.set(STATUS, String(status))
  made.set('content-type', content_type)
  return { body: Buffer.from(text), headers: made }
}

/** An answer as a message. */
export async function responseToMessage(response: Response): Promise<Carried> {
  const made = headers()
  made.set(STATUS, String(response.status))
  const type = response.headers.get('content-type')
  if (type !== null) made.set('content-type', type)
  const allow = response.headers.get('allow')
  if (allow !== null) made.set('allow', allow)
  return { body: new Uint8Array(await response.arrayBuffer()), headers: made }
}

/** Status of the answer that a message carries. */
export const statusOf = (message: Pick<Msg, 'headers'>): number => Number(headerOf(message, STATUS) ?? 502)

/** The answer that a message carries. */
export function messageToResponse(message: Pick<Msg, 'data' | 'headers'>): Response {
  const status = statusOf(message)
  const carried = new Headers()
  for (const name of ['content-type', 'allow']) {
    const value = headerOf(message, name)
    if (value !== undefined) carried.set(name, value)
  }
  return new Response(status === 204 || status === 304 ? null : Uint8Array.from(message.data), { headers: carried, status })
}
