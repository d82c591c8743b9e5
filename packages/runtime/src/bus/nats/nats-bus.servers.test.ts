import { jetstreamManager } from '@nats-io/jetstream'
import { headers } from '@nats-io/transport-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testBus } from '../../../../../tests/contracts/bus.ts'
import { EventLog, makeEvents, until } from '../../../../../tests/contracts/events.ts'
import { NatsServer } from '../../../../../tests/servers/nats-server.ts'
import { Config } from '../../config/index.ts'
import { BusError, type NatsConnection, Outbox, connectNats, ensureStreams, readEventStream, subjects } from './index.ts'
import { NatsBus } from './nats-bus.ts'
import { streamProblems } from './streams.ts'

const SETTINGS = Config.parse({}).nats_streams
let server: NatsServer
let connection: NatsConnection
let economies = 0

beforeAll(async () => {
  server = await NatsServer.start()
  connection = await connectNats({ name: 'test', url: server.url })
})
afterAll(async () => {
  await connection.close()
  await server.remove()
})

/** A stream of its own for each test. */
async function newEconomy(): Promise<string> {
  const economyId = `e${++economies}`
  await ensureStreams(connection, economyId, SETTINGS)
  return economyId
}

interface Stage {
  readonly economy_id: string
  readonly log: EventLog
  readonly halts: BusError[]
  open(options?: { committed_seq?: number; unacknowledged_max?: number; silence_ms?: number }): Outbox
}
async function stage(): Promise<Stage> {
  const economy_id = await newEconomy()
  const log = new EventLog()
  const halts: BusError[] = []
  return {
    economy_id,
    halts,
    log,
    open: (options = {}) =>
      new Outbox({ committed_seq: log.events.length, connection, economy_id, onHalt: (error) => halts.push(error), read: log.read, ...options }),
  }
}

/** Everything that the stream holds, in its order. */
async function stored(economyId: string): Promise<{ seq: number; event_seq: number; id: string }[]> {
  const manager = await jetstreamManager(connection)
  const name = subjects.eventStream(economyId)
  const { state } = await manager.streams.info(name)
  const found: { seq: number; event_seq: number; id: string }[] = []
  for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
    const message = await manager.streams.getMessage(name, { seq })
    if (message !== null) found.push({ event_seq: message.json<{ seq: number }>().seq, id: message.header.get('Nats-Msg-Id'), seq: message.seq })
  }
  return found
}
const whole = (log: EventLog) => log.events.map((event) => ({ event_seq: event.seq, id: event.event_id, seq: event.seq }))

testBus('NATS', async () => {
  const errors: unknown[] = []
  const log = new EventLog()
  const bus = new NatsBus({
    committed_seq: 0,
    connection,
    economy_id: await newEconomy(),
    onError: (error) => errors.push(error),
    onHalt: (error) => errors.push(error),
    read: log.read,
  })
  return { bus, close: () => bus.close(), errors, log }
})

