import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'

export interface ServerTimes {
  /** Longest wait for a request's whole head, and for the whole request. */
  readonly head_ms: number
  readonly request_ms: number
  /** How often slow connections are looked for. */
  readonly check_ms: number
}
const TIMES: ServerTimes = { check_ms: 1000, head_ms: 10_000, request_ms: 30_000 }
const HEAD_BYTES_MAX = 16_384
const CONNECTIONS_MAX = 2000

/** Takes a request as it comes from the socket, or leaves it untouched. */
export type Direct = (incoming: IncomingMessage, outgoing: ServerResponse) => boolean

export interface ServerOptions {
  readonly times?: ServerTimes
  /** Asked first. */
  readonly direct?: Direct
}

/** An HTTP server, not yet listening, that a slow or malformed client cannot hold up: such connections are answered 408 or 400 and closed. */
export function openServer(fetch: (request: Request) => Response | Promise<Response>, { direct, times = TIMES }: ServerOptions = {}): Server {
  const served = getRequestListener(fetch, { hostname: '127.0.0.1' })
  const options = {
    connectionsCheckingInterval: times.check_ms,
    headersTimeout: times.head_ms,
    insecureHTTPParser: false,
    maxHeaderSize: HEAD_BYTES_MAX,
    requestTimeout: times.request_ms,
    requireHostHeader: true,
  }
  const server = createServer(options, (incoming, outgoing) => {
    if (direct?.(incoming, outgoing) !== true) void served(incoming, outgoing)
  })
  server.maxConnections = CONNECTIONS_MAX
  return server
}
