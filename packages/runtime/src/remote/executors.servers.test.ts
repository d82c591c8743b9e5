import { randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { until } from '../../../../tests/contracts/events.ts'
import { removeDir, tempDir } from '../../../../tests/program.ts'
import { type SmallEconomy, openSmallEconomy } from '../../../../tests/servers/economy.ts'
import { NatsServer } from '../../../../tests/servers/nats-server.ts'
import { type NatsConnection, NatsWorkQueue, connectNats, ensureStreams, places, subjects } from '../bus/nats/index.ts'
import { Config } from '../config/index.ts'
import { Workspaces } from '../executor/index.ts'
import { openSandbox } from '../sandbox/index.ts'
import { RemoteExecutors, packFolder, startRemoteExecutor, unpackFolder } from './index.ts'
import type { Run } from './protocol.ts'

let server: NatsServer
let connection: NatsConnection
let economy: SmallEconomy
let executors: RemoteExecutors
let folder: string
let startExecutors: () => RemoteExecutors
/** A guard against hanging, no measure: every question has its answer. */
const HANG_MS = 120_000

beforeEach(async () => {
  server = await NatsServer.start()
  connection = await connectNats({ name: 'test', url: server.url })
  economy = await openSmallEconomy('hosts')
  folder = tempDir()
  const workspaces = new Workspaces(join(folder, 'workspaces'))
  mkdirSync(workspaces.pathOf('b'))
  writeFileSync(join(workspaces.pathOf('b'), 'agent.json'), JSON.stringify({ command: ['node', 'main.mjs'], description: '', name: 'b', standing_bid: null }))
  await ensureStreams(connection, 'hosts', { ...Config.parse({}).nats_streams, work_deliveries_max: 2 })
  startExecutors = () =>
    new RemoteExecutors({ ...economy, connection, onError: () => undefined, queue: { deliveries_max: 2, pause_ms: 50, silence_ms: 5000 }, workspaces })
  executors = startExecutors()
  await executors.start()
})
afterEach(async () => {
  await executors.stop()
  await economy.close()
  await connection.close()
  await server.remove()
  removeDir(folder)
})

const ask = async (verb: string, body: object) =>
  (await connection.request(subjects.engineExecutor('hosts', 'far', verb), JSON.stringify(body), { timeout: HANG_MS })).json<Record<string, unknown>>()
const join2 = (member: string) => ask('join', { cpu_millicores: 8000, member, memory_mb: 8192, protections: [], sandbox: 'test' })

/** Wins a window for agent b, which has most room on the far executor, and gives the run as it waits in the queue. */
async function winWindow(): Promise<Run> {
  await economy.host.submit({
    agent_id: 'b',
    amount_micro: 90_000_000,
    bundle: { cpu: 100_000, memory: 50_000 },
    duration_ms: 20_000,
    owner: 'host',
    payer_id: 'b',
    type: 'place_bid',
  })
  await economy.host.submit({ owner: 'host', type: 'tick' })
  const consumer = await jetstream(connection).consumers.get(subjects.workStream('hosts'), subjects.executorConsumer('far'))
  const message = await consumer.next({ expires: HANG_MS })
  message?.ack()
  return message?.json<Run>() as Run
}
const receipt = (run: Run, member: string, workspace = run.workspace, exit: object = {}) => ({
  exit: { cause: 'completed', cpu_ms: 5, detail: '', elapsed_ms: 50, exit_code: 0, memory_mb_ms: 100, memory_peak_mb: 10, output_tail: '', ...exit },
  fence: run.fence,
  member,
  workspace,
})
const reports = () => new NatsWorkQueue(connection, places.report('hosts', 'far'))
const send = (value: object, id: string = randomUUID()) => reports().add({ data: new TextEncoder().encode(JSON.stringify(value)), id })
const ends = () => economy.events.filter((event) => event.type === 'execution_terminated')

describe('a run on another host', () => {
  it('is claimed once, by the process that joined; its receipt counts once, and brings the workspace back', async () => {
    const member = randomUUID()
    expect(await join2(member)).toEqual({ joined: true })
    const run = await winWindow()
    expect(await ask('claim', { fence: run.fence, member: randomUUID() })).toEqual({ granted: false })
    expect(await ask('claim', { fence: randomUUID(), member })).toEqual({ granted: false })
    expect(await ask('claim', { fence: run.fence, member })).toEqual({ granted: true })
    expect(await ask('claim', { fence: run.fence, member })).toEqual({ granted: false })
    const made = join(folder, 'made')
    unpackFolder(run.workspace, made)
    writeFileSync(join(made, 'result.txt'), 'done')
    await send(receipt({ ...run, fence: randomUUID() }, member))
    await send(receipt(run, randomUUID()))
    expect(ends()).toHaveLength(0)
    await send(receipt(run, member, packFolder(made)))
    await until(() => ends().length === 1)
    await send(receipt(run, member, packFolder(made), { cause: 'crashed' }))
    const second = await (await jetstreamManager(connection)).streams.info(subjects.workStream('hosts'))
    await until(async () => (await (await jetstreamManager(connection)).streams.info(second.config.name)).state.messages === 0)
    expect(ends()).toHaveLength(1)
    expect(ends()[0]?.data).toMatchObject({ agent_id: 'b', cause: 'completed', cpu_ms_used: 5 })
    expect(readFileSync(join(folder, 'workspaces', 'b', 'result.txt'), 'utf8')).toBe('done')
  })

  it('that nobody claims in time ends with the host as cause, and a late claim is refused', async () => {
    const member = randomUUID()
    await join2(member)
    const beats = setInterval(() => void ask('beat', { fences: [], member }).catch(() => undefined), 500)
    const run = await winWindow()
    await until(() => ends().length === 1)
    clearInterval(beats)
    expect(ends()[0]?.data).toMatchObject({ cause: 'host_failure' })
    expect(await ask('claim', { fence: run.fence, member })).toEqual({ granted: false })
  })

  it('of a silent executor is closed and refunded; what it reports later has no effect, and its heart beats in vain until it joins again', async () => {
    const member = randomUUID()
    await join2(member)
    const run = await winWindow()
    await ask('claim', { fence: run.fence, member })
    await until(() => economy.events.some((event) => event.type === 'executor_removed'))
    expect(ends()).toHaveLength(1)
    expect(ends()[0]?.data).toMatchObject({ cause: 'host_failure' })
    expect(ends()[0]?.data).toHaveProperty(
      'refunded_micro',
      expect.toSatisfy((micro: number) => micro > 0),
    )
    await send(receipt(run, member))
    expect(await ask('beat', { fences: [run.fence], member })).toEqual({ known: false, replaced: false, stop: [] })
    expect(await join2(member)).toEqual({ joined: true })
    expect(await ask('beat', { fences: [run.fence], member })).toEqual({
      known: true,
      replaced: false,
      stop: [{ fence: run.fence, reason: 'the run is over' }],
    })
    expect(ends()).toHaveLength(1)
  })

  it('another process under the same id takes the place of the first', async () => {
    const [first, second] = [randomUUID(), randomUUID()]
    await join2(first)
    await join2(second)
    expect(await ask('beat', { fences: [], member: first })).toMatchObject({ known: false, replaced: true })
    expect(await ask('beat', { fences: [], member: second })).toMatchObject({ known: true, replaced: false })
    // For good, also when the second has left: two of one name would take the place from each other for ever.
    expect(await join2(first)).toMatchObject({ error: expect.stringContaining('another process has taken the place of far') as string })
    await ask('leave', { fences: [], member: second })
    expect(await join2(first)).toHaveProperty('error')
    expect(await join2(second)).toMatchObject({ joined: true })
  })

  it('the id of the engine’s own executor and malformed words are refused', async () => {
    const local = await connection.request(
      subjects.engineExecutor('hosts', 'local', 'join'),
      JSON.stringify({ cpu_millicores: 1, member: randomUUID(), memory_mb: 1, protections: [], sandbox: 'x' }),
      { timeout: HANG_MS },
    )
    expect(local.string()).toContain('own')
    expect(await ask('join', { member: 'x' })).toHaveProperty('error')
    expect(await ask('dance', {})).toEqual({ error: 'there is no dance' })
  })
})

it('an executor says when it has lost the engine, and when it has found it again', async () => {
  const told: string[] = []
  const far = await startRemoteExecutor({
    cpu_millicores: 100,
    dir: join(folder, 'far'),
    economy_id: 'hosts',
    executor_id: 'far',
    memory_mb: 128,
    nats_url: server.url,
    onError: (error) => told.push(`error: ${String(error)}`),
    openSandbox: (folders) => openSandbox({ ...folders, allow_weak: true, read_only: [] }, 'process'),
    sdk_dir: resolve(import.meta.dirname, '../../../sdk'),
    tell: (text) => told.push(text),
  })
  await executors.stop()
  await until(() => told.length > 0)
  executors = startExecutors()
  await executors.start()
  await until(() => executors.ids.includes('far'))
  await far.stop()
  expect(told).toEqual([expect.stringContaining('the engine has been out of reach for 5 s'), 'far reaches the engine again'])
})

it('work that cannot be read is put aside after its last delivery, and the rest goes on', async () => {
  await reports().add({ data: new TextEncoder().encode('no receipt'), id: 'poison' })
  const manager = await jetstreamManager(connection)
  await until(async () => (await manager.streams.info(subjects.deadStream('hosts'))).state.messages === 1)
  expect(await reports().deadLetters(5)).toMatchObject([{ deliveries: 2, id: 'poison', reason: expect.stringContaining('JSON') as string }])
  await until(async () => (await manager.streams.info(subjects.workStream('hosts'))).state.messages === 0)
})

describe('a packed workspace', () => {
  it.each(['../out.txt', '/etc/out.txt', 'a/../../out.txt', 'a\0b'])('that names %j outside itself is refused whole', async (name) => {
    const { gzipSync } = await import('node:zlib')
    const pack = gzipSync(JSON.stringify({ [name]: { data: 'eA==', executable: false }, 'ok.txt': { data: 'eA==', executable: false } })).toString('base64')
    const target = join(folder, 'target')
    mkdirSync(target)
    writeFileSync(join(target, 'kept.txt'), 'kept')
    expect(() => unpackFolder(pack, target)).toThrow('outside itself')
    expect(readFileSync(join(target, 'kept.txt'), 'utf8')).toBe('kept')
  })
})
