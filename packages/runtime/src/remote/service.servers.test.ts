import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { Svcm } from '@nats-io/services'
import { credsAuthenticator, headers, connect, type NatsConnection } from '@nats-io/transport-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type SmallEconomy, openSmallEconomy } from '../../../../tests/servers/economy.ts'
import { NatsServer } from '../../../../tests/servers/nats-server.ts'
import { NatsWorkQueue, connectNats, ensureStreams, inspectBus, places, subjects } from '../bus/nats/index.ts'
import { loadConfig } from '../config/index.ts'
import { type BusKeys, type BusRole, type Hop, type RemoteService, createBusKeys, issueCredentials, startEngine, startService } from './index.ts'

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
/** Guards against hanging, no measures: nothing here waits for as long. */
const HANG_MS = 120_000
const HOUR_MS = 3_600_000
let keys: BusKeys
let server: NatsServer
let economy: SmallEconomy
let service: RemoteService
let writer: NatsConnection
let stopEngine: () => Promise<void>
const hops: Hop[] = []
const open: NatsConnection[] = []

async function connectAs(who: BusRole): Promise<NatsConnection> {
  const file = `${server.folder}/${randomUUID()}.creds`
  writeFileSync(file, await issueCredentials(keys.issuer, who))
  const connection = await connectNats({ credentials_file: file, name: who.role, url: server.url })
  open.push(connection)
  return connection
}
const agentRole = (agent_id: string, lease_id: string, expires_at_ms = Date.now() + HOUR_MS): BusRole => ({
  agent_id,
  economy_id: 'paths',
  expires_at_ms,
  lease_id,
  role: 'agent',
})

async function credentialsFile(role: 'writer' | 'service'): Promise<string> {
  const path = `${server.folder}/${role}.creds`
  writeFileSync(path, await issueCredentials(keys.issuer, { role }))
  return path
}

beforeAll(async () => {
  keys = await createBusKeys()
  server = await NatsServer.start(keys.server_config)
  economy = await openSmallEconomy('paths')
  writer = await connectNats({ credentials_file: await credentialsFile('writer'), name: 'writer', url: server.url })
  stopEngine = await startEngine({
    connection: writer,
    fetch: (request) => economy.app.fetch(request),
    host: economy.host,
    reads: economy.reads,
    tokens: economy.tokens,
  })
  service = await startService({ nats_credentials: await credentialsFile('service'), nats_url: server.url, onHop: (hop) => hops.push(hop), port: 0 })
})
afterAll(async () => {
  await Promise.all(open.map((one) => one.close()))
  await service.stop()
  await stopEngine()
  await writer.close()
  await economy.close()
  await server.remove()
})

