// Commands per second through HTTP at 64 connections beside an empty route of the same server, in alternating rounds.
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, type Server, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { createAdaptorServer } from '@hono/node-server'
import { DEFAULT_PARAMS } from '@syntropism/economy'
import { createMemoryBus } from '../packages/runtime/src/bus/index.ts'
import { Host, createWallClock } from '../packages/runtime/src/host/index.ts'
import { Tokens, createService, hashToken } from '../packages/runtime/src/http/index.ts'
import { openSqlite } from '../packages/runtime/src/store/index.ts'
import { machine, median } from './measure.ts'

const CONNECTIONS = 64
const REQUESTS = 4000
const ROUNDS = 7

const folder = mkdtempSync(join(tmpdir(), 'syntropism-bench-'))
const { journal, queries } = openSqlite(join(folder, 'economy.sqlite'))
const host = await Host.open({
  bus: createMemoryBus(console.error),
  createClock: createWallClock,
  journal,
  onFatal: (error) => {
    throw error
  },
})
const app = createService({
  host,
  queries,
  readEvents: () => [],
  tokens: new Tokens([{ hash: hashToken('t'), role: 'operator' }]),
  unlimited: true,
})
app.post('/empty', (context) => context.json({}))
const server = createAdaptorServer({ fetch: app.fetch }) as Server
await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
const { port } = server.address() as AddressInfo
await host.submit({ economy_id: 'bench', owner: 'b', params: DEFAULT_PARAMS, rules_version: 1, type: 'genesis' })
await host.submit({ agent_id: 'a', grant_micro: 1, name: 'a', owner: 'b', type: 'create_agent' })
const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })

const send = (path: string): Promise<void> =>
  new Promise((done, fail) => {
    const sent = request(
      { agent, headers: { authorization: 'Bearer t', 'content-type': 'application/json' }, host: '127.0.0.1', method: 'POST', path, port },
      (answer) => {
        if (answer.statusCode !== 200) fail(new Error(`${path} answered ${answer.statusCode}`))
        answer.resume()
        answer.on('end', done)
      },
    )
    sent.on('error', fail)
    sent.end('{"amount_micro":1}')
  })

async function round(path: string): Promise<number> {
  let left = REQUESTS
  const start = performance.now()
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      while (left-- > 0) await send(path)
    }),
  )
  return (REQUESTS / (performance.now() - start)) * 1000
}

const commands: number[] = []
const empty: number[] = []
await round('/empty')
await round('/operator/agents/a/fund')
for (let index = 0; index < ROUNDS; index++) {
  commands.push(await round('/operator/agents/a/fund'))
  empty.push(await round('/empty'))
}
console.log(machine())
console.log(
  `HTTP command, durable, ${CONNECTIONS} connections: ${Math.round(median(commands))}/s   empty route behind the same token check: ${Math.round(median(empty))}/s   ratio ${median(commands.map((value, index) => value / (empty[index] ?? 1))).toFixed(2)} (client and server share the process)`,
)
agent.destroy()
server.closeAllConnections()
server.close()
await host.stop()
rmSync(folder, { force: true, recursive: true })
