import { request } from 'node:http'
import process from 'node:process'
import { type Client, type Fetch, createClient } from './index.ts'

export * from './index.ts'

/** A fetch over a Unix socket, as agents in a namespace without network have it. */
export const createSocketFetch =
  (socketPath: string): Fetch =>
  (url, init) =>
    new Promise((resolve, reject) => {
      const { pathname, search } = new URL(url)
      const outgoing = request(
        { headers: { ...init.headers, host: 'system.service' }, method: init.method, path: pathname + search, socketPath },
        (incoming) => {
          const chunks: Buffer[] = []
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
          incoming.on('error', reject)
          incoming.on('end', () => {
            const text = Buffer.concat(chunks).toString('utf8')
            resolve({ json: async () => JSON.parse(text) as unknown, status: incoming.statusCode ?? 0 })
          })
        },
      )
      outgoing.on('error', reject)
      outgoing.end(init.body)
    })

function needed(name: string): string {
  const value = process.env[name]
  if (value === undefined || value === '') throw new Error(`${name} is not set: this program is started by an executor of the economy`)
  return value
}

/** The client of this execution, from the environment that the executor gives: SYSTEM_SERVICE_URL, SYSTEM_SERVICE_TOKEN and, inside a namespace, SYSTEM_SERVICE_SOCKET. */
export function connect(): Client {
  const socket = process.env.SYSTEM_SERVICE_SOCKET
  const traceparent = process.env.TRACEPARENT
  return createClient({
    token: needed('SYSTEM_SERVICE_TOKEN'),
    url: needed('SYSTEM_SERVICE_URL'),
    ...(socket === undefined ? {} : { fetch: createSocketFetch(socket) }),
    ...(traceparent === undefined || traceparent === '' ? {} : { traceparent }),
  })
}
