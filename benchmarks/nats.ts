// Events through JetStream beside "nats bench" on the same server, and a balance over NATS beside an echo of the same client.
import { type ChildProcess, fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { performance } from 'node:perf_hooks'
import { headers } from '@nats-io/transport-node'
import { eventText } from '@syntropism/economy'
import { Outbox, connectNats, ensureStreams } from '../packages/runtime/src/bus/nats/index.ts'
import { Config } from '../packages/runtime/src/config/index.ts'
import { startEngine, startService } from '../packages/runtime/src/remote/index.ts'
import { EventLog } from '../tests/contracts/events.ts'
import { openSmallEconomy } from '../tests/servers/economy.ts'
import { NatsServer } from '../tests/servers/nats-server.ts'
import { machine, median } from './measure.ts'

const EVENTS = 60_000
const PUBLISHED = 5
const ROUNDS = 7
const CALLS = 1000
const WARM_UP = 500
const NATS_CLI = process.env.NATS_CLI ?? 'nats'

/** The engine, or the service before it, as a process of its own; tells the agent's token. */
async function runPart(part: string, url: string): Promise<void> {
  if (part === 'service') {
    const service = await startService({ economy_id: 'bench', nats_url: url, port: 0 })
    process.send?.({ url: service.url })
    return
  }
  const connection = await connectNats({ name: 'bench engine', url })
  const economy = await openSmallEconomy('bench')
  await startEngine({ connection, fetch: (request) => economy.app.fetch(request), host: economy.host, reads: economy.reads, tokens: economy.tokens })
  connection.subscribe('bench.echo', { callback: (_, message) => void message.respond(message.data) })
  await connection.flush()
  process.send?.({ token: economy.run })
}

async function startPart(part: string, url: string): Promise<{ child: ChildProcess; said: { token: string; url: string } }> {
  const child = fork(import.meta.filename, [part, url], { execArgv: process.execArgv })
  const [said] = (await once(child, 'message')) as [{ token: string; url: string }]
  return { child, said }
}

/** Events a second from the outbox's first to the server's last acknowledgement. */
async function publishAll(server: NatsServer, log: EventLog, round: number): Promise<number> {
  const connection = await connectNats({ name: 'bench', url: server.url })
  await ensureStreams(connection, `bench${round}`, Config.parse({}).nats_streams)
  const outbox = new Outbox({ committed_seq: 0, connection, economy_id: `bench${round}`, onHalt: (error) => console.error(error.message), read: log.read })
  await outbox.drained()
  const begun = performance.now()
  // As the host hands them over: a record's events at a time.
  for (let place = 0; place < log.events.length; place += 500) {
    outbox.offer(log.events.slice(place, place + 500))
    await new Promise((done) => setImmediate(done))
  }
  await outbox.drained()
  const perSecond = log.events.length / ((performance.now() - begun) / 1000)
  await outbox.close()
  await connection.close()
  return perSecond
}

/** Messages a second that "nats bench" publishes with file storage and deduplication headers, as our events have. */
function natsBench(server: NatsServer, bytes: number, round: number): number {
  const stream = `peer${round}`
  const args = ['bench', 'js', 'pub', 'async', stream, '--create', '--stream', stream, '--storage', 'file', '--dedup', '--size', `${bytes}B`]
  const ended = spawnSync(NATS_CLI, [...args, '--msgs', String(EVENTS), '--no-progress', '-s', server.url], { encoding: 'utf8' })
  const found = /stats:\s*([\d,]+)\s*msgs\/sec/i.exec(ended.stdout + ended.stderr)
  if (found === null) throw new Error(`nats bench said nothing to read:\n${ended.stdout}${ended.stderr}${String(ended.error ?? '')}`)
  return Number((found[1] as string).replaceAll(',', ''))
}

type Calls = Readonly<Record<string, () => Promise<unknown>>>

/** A series of each call, taken in turn call by call, in an order that moves on: whatever the machine does meets all of them. Sorted. */
async function latencies(calls: Calls, count: number): Promise<Map<string, number[]>> {
  const named = Object.entries(calls)
  const taken = new Map<string, number[]>(named.map(([name]) => [name, []]))
  for (let index = 0; index < count; index++)
    for (let turn = 0; turn < named.length; turn++) {
      const [name, call] = named[(index + turn) % named.length] as (typeof named)[number]
      const begun = performance.now()
      await call()
      taken.get(name)?.push(performance.now() - begun)
    }
  for (const series of taken.values()) series.sort((one, other) => one - other)
  return taken
}
const quantile = (sorted: readonly number[], part: number): number => sorted[Math.floor(sorted.length * part)] as number

async function throughput(server: NatsServer): Promise<void> {
  const log = new EventLog()
  log.commit(EVENTS)
  const bytes = Math.round(log.events.slice(0, 1000).reduce((sum, event) => sum + Buffer.byteLength(eventText(event)), 0) / 1000)
  const ours: number[] = []
  const theirs: number[] = []
  for (let round = 0; round < PUBLISHED; round++) {
    ours.push(await publishAll(server, log, round))
    theirs.push(natsBench(server, bytes, round))
  }
  const ratio = median(ours) / median(theirs)
  console.log(
    `events of ${bytes} bytes: outbox ${Math.round(median(ours))}/s, nats bench js pub async ${Math.round(median(theirs))}/s, ${(ratio * 100).toFixed(0)} %`,
  )
}

async function balances(server: NatsServer): Promise<void> {
  const engine = await startPart('engine', server.url)
  const service = await startPart('service', server.url)
  const connection = await connectNats({ name: 'bench client', url: server.url })
  const { token } = engine.said
  const asked = headers()
  asked.set('Syntropism-Method', 'GET')
  asked.set('Syntropism-Path', '/economic/balance/a')
  asked.set('authorization', `Bearer ${token}`)
  const direct = async (): Promise<void> => {
    const answer = await connection.request('syntropism.bench.engine.http', '', { headers: asked, timeout: 5000 })
    if (answer.headers?.get('Syntropism-Status') !== '200') throw new Error(answer.string())
  }
  const calls = {
    echo: () => connection.request('bench.echo', 'x'.repeat(80), { timeout: 5000 }),
    'balance, engine': direct,
    'balance, through the service': () => connection.request('syntropism.bench.call.a.lease-1.economic.balance.get', '{}', { timeout: 5000 }),
  }
  await latencies(calls, WARM_UP)
  const rounds: Map<string, number[]>[] = []
  for (let round = 0; round < ROUNDS; round++) rounds.push(await latencies(calls, CALLS))
  for (const name of Object.keys(calls)) {
    const at = (part: number): number => median(rounds.map((series) => quantile(series.get(name) ?? [], part)))
    const ratios = rounds.map((series) => quantile(series.get(name) ?? [], 0.5) / quantile(series.get('echo') ?? [], 0.5))
    const spread = `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}`
    console.log(`${name}: p50 ${at(0.5).toFixed(3)} ms, p99 ${at(0.99).toFixed(3)} ms, ${median(ratios).toFixed(2)} × echo (${spread} in ${ROUNDS} rounds)`)
  }
  await connection.close()
  engine.child.kill()
  service.child.kill()
}

const [part, url] = process.argv.slice(2)
if (part !== undefined && url !== undefined) await runPart(part, url)
else {
  console.log(machine())
  const server = await NatsServer.start()
  try {
    if (spawnSync(NATS_CLI, ['--version']).status === 0) await throughput(server)
    else console.log(`publishing left out: there is no program "${NATS_CLI}" (NATS_CLI)`)
    await balances(server)
  } finally {
    await server.remove()
  }
}
