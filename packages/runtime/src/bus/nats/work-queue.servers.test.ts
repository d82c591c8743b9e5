import { jetstreamManager } from '@nats-io/jetstream'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { until } from '../../../../../tests/contracts/events.ts'
import { testWorkQueue } from '../../../../../tests/contracts/work-queue.ts'
import { NatsServer } from '../../../../../tests/servers/nats-server.ts'
import { Config } from '../../config/index.ts'
import { type NatsConnection, NatsWorkQueue, connectNats, ensureStreams, places } from './index.ts'

const STREAMS = Config.parse({}).nats_streams
const SETTINGS = { deliveries_max: 2, pause_ms: 20, silence_ms: 1000 }
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

async function openQueue(settings = SETTINGS, streams = STREAMS): Promise<NatsWorkQueue> {
  const economyId = `q${++economies}`
  await ensureStreams(connection, economyId, streams)
  const queue = new NatsWorkQueue(connection, places.tools(economyId))
  await queue.ensure(settings)
  return queue
}

testWorkQueue('NATS', openQueue)

it('work whose taker vanished is handed out again elsewhere, and put aside when it ended every taker', async () => {
  const queue = await openQueue()
  const deaths: number[] = []
  const vanishing = async (): Promise<void> => {
    const link = await connectNats({ name: 'vanishing', url: server.url })
    const gone = new Promise<void>((done) => {
      new NatsWorkQueue(link, queue.place).take(
        async ({ delivery }) => {
          deaths.push(delivery)
          await link.close()
          done()
          await new Promise(() => undefined)
        },
        { at_once_max: 1, onError: () => undefined },
      )
    })
    await gone
  }
  await queue.add({ data: new Uint8Array([1]), id: 'deadly' })
  await vanishing()
  await vanishing()
  const handled: number[] = []
  const stop = queue.take(async ({ delivery }) => void handled.push(delivery), { at_once_max: 1, onError: () => undefined })
  await until(async () => (await queue.deadLetters(1)).length === 1)
  await stop()
  expect(deaths).toEqual([1, 2])
  expect(handled).toEqual([])
  expect(await queue.deadLetters(1)).toMatchObject([{ deliveries: 2, id: 'deadly', reason: 'whoever took it ended before it was done' }])
})

it('work survives a kill of the server, and adding while it is away is refused', async () => {
  const own = await NatsServer.start()
  const link = await connectNats({ name: 'test', url: own.url })
  try {
    await ensureStreams(link, 'kill', STREAMS)
    const queue = new NatsWorkQueue(link, places.tools('kill'))
    await queue.ensure(SETTINGS)
    for (let index = 0; index < 20; index++) await queue.add({ data: new Uint8Array([index]), id: `w${index}` })
    await own.down()
    await expect(queue.add({ data: new Uint8Array([99]), id: 'lost' })).rejects.toMatchObject({ code: 'unavailable' })
    await own.up()
    const seen = new Set<string>()
    const stop = queue.take(async ({ id }) => void seen.add(id), { at_once_max: 4, onError: () => undefined })
    await until(() => Array.from({ length: 20 }, (_, index) => `w${index}`).every((id) => seen.has(id)))
    await stop()
  } finally {
    await link.close()
    await own.remove()
  }
})

it('a full queue and work larger than a message are refused; what waits stays', async () => {
  const queue = await openQueue(SETTINGS, { ...STREAMS, work_bytes_max: 50_000 })
  await queue.add({ data: new Uint8Array(30_000), id: 'fits' })
  await expect(queue.add({ data: new Uint8Array(30_000), id: 'too-much' })).rejects.toMatchObject({ code: 'full' })
  await expect(queue.add({ data: new Uint8Array(2_000_000), id: 'too-large' })).rejects.toMatchObject({ code: 'too_large' })
  expect(await queue.figures()).toMatchObject({ waiting: 1 })
})

it('a queue that is gone is told of while its work is waited for', async () => {
  const queue = await openQueue()
  await (await jetstreamManager(connection)).streams.delete(queue.place.stream)
  const errors: unknown[] = []
  const stop = queue.take(async () => undefined, { at_once_max: 2, onError: (error) => errors.push(error) })
  await until(() => errors.length > 1)
  await stop()
  expect(errors[0]).toMatchObject({ code: 'unavailable', message: expect.stringContaining('tools gets no work from SYNTROPISM_') as string })
})
