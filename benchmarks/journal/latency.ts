// Commands per second and their latency over HTTP, with so many connections that each send the next command when the one before is answered.
import { Agent, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { performance } from 'node:perf_hooks'
import type { Queries } from '../../packages/runtime/src/store/index.ts'
import { Tokens, createService, hashToken, openServer } from '../../packages/runtime/src/http/index.ts'
import type { Host } from '../../packages/runtime/src/host/index.ts'
import { draftOf } from './transfers.ts'

export interface Latency {
  /** Commands. */
  readonly per_s: number
  readonly p50_ms: number
  readonly p99_ms: number
  readonly p999_ms: number
}

/** What is sent: where to, and the content of the next request. */
export interface Sent {
  readonly path: string
  body(): string
}
const GRANTS: Sent = { body: () => '{"amount_micro":1,"reason":"bench"}', path: '/operator/agents/a0/fund' }
/** Batches of so many transfers between so many agents. */
export const batchesOf = (transfers: number, agents: number): Sent => ({
  body() {
    const draft = draftOf(agents, transfers)
    return JSON.stringify({ transfers: draft.type === 'transfer_batch' ? draft.transfers : [] })
  },
  path: '/operator/transfers',
})

/** A service in front of an economy, and the way to load it. */
export async function openLoad(
  host: Host,
  queries: Queries,
): Promise<{ measure(connections: number, forMs: number, what?: Sent): Promise<Latency>; close(): void }> {
  const tokens = new Tokens([{ hash: hashToken('t'), role: 'operator' }])
  const app = createService({ host, queries, readEvents: () => [], tokens, unlimited: true })
  const server = openServer(app.fetch)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  let made = 0
  const send = (agent: Agent, sent: Sent): Promise<number> =>
    new Promise((done, fail) => {
      const body = sent.body()
      const begun = performance.now()
      const headers = { authorization: 'Bearer t', 'content-length': body.length, 'content-type': 'application/json', 'idempotency-key': `k${made++}` }
      const call = request({ agent, headers, method: 'POST', path: sent.path, port }, (answer) => {
        answer.resume()
        answer.once('end', () => (answer.statusCode === 200 ? done(performance.now() - begun) : fail(new Error(`answered ${answer.statusCode}`))))
      })
      call.once('error', fail)
      call.end(body)
    })
  return {
    close: () => void server.close(),
    async measure(connections, forMs, sent = GRANTS) {
      const agent = new Agent({ keepAlive: true, maxSockets: connections })
      const times: number[] = []
      const begun = performance.now()
      const client = async (): Promise<void> => {
        while (performance.now() - begun < forMs) times.push(await send(agent, sent))
      }
      await Promise.all(Array.from({ length: connections }, client))
      const elapsed = performance.now() - begun
      agent.destroy()
      times.sort((a, b) => a - b)
      const at = (part: number): number => times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? 0
      return { p50_ms: at(0.5), p99_ms: at(0.99), p999_ms: at(0.999), per_s: (times.length * 1000) / elapsed }
    },
  }
}
