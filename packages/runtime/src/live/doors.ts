import { chmodSync, rmSync } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { openServer } from '../http/index.ts'

async function listen(server: Server, at: { port: number; host: string } | { path: string }): Promise<void> {
  await new Promise<void>((done, fail) => {
    server.once('error', fail)
    server.listen(at, () => {
      server.removeListener('error', fail)
      done()
    })
  })
}

const close = async (server: Server): Promise<void> => {
  server.closeAllConnections()
  await new Promise<void>((done) => server.close(() => done()))
}

/** Where the service is reached: a port of this machine, and a socket for programs without a network. */
export interface Doors {
  readonly url: string
  close(): Promise<void>
}

export async function openDoors(fetch: Parameters<typeof openServer>[0], port: number, socketPath: string): Promise<Doors> {
  const http = openServer(fetch)
  const socket = openServer(fetch)
  await listen(http, { host: '127.0.0.1', port })
  rmSync(socketPath, { force: true })
  await listen(socket, { path: socketPath })
  // Runs have user ids of their own; on the host the folder around it, open to its owner alone, guards the socket.
  chmodSync(socketPath, 0o666)
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    async close() {
      await close(http)
      await close(socket)
    },
  }
}
