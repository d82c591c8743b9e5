import type { Server } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'

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

/** An HTTP server, not yet listening, that a slow or malformed client cannot hold up: such connections are answered 408 or 400 and closed. */
export function openServer(fetch: (request: Request) => Response | Promise<Response>, times: ServerTimes = TIMES): Server {
  const serverOptions = {
    connectionsCheckingInterval: times.check_ms,
    headersTimeout: times.head_ms,
    insecureHTTPParser: false,
    maxHeaderSize: HEAD_BYTES_MAX,
    requestTimeout: times.request_ms,
    requireHostHeader: true,
  }
  const server = createAdaptorServer({ fetch, hostname: '127.0.0.1', serverOptions }) as Server
  server.maxConnections = CONNECTIONS_MAX
  return server
}
