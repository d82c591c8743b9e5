// The least that a proxy can do: node:http passes bytes on, and nothing else. Takes the upstream's address, prints its own.
import { Agent, createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'

const upstream = new URL(process.argv[2] ?? '')
const agent = new Agent({ keepAlive: true, maxSockets: 256 })
const server = createServer((incoming, answer) => {
  const sent = request(
    { agent, headers: { ...incoming.headers, host: upstream.host }, host: upstream.hostname, method: incoming.method, path: incoming.url, port: upstream.port },
    (got) => {
      answer.writeHead(got.statusCode ?? 502, got.headers)
      got.pipe(answer)
    },
  )
  sent.on('error', () => answer.destroy())
  incoming.pipe(sent)
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })))