describe('the outbox', () => {
  it('publishes on the subject of the event, with id, place, cause and trace in the headers', async () => {
    const { economy_id, log, open } = await stage()
    log.commit(6)
    const outbox = open()
    await outbox.drained()
    await outbox.close()
    const message = await (await jetstreamManager(connection)).streams.getMessage(subjects.eventStream(economy_id), { seq: 6 })
    expect(message?.subject).toBe(`syntropism.${economy_id}.economy.balance.queried`)
    expect(Object.fromEntries([...(message?.header ?? [])].map(([key, values]) => [key, values[0]]))).toEqual({
      'Nats-Expected-Last-Sequence': '5',
      'Nats-Msg-Id': log.events[5]?.event_id,
      'Syntropism-Cause-Id': 'command-6',
      'Syntropism-Correlation-Id': 'story',
      'Syntropism-Schema': '1',
      'Syntropism-Seq': '6',
      traceparent: log.events[5]?.traceparent,
    })
    expect(message?.json()).toEqual(log.events[5])
  })

  it('after a restart of the publisher goes on where the stream ends: nothing twice, nothing missing', async () => {
    const { economy_id, log, open } = await stage()
    log.commit(10)
    const first = open()
    await first.drained()
    await first.close()
    log.commit(20)
    const second = open()
    second.offer(log.commit(5))
    await second.drained()
    await second.close()
    expect(await stored(economy_id)).toEqual(whole(log))
  })

  it('two publishers of one journal at once still leave each event once and in order', async () => {
    const { economy_id, log, open } = await stage()
    log.commit(500)
    const both = [open(), open()]
    await Promise.all(both.map((one) => one.drained()))
    await Promise.all(both.map((one) => one.close()))
    expect(await stored(economy_id)).toEqual(whole(log))
  })

  it('the server refuses an event out of its order and an event a second time', async () => {
    const { economy_id, log, open } = await stage()
    log.commit(3)
    const outbox = open()
    await outbox.drained()
    await outbox.close()
    for (const [expected, seq] of [
      [4, 5],
      [2, 3],
    ] as const) {
      const head = headers()
      head.set('Nats-Expected-Last-Sequence', String(expected))
      head.set('Nats-Msg-Id', makeEvents(seq, 1)[0]?.event_id ?? '')
      const answer = await connection.request(`syntropism.${economy_id}.economy.balance.queried`, 'x', { headers: head, timeout: 120_000 })
      expect(answer.string()).toContain('wrong last sequence')
    }
    expect(await stored(economy_id)).toEqual(whole(log))
  })

  it('a server killed and started again under load: everything committed is there, in order, once', async () => {
    const own = await NatsServer.start()
    const link = await connectNats({ name: 'test', url: own.url })
    const log = new EventLog()
    const halts: BusError[] = []
    try {
      await ensureStreams(link, 'kill', SETTINGS)
      const outbox = new Outbox({
        committed_seq: 0,
        connection: link,
        economy_id: 'kill',
        onHalt: (error) => halts.push(error),
        read: log.read,
        silence_ms: 300,
      })
      const reached: number[] = []
      const reader = readEventStream({
        after_seq: 0,
        connection: link,
        economy_id: 'kill',
        onError: () => undefined,
        onEvent: (event) => void reached.push(event.seq),
      })
      for (let round = 0; round < 3; round++) {
        outbox.offer(log.commit(3000))
        await until(() => outbox.published_seq > round * 3000 + 200)
        await own.down()
        outbox.offer(log.commit(100))
        await own.up()
      }
      await outbox.drained()
      await until(() => reached.length >= log.events.length)
      expect(reached).toEqual(log.events.map((event) => event.seq))
      await Promise.all([outbox.close(), reader.stop()])
      const { state } = await (await jetstreamManager(link)).streams.info(subjects.eventStream('kill'))
      expect(state).toMatchObject({ first_seq: 1, last_seq: log.events.length, messages: log.events.length })
    } finally {
      await link.close()
      await own.remove()
    }
  })

  it('never has more unacknowledged than allowed, and holds back nobody: what does not fit in memory is read again', async () => {
    const { economy_id, log, open } = await stage()
    const outbox = open({ unacknowledged_max: 8 })
    for (let turn = 0; turn < 40; turn++) outbox.offer(log.commit(500))
    expect(outbox.committed_seq).toBe(20_000)
    await outbox.drained()
    await outbox.close()
    expect(log.reads).toBeGreaterThan(0)
    const { state } = await (await jetstreamManager(connection)).streams.info(subjects.eventStream(economy_id))
    expect(state.last_seq).toBe(20_000)
  })

  it('a slow reader holds back neither publishing nor others, and gets everything', async () => {
    const { economy_id, log, open } = await stage()
    const slow: number[] = []
    let release: () => void = () => undefined
    const gate = new Promise<void>((done) => (release = done))
    const reader = readEventStream({
      after_seq: 0,
      connection,
      economy_id,
      onError: (error) => expect.unreachable(String(error)),
      onEvent: async (event) => {
        if (event.seq === 5) await gate
        slow.push(event.seq)
      },
    })
    const outbox = open()
    outbox.offer(log.commit(3000))
    await outbox.drained()
    expect(slow.length).toBeLessThan(5)
    release()
    await until(() => slow.length === 3000)
    expect(slow).toEqual(log.events.map((event) => event.seq))
    await Promise.all([outbox.close(), reader.stop()])
  })

  it('a reader begins after its own position', async () => {
    const { economy_id, log, open } = await stage()
    log.commit(30)
    const outbox = open()
    await outbox.drained()
    const seen: number[] = []
    const reader = readEventStream({ after_seq: 25, connection, economy_id, onError: () => undefined, onEvent: (event) => void seen.push(event.seq) })
    await until(() => seen.length === 5)
    expect(seen).toEqual([26, 27, 28, 29, 30])
    await Promise.all([outbox.close(), reader.stop()])
  })

  it('stops for good at a stream that is ahead of the journal, and says what to do', async () => {
    const { halts, log, open } = await stage()
    log.commit(10)
    const outbox = open()
    await outbox.drained()
    await outbox.close()
    log.events.length = 4
    const behind = open()
    await until(() => halts.length > 0)
    expect(halts[0]).toMatchObject({ code: 'stream_ahead' })
    expect(halts[0]?.message).toMatch(/ends at 10, the journal at 4.*restore the right journal, or delete the stream/)
    await behind.close()
  })
})

describe('the streams', () => {
  it('are reported when missing or different, and brought to the configuration', async () => {
    expect(await streamProblems(connection, 'nowhere', SETTINGS)).toEqual(
      ['EVENTS', 'WORK', 'TOOLS', 'STATE', 'DEAD'].map((stream) => expect.stringContaining(`SYNTROPISM_nowhere_${stream} is missing`)),
    )
    const economyId = await newEconomy()
    expect(await streamProblems(connection, economyId, SETTINGS)).toEqual([])
    const tighter = { ...SETTINGS, events_bytes_max: 10_000_000 }
    expect(await streamProblems(connection, economyId, tighter)).toEqual([expect.stringContaining('max_bytes is -1, the configuration says 10000000')])
    await ensureStreams(connection, economyId, tighter)
    expect(await streamProblems(connection, economyId, tighter)).toEqual([])
  })

  it('a server that is not there and credentials that cannot be read are said at once', async () => {
    await expect(connectNats({ name: 'test', url: 'nats://127.0.0.1:1' })).rejects.toMatchObject({ code: 'unreachable' })
    await expect(connectNats({ credentials_file: '/nonexistent.creds', name: 'test', url: server.url })).rejects.toMatchObject({ code: 'unsuitable' })
  })
})
