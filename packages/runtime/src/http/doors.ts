import { chmodSync, rmSync } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type ServerOptions, openServer } from './server.ts'

/** Where a service is reached on its machine. */
export interface Doors {
  readonly url: string
  close(): Promise<void>
}

/** An address on which no service can be opened; the message says which, why and what would do. */
export class DoorError extends Error {
  override readonly name = 'DoorError'
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'only a privileged user may open it; take a port from 1024 on',
  EADDRINUSE: 'another program has it; choose another with --port, or take a free one with --port 0',
  EADDRNOTAVAIL: 'this machine has no such address; the setting `host` names it',
}

async function listen(server: Server, at: { host: string; port: number } | { path: string }): Promise<void> {
  await new Promise<void>((done, fail) => {
    const refused = (error: NodeJS.ErrnoException): void => {
      const where = 'path' in at ? `the socket ${at.path}` : `port ${at.port} of ${at.host}`
      fail(new DoorError(`${where} cannot be opened: ${REASONS[error.code ?? ''] ?? error.message}`, { cause: error }))
    }
    server.once('error', refused)
    server.listen(at, () => {
      server.removeListener('error', refused)
      done()
    })
  })
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise<void>((done) => server.close(() => done()))
}

/** Opens a port of this machine (0 takes a free one), and a socket for programs without a network where one is named. */
export async function openDoors(
  fetch: Parameters<typeof openServer>[0],
  at: { host: string; port: number },
  socketPath: string | null,
  options: ServerOptions = {},
): Promise<Doors> {
  const http = openServer(fetch, options)
  const servers = [http]
  await listen(http, at)
  if (socketPath !== null) {
    const socket = openServer(fetch, options)
    rmSync(socketPath, { force: true })
    await listen(socket, { path: socketPath })
    // Runs have user ids of their own; on the host the folder around it, open to its owner alone, guards the socket.
    chmodSync(socketPath, 0o666)
    servers.push(socket)
  }
  return {
    async close() {
      for (const server of servers) await close(server)
    },
    // All addresses of a machine are among them its own.
    url: `http://${at.host === '0.0.0.0' ? '127.0.0.1' : at.host}:${(http.address() as AddressInfo).port}`,
  }
}
