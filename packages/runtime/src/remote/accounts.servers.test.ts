import { randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { encodeUser, fmtCreds } from '@nats-io/jwt'
import { createUser, fromSeed } from '@nats-io/nkeys'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { until } from '../../../../tests/contracts/events.ts'
import { removeDir, tempDir } from '../../../../tests/program.ts'
import { type SmallEconomy, openSmallEconomy } from '../../../../tests/servers/economy.ts'
import { NatsServer } from '../../../../tests/servers/nats-server.ts'
import { type NatsConnection, NatsWorkQueue, connectNats, ensureStreams, places, subjects } from '../bus/nats/index.ts'
import { Config, queueSettings } from '../config/index.ts'
import { Workspaces } from '../executor/index.ts'
import { openSandbox } from '../sandbox/index.ts'
import { callToMessage } from './carry.ts'
import { type BusKeys, type BusRole, type Issuer, RemoteExecutors, createBusKeys, issueCredentials, startEngine, startRemoteExecutor } from './index.ts'

const ID = 'walls'
const JOIN = { cpu_millicores: 1000, member: randomUUID(), memory_mb: 64, protections: [], sandbox: 'forged' }
let keys: BusKeys
let server: NatsServer
let economy: SmallEconomy
let writer: NatsConnection
let executors: RemoteExecutors
let stopEngine: () => Promise<void>
let folder: string
const open: NatsConnection[] = []

async function connectWith(credentials: string): Promise<NatsConnection> {
  const file = join(server.folder, `${randomUUID()}.creds`)
  writeFileSync(file, credentials)
  const connection = await connectNats({ credentials_file: file, name: 'test', url: server.url })
  open.push(connection)
  return connection
}
const connectAs = async (who: BusRole) => connectWith(await issueCredentials(keys.issuer, who))

/** Someone who hears everything in an account, which no role may: it tells where answers went. */
async function listenerIn(account: keyof Issuer['account_ids']): Promise<NatsConnection> {
  const user = createUser()
  const signing = fromSeed(Buffer.from(keys.issuer.account_signing_seed))
  const jwt = await encodeUser('listener', user, signing, { issuer_account: keys.issuer.account_ids[account] })
  return connectWith(Buffer.from(fmtCreds(jwt, user)).toString('utf8'))
}

beforeAll(async () => {
  keys = await createBusKeys()
  server = await NatsServer.start(keys.server_config)
  economy = await openSmallEconomy(ID)
  folder = tempDir()
  writer = await connectAs({ role: 'writer' })
  const config = Config.parse({})
  await ensureStreams(writer, ID, config.nats_streams)
  // An engine whose answers are what an attacker would like to have said.
  stopEngine = await startEngine({ connection: writer, fetch: () => Response.json(JOIN), host: economy.host, tokens: economy.tokens })
  const workspaces = new Workspaces(join(folder, 'workspaces'))
  mkdirSync(workspaces.pathOf('b'))
  writeFileSync(join(workspaces.pathOf('b'), 'agent.json'), JSON.stringify({ command: ['node', 'main.mjs'], description: '', name: 'b', standing_bid: null }))
  writeFileSync(join(workspaces.pathOf('b'), 'main.mjs'), "import { writeFileSync } from 'node:fs'\nwriteFileSync('result.txt', 'done')\n")
  executors = new RemoteExecutors({ ...economy, connection: writer, onError: () => undefined, queue: queueSettings(config), workspaces })
  await executors.start()
  // Something for each of them to be told of: an event, and work of both executors.
  await jetstream(writer).publish(subjects.event(ID, 'credits_transferred'), '{"data":{}}')
  for (const id of ['one', 'two']) {
    const queue = new NatsWorkQueue(writer, places.execution(ID, id))
    await queue.ensure(queueSettings(config))
    await queue.add({ data: new TextEncoder().encode('{}'), id: `of ${id}` })
  }
})
afterAll(async () => {
  await executors.stop()
  await stopEngine()
  await Promise.all(open.map((one) => one.close()))
  await economy.close()
  await server.remove()
  removeDir(folder)
})

const STREAMS = [subjects.eventStream(ID), subjects.workStream(ID), subjects.toolStream(ID), subjects.deadStream(ID), `KV_${subjects.board(ID)}`]
/** Last sequence of each stream of the economy: it grows with whatever is stored. */
async function stored(): Promise<Record<string, number>> {
  const manager = await jetstreamManager(writer)
  const found: Record<string, number> = {}
  for (const name of STREAMS) found[name] = (await manager.streams.info(name)).state.last_seq
  return found
}

/** A subject of each stream. */
const TARGETS = [
  subjects.event(ID, 'credits_transferred'),
  subjects.execution(ID, 'two'),
  subjects.report(ID, 'two'),
  subjects.toolCall(ID),
  `${subjects.dead(ID)}.tools`,
  subjects.boardKey(ID, 'price.cpu'),
]
const consumer = (id: string): string => `${subjects.workStream(ID)}.${subjects.executorConsumer(id)}`
const ASKED_OF_JETSTREAM = [
  ['$JS.API.INFO', ''],
  [`$JS.API.CONSUMER.INFO.${consumer('one')}`, ''],
] as const
const BY_EXECUTOR = [
  ...ASKED_OF_JETSTREAM,
  [`$JS.API.CONSUMER.MSG.NEXT.${consumer('one')}`, '{"batch":1,"no_wait":true}'],
  [`$JS.ACK.${consumer('one')}.1.2.1.1.0`, '+NXT {"batch":1,"no_wait":true}'],
  [`$JS.ACK.${consumer('one')}.1.99.99.1.0`, ''],
  ['$SRV.INFO.syntropism-engine', ''],
  [subjects.engineHttp(ID), ''],
  [subjects.engineExecutor(ID, 'one', 'beat'), '{}'],
] as const
const BY_OBSERVER = [
  ...ASKED_OF_JETSTREAM,
  ['$JS.API.STREAM.NAMES', ''],
  ['$JS.API.STREAM.LIST', ''],
  [`$JS.API.STREAM.INFO.${subjects.eventStream(ID)}`, ''],
  [`$JS.API.CONSUMER.NAMES.${subjects.workStream(ID)}`, ''],
  [`$JS.API.CONSUMER.LIST.${subjects.workStream(ID)}`, ''],
  [`$JS.API.DIRECT.GET.${subjects.eventStream(ID)}`, '{"seq":1}'],
  ['$SRV.PING', ''],
  ['$SRV.INFO.syntropism-engine', ''],
] as const

describe('answers of the server stay in the account that asked', () => {
  it('of the writer, which may write everywhere, they land in the stream that it names: the attack is real', async () => {
    const before = await stored()
    writer.publish('$JS.API.INFO', '', { reply: subjects.toolCall(ID) })
    await until(async () => ((await stored())[subjects.toolStream(ID)] ?? 0) > (before[subjects.toolStream(ID)] ?? 0))
  })

  it.each([
    ['an executor', 'executors', { executor_id: 'one', role: 'executor' }, BY_EXECUTOR],
    ['an observer', 'observers', { role: 'observer' }, BY_OBSERVER],
  ] as const)('%s puts none into any stream, whatever it asks', async (_, account, who, asked) => {
    const attacker = await connectAs(who)
    const listener = await listenerIn(account)
    const before = await stored()
    for (const target of TARGETS)
      for (const [subject, body] of asked) {
        const heard: string[] = []
        const subscription = listener.subscribe(target, { callback: (_error, message) => void heard.push(message.string()) })
        await listener.flush()
        attacker.publish(subject, body, { reply: target })
        await attacker.flush()
        // An acknowledgement of something unknown has no answer; of all else it arrives, in the account that asked.
        if (!subject.startsWith('$JS.ACK')) await until(() => heard.length > 0)
        subscription.unsubscribe()
      }
    expect(await stored()).toEqual(before)
  })

  it.each(TARGETS)('and nobody but the writer writes on %s directly', async (target) => {
    const before = await stored()
    for (const account of ['executors', 'observers', 'sweeps'] as const) {
      const anybody = await listenerIn(account)
      anybody.publish(target, 'forged')
      await anybody.flush()
    }
    expect(await stored()).toEqual(before)
  })

  it('an answer of the engine is not passed on as a request of another executor', async () => {
    const attacker = await connectAs({ executor_id: 'one', role: 'executor' })
    const listener = await listenerIn('executors')
    const target = subjects.engineExecutor(ID, 'two', 'join')
    const heard: unknown[] = []
    listener.subscribe(target, { callback: (_error, message) => void heard.push(message.json()) })
    await listener.flush()
    attacker.publish(subjects.engineHttp(ID), '', { headers: callToMessage('GET', '/x', '', {}).headers, reply: target })
    await until(() => heard.length > 0)
    expect(heard).toEqual([JOIN])
    // Whatever reached the engine before this was answered before.
    await attacker.request(subjects.engineExecutor(ID, 'one', 'beat'), JSON.stringify({ fences: [], member: randomUUID() }), { timeout: 120_000 })
    expect(executors.ids).toEqual([])
  })
})

it('an executor with its own credentials takes a run, carries it out and has its receipt counted', async () => {
  const file = join(server.folder, 'far.creds')
  writeFileSync(file, await issueCredentials(keys.issuer, { executor_id: 'far', role: 'executor' }))
  const errors: string[] = []
  const far = await startRemoteExecutor({
    cpu_millicores: 8000,
    dir: join(folder, 'far'),
    economy_id: undefined,
    executor_id: 'far',
    memory_mb: 8192,
    nats_credentials: file,
    nats_url: server.url,
    onError: (error) => errors.push(String(error)),
    openSandbox: (folders) => openSandbox({ ...folders, allow_weak: true, read_only: [] }, 'process'),
    sdk_dir: resolve(import.meta.dirname, '../../../sdk'),
    tell: (text) => errors.push(text),
  })
  const bid = { agent_id: 'b', amount_micro: 90_000_000, bundle: { cpu: 100_000, memory: 50_000 }, duration_ms: 60_000, payer_id: 'b' }
  await economy.host.submit({ ...bid, owner: 'host', type: 'place_bid' })
  await economy.host.submit({ owner: 'host', type: 'tick' })
  const end = () => economy.events.find((event) => event.type === 'execution_terminated')
  await until(() => end() !== undefined)
  expect(end()?.data).toMatchObject({ agent_id: 'b', cause: 'completed' })
  expect(readFileSync(join(folder, 'workspaces', 'b', 'result.txt'), 'utf8')).toBe('done')
  await far.stop()
  expect(errors).toEqual([])
})