const ask = async (method: string, path: string, body?: unknown, extra: Record<string, string> = {}) => {
  const answer = await fetch(`${service.url}${path}`, {
    headers: { authorization: `Bearer ${economy.run}`, 'content-type': 'application/json', ...extra },
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { body: (await answer.json()) as Record<string, unknown>, status: answer.status, type: answer.headers.get('content-type') }
}

describe('the System Service as a process of its own', () => {
  it('a balance goes agent → service → NATS → engine and back, in one trace with one child span', async () => {
    hops.length = 0
    const seen: string[] = []
    const listener = writer.subscribe('syntropism.paths.engine.http', { callback: (_, message) => void seen.push(message.headers?.get('traceparent') ?? '') })
    await writer.flush()
    const answer = await ask('GET', '/economic/balance/a', undefined, { traceparent: TRACE, tracestate: 'vendor=1' })
    listener.unsubscribe()
    expect(answer).toMatchObject({ body: { agent_id: 'a', balance_micro: 20_000_000 }, status: 200 })
    expect(hops).toHaveLength(1)
    expect(hops[0]).toMatchObject({ name: 'GET /economic/balance/a', parent: TRACE, status: 200, tracestate: 'vendor=1' })
    const [version, trace, span] = (hops[0]?.traceparent ?? '').split('-')
    expect([version, trace]).toEqual(['00', '0af7651916cd43dd8448eb211c80319c'])
    expect(span).not.toBe('b7ad6b7169203331')
    expect(seen).toEqual([hops[0]?.traceparent])
  })

  it('a payment carries the trace into its events, and its Idempotency-Key takes effect once', async () => {
    hops.length = 0
    const pay = () => ask('POST', '/economic/transfer', { amount_micro: 1_000_000, to_agent_id: 'b' }, { 'idempotency-key': 'once', traceparent: TRACE })
    const first = await pay()
    const second = await pay()
    expect(first).toMatchObject({ body: { repeated: false }, status: 200 })
    expect(second).toMatchObject({ body: { repeated: true, transfer_id: first.body.transfer_id }, status: 200 })
    const moved = economy.events.filter((event) => event.type === 'credits_transferred' && event.data.purpose === 'payment')
    expect(moved).toHaveLength(1)
    expect(moved[0]?.traceparent).toBe(hops[0]?.traceparent)
  })

  it('refusals come through as they are', async () => {
    expect(await ask('GET', '/economic/balance/b')).toMatchObject({ body: { code: 'not_yours' }, status: 403, type: 'application/problem+json' })
    expect(await ask('POST', '/economic/transfer', { amount_micro: -1, to_agent_id: 'b' })).toMatchObject({ body: { code: 'command_invalid' }, status: 422 })
    expect(await ask('GET', '/economic/balance/a', undefined, { authorization: 'Bearer nobody' })).toMatchObject({
      body: { code: 'credentials_unknown' },
      status: 401,
    })
    expect(await ask('GET', '/nowhere')).toMatchObject({ status: 404 })
  })

  it('is found, pinged and counted the way every NATS micro service is', async () => {
    const client = new Svcm(writer).client({ maxWait: HANG_MS, strategy: 'stall' } as never)
    const infos = []
    for await (const info of await client.info('syntropism')) infos.push(info)
    expect(infos).toHaveLength(1)
    expect(infos[0]?.metadata).toEqual({ economy_id: 'paths' })
    const names = infos[0]?.endpoints.map((one) => one.subject) ?? []
    expect(names).toContain('syntropism.paths.call.*.*.economic.balance.get')
    expect(new Set(names).size).toBe(names.length)
    for await (const ping of await client.ping('syntropism-engine')) expect(ping.name).toBe('syntropism-engine')
    for await (const stats of await client.stats('syntropism-engine'))
      expect(stats.endpoints?.find((one) => one.name === 'http')?.num_requests).toBeGreaterThan(3)
  })
})

describe("an agent's own credentials", () => {
  const call = async (connection: NatsConnection, subject: string, body: object = {}, traceparent = '') => {
    const head = headers()
    if (traceparent !== '') head.set('traceparent', traceparent)
    const answer = await connection.request(subject, JSON.stringify(body), { headers: head, timeout: HANG_MS })
    return { body: answer.json<Record<string, unknown>>(), code: answer.headers?.get('Nats-Service-Error-Code') ?? '' }
  }

  it('call every operation in its own name', async () => {
    const agent = await connectAs(agentRole('a', 'lease-1'))
    hops.length = 0
    const mine = await call(agent, 'syntropism.paths.call.a.lease-1.economic.balance.get', {}, TRACE)
    expect(mine.body).toMatchObject({ agent_id: 'a' })
    expect(hops[0]).toMatchObject({ name: 'economic.balance.get', parent: TRACE })
    const paid = await call(agent, 'syntropism.paths.call.a.lease-1.economic.transfer.post', { amount_micro: 5, to_agent_id: 'b' })
    expect(paid.body.transfer_id).toBeTypeOf('string')
    const refused = await call(agent, 'syntropism.paths.call.a.lease-1.economic.transfer.post', { amount_micro: 5, to_agent_id: 'nobody' })
    expect(refused).toMatchObject({ body: { code: 'agent_unknown' }, code: '404' })
    expect(await call(agent, 'syntropism.paths.call.a.lease-1.economic.balance.get', { agent_id: 'b' })).toMatchObject({
      body: { code: 'not_yours' },
      code: '403',
    })
  })

  it.each([
    ['another agent', 'syntropism.paths.call.b.lease-1.economic.transfer.post'],
    ['another lease of its own', 'syntropism.paths.call.a.lease-2.economic.transfer.post'],
    ['the engine, as the service does', 'syntropism.paths.engine.agent.b.lease-1'],
    ['the engine over HTTP', 'syntropism.paths.engine.http'],
    ['an event', 'syntropism.paths.economy.credits.transferred'],
    ['the API of the streams', '$JS.API.STREAM.DELETE.SYNTROPISM_paths_EVENTS'],
    ["another's inbox", '_INBOX_lease-9.x'],
  ])('are refused by the server when they speak as or to %s', async (_, subject) => {
    const agent = await connectAs(agentRole('a', 'lease-1'))
    const before = economy.host.state.seq
    await expect(agent.request(subject, JSON.stringify({ amount_micro: 5, to_agent_id: 'a' }), { timeout: HANG_MS })).rejects.toThrow(/permissions violation/i)
    expect(economy.host.state.seq).toBe(before)
  })

  it.each(['syntropism.paths.>', '_INBOX_lease-9.>', '_INBOX.>', '$SYS.>', '>'])('cannot listen on %s', async (subject) => {
    const agent = await connectAs(agentRole('a', 'lease-1'))
    const refused = new Promise<string>((done) => agent.subscribe(subject, { callback: (error) => void (error !== null && done(error.message)) }))
    expect(await refused).toMatch(/permissions violation/i)
  })

  it('the engine refuses a lease that is another agent’s, or over', async () => {
    const agent = await connectAs(agentRole('b', 'lease-1'))
    expect(await call(agent, 'syntropism.paths.call.b.lease-1.economic.balance.get')).toMatchObject({ body: { code: 'lease_ended' }, code: '403' })
  })

  it('die when their lease ends', async () => {
    // The shortest life in which a connection is made, on however slow a machine.
    let agent: NatsConnection | null = null
    for (let life_ms = 1000; agent === null; life_ms *= 2) agent = await connectAs(agentRole('a', 'lease-1', Date.now() + life_ms)).catch(() => null)
    await agent.closed()
    expect(agent.isClosed()).toBe(true)
    await expect(connectAs(agentRole('a', 'lease-1', Date.now() - 5000))).rejects.toThrow(/authorization|expired/i)
  })

  it('credentials that another issuer signed, and none at all, are refused', async () => {
    const other = await createBusKeys()
    const creds = await issueCredentials(other.issuer, { role: 'writer' })
    await expect(connect({ authenticator: credsAuthenticator(new TextEncoder().encode(creds)), servers: server.url })).rejects.toThrow(/authorization/i)
    await expect(connect({ servers: server.url })).rejects.toThrow(/authorization/i)
  })
})

/** What the server says of a message that it does not let through. */
async function refusalOf(connection: NatsConnection, subject: string): Promise<string> {
  const refused = new Promise<string>((done) => {
    const follow = async (): Promise<void> => {
      for await (const status of connection.status()) if (status.type === 'error') done(status.error.message)
    }
    follow().catch(() => undefined)
  })
  connection.publish(subject, '{}')
  return refused
}

describe('what the other roles may not do', () => {
  it.each([
    ['service', 'syntropism.paths.economy.credits.transferred'],
    ['service', '$JS.API.STREAM.LIST'],
    ['observer', 'syntropism.paths.engine.http'],
    ['observer', 'syntropism.paths.call.a.lease-1.economic.transfer.post'],
  ] as const)('%s: publish on %s', async (role, subject) => {
    const connection = await connectAs({ role })
    await expect(connection.request(subject, '{}', { timeout: HANG_MS })).rejects.toThrow(/permissions violation/i)
  })

  it.each([
    ['another executor’s work', 'syntropism.paths.engine.executor.two.claim'],
    ['a call in an agent’s name', 'syntropism.paths.engine.agent.a.lease-1'],
    ['another executor’s report', 'syntropism.paths.work.report.two'],
    ['another executor’s queue', '$JS.API.CONSUMER.MSG.NEXT.SYNTROPISM_paths_WORK.executor_two'],
  ])('executor one: %s', async (_, subject) => {
    expect(await refusalOf(await connectAs({ executor_id: 'one', role: 'executor' }), subject)).toMatch(/permissions violation/i)
  })

  it.each([
    ['the engine, with a token', 'syntropism.paths.engine.http'],
    ['the engine in an agent’s name', 'syntropism.paths.engine.agent.a.lease-1'],
    ['the service in an agent’s name', 'syntropism.paths.call.a.lease-1.economic.transfer.post'],
    ['an executor’s claim', 'syntropism.paths.engine.executor.one.claim'],
    ['an executor’s receipt', 'syntropism.paths.work.report.one'],
    ['a run for an executor', 'syntropism.paths.work.execution.one'],
    ['a call of an outside tool', 'syntropism.paths.tools.call'],
    ['a dead letter', 'syntropism.paths.dead.tools'],
    ['an event', 'syntropism.paths.economy.credits.transferred'],
    ['a current price', '$KV.SYNTROPISM_paths_STATE.price.cpu'],
    ['the streams of an economy', '$JS.API.STREAM.DELETE.SYNTROPISM_paths_EVENTS'],
    ['the work of an executor', '$JS.API.CONSUMER.MSG.NEXT.SYNTROPISM_paths_WORK.executor_one'],
    ['an acknowledgement of that work', '$JS.ACK.SYNTROPISM_paths_WORK.executor_one.1.1.1.1.0'],
    ['an agent’s inbox', '_INBOX_lease-1.x'],
    ['an executor’s inbox', '_INBOX_executor_one.x'],
  ])('a worker of sweeps cannot speak as another: %s', async (_, subject) => {
    const worker = await connectAs({ role: 'worker' })
    const before = economy.host.state.seq
    expect(await refusalOf(worker, subject)).toMatch(/permissions violation/i)
    expect(economy.host.state.seq).toBe(before)
  })

  it.each(['syntropism.paths.>', 'syntropism.*.work.>', '_INBOX.>', '_INBOX_lease-1.>', '_INBOX_executor_one.>', '$KV.>', '$SYS.>', '>'])(
    'a worker of sweeps cannot listen on %s',
    async (subject) => {
      const worker = await connectAs({ role: 'worker' })
      const refused = new Promise<string>((done) => worker.subscribe(subject, { callback: (error) => void (error !== null && done(error.message)) }))
      expect(await refused).toMatch(/permissions violation/i)
    },
  )
})

describe('an answer goes to an inbox and nowhere else', () => {
  const ELSEWHERE = 'syntropism.paths.work.execution.one'
  it.each([
    ['an agent, by a call in its own name', agentRole('a', 'lease-1'), 'syntropism.paths.call.a.lease-1.economic.balance.get'],
    ['an agent, by a call that is refused', agentRole('b', 'lease-1'), 'syntropism.paths.call.b.lease-1.economic.balance.get'],
    ['a service', { role: 'service' }, 'syntropism.paths.engine.http'],
    ['an observer, by a ping of the engine', { role: 'observer' }, '$SRV.PING.syntropism-engine'],
    ['an observer, by a question about the service', { role: 'observer' }, '$SRV.INFO.syntropism'],
  ] as const)('%s has nothing said in the name of who answers', async (_, who, subject) => {
    const heard: string[] = []
    const listener = writer.subscribe(ELSEWHERE, { callback: (_error, message) => void heard.push(message.string()) })
    await writer.flush()
    const connection = await connectAs(who)
    connection.publish(subject, '{}', { reply: ELSEWHERE })
    await connection.flush()
    // What is answered came later than what was not.
    expect((await ask('GET', '/economic/balance/a')).status).toBe(200)
    const pings = []
    for await (const ping of await new Svcm(writer).client({ maxMessages: 2, maxWait: HANG_MS, strategy: 'count' } as never).ping()) pings.push(ping.name)
    expect(pings.toSorted()).toEqual(['syntropism', 'syntropism-engine'])
    listener.unsubscribe()
    expect(heard).toEqual([])
  })

  it.each(['_INBOX_writer.>', '_INBOX_service.>', '_INBOX_executor_one.>', 'syntropism.paths.dead.>', 'syntropism.paths.work.execution.one', '$JS.>'])(
    'an observer cannot listen on %s',
    async (subject) => {
      const observer = await connectAs({ role: 'observer' })
      const refused = new Promise<string>((done) => observer.subscribe(subject, { callback: (error) => void (error !== null && done(error.message)) }))
      expect(await refused).toMatch(/permissions violation/i)
    },
  )

  it('and what waits to be done, or never will be, is not read by observers', async () => {
    await ensureStreams(writer, 'paths', loadConfig({}, {}).nats_streams)
    const queue = new NatsWorkQueue(writer, places.tools('paths'))
    await queue.add({ data: new TextEncoder().encode('with a token'), id: 'secret' })
    const observer = await connectAs({ role: 'observer' })
    for (const name of [subjects.toolStream('paths'), subjects.workStream('paths'), subjects.deadStream('paths')])
      await expect(observer.request(`$JS.API.DIRECT.GET.${name}`, JSON.stringify({ seq: 1 }), { timeout: HANG_MS })).rejects.toThrow(/no responders/i)
    expect(await inspectBus(observer, 'paths', loadConfig({}, {}).nats_streams, null, Date.now())).toMatchObject({ dead_letters: 0, problems: [] })
    const told = await observer.request(`$JS.API.STREAM.INFO.${subjects.toolStream('paths')}`, '', { timeout: HANG_MS })
    expect(told.json()).toMatchObject({ state: { messages: 1 } })
  })
})

it('without an engine the service says that nothing has happened', async () => {
  const alone = await startService({ economy_id: 'nobody', nats_credentials: `${server.folder}/service.creds`, nats_url: server.url, port: 0 }).catch(
    (error: unknown) => error,
  )
  expect(String(alone)).toContain('No engine of this economy listens; nothing has happened.')
})
