import { rmSync } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { openServer } from '../http/index.ts'

/** Where a front is reached on its machine. */
export interface FrontDoors {
  readonly url: string
  close(): Promise<void>
}

async function listen(server: Server, at: { host: string; port: number } | { path: string }): Promise<void> {
  await new Promise<void>((done, fail) => {
    server.once('error', fail)
    server.listen(at, () => {
      server.removeListener('error', fail)
      done()
    })
  })
}

/** A port of this machine, and a socket for programs without a network where one is named. */
export async function openFrontDoors(
  fetch: Parameters<typeof openServer>[0],
  socketPath: string | null,
  at: { host: string; port: number } = { host: '127.0.0.1', port: 0 },
): Promise<FrontDoors> {
  const servers = [openServer(fetch)]
  await listen(servers[0] as Server, at)
  if (socketPath !== null) {
    const socket = openServer(fetch)
    rmSync(socketPath, { force: true })
    await listen(socket, { path: socketPath })
    servers.push(socket)
  }
  return {
    async close() {
      for (const server of servers) {
        server.closeAllConnections()
        await new Promise<void>((done) => server.close(() => done()))
      }
    },
    url: `http://${at.host}:${((servers[0] as Server).address() as AddressInfo).port}`,
  }
}
