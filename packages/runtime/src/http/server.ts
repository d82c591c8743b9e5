import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import type { Socket } from 'node:net'
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
  readonly connections_max?: number
}

/**
 * Connections on which nothing is asked, oldest first. When there are too many connections, one of these is closed for a new one: who holds connections open
 * without asking anything keeps nobody out. Beyond that new ones are refused.
 */
function closeQuietFirst(server: Server, most: number): (incoming: IncomingMessage, outgoing: ServerResponse) => void {
  const quiet = new Set<Socket>()
  let open = 0
  server.on('connection', (socket: Socket) => {
    open += 1
    quiet.add(socket)
    socket.once('close', () => {
      open -= 1
      quiet.delete(socket)
    })
    if (open <= most) return
    const [oldest = socket] = quiet
    quiet.delete(oldest)
    oldest.destroy()
  })
  return ({ socket }, outgoing) => {
    quiet.delete(socket)
    outgoing.once('close', () => {
      if (!socket.destroyed) quiet.add(socket)
    })
  }
}

/** Whether a request says twice to whom it goes: those on its way may have read the other. */
function namesTwoHosts({ rawHeaders }: IncomingMessage): boolean {
  let hosts = 0
  for (let at = 0; at < rawHeaders.length; at += 2) if (rawHeaders[at]?.length === 4 && rawHeaders[at]?.toLowerCase() === 'host') hosts += 1
  return hosts > 1
}

/** Whether a body comes in a coding beside chunks, which nobody here undoes: those on its way may have. */
const isCoded = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined && headers['transfer-encoding'].trim().toLowerCase() !== 'chunked'

/** An HTTP server, not yet listening, that a slow or malformed client cannot hold up: such connections are answered 408 or 400 and closed. */
export function openServer(
  fetch: (request: Request) => Response | Promise<Response>,
  { connections_max = CONNECTIONS_MAX, direct, times = TIMES }: ServerOptions = {},
): Server {
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
    isAsking(incoming, outgoing)
    if (namesTwoHosts(incoming) || isCoded(incoming)) return void outgoing.writeHead(400, { connection: 'close' }).end()
    if (direct?.(incoming, outgoing) !== true) void served(incoming, outgoing)
  })
  const isAsking = closeQuietFirst(server, connections_max)
  return server
}
