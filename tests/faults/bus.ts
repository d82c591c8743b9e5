import { setTimeout as wait } from 'node:timers/promises'
import { jetstreamManager } from '@nats-io/jetstream'
import { NatsWorkQueue, Outbox, connectNats, ensureStreams, places, readEventStream, subjects } from '../../packages/runtime/src/bus/nats/index.ts'
import { Config } from '../../packages/runtime/src/config/index.ts'
import { createFront, startEngine } from '../../packages/runtime/src/remote/index.ts'
import { until } from '../contracts/events.ts'
import { type SmallEconomy, openSmallEconomy } from '../servers/economy.ts'
import { NatsServer } from '../servers/nats-server.ts'
import { type Fault, between, createRandom } from './figures.ts'
import { Load, countIn, overNats, toHost } from './load.ts'

const STREAMS = Config.parse({}).nats_streams
type Connection = Awaited<ReturnType<typeof connectNats>>

interface Stage {
  readonly connection: Connection
  readonly economy: SmallEconomy
  readonly outbox: Outbox
  readonly server: NatsServer
  close(): Promise<void>
}

/** A small economy whose events go to a NATS server of its own. */
async function openStage(): Promise<Stage> {
  const server = await NatsServer.start()
  const connection = await connectNats({ name: 'faults', url: server.url })
  const economy = await openSmallEconomy('faults')
  await ensureStreams(connection, 'faults', STREAMS)
  const outbox = new Outbox({
    committed_seq: economy.host.state.seq,
    connection,
    economy_id: 'faults',
    onHalt: () => undefined,
    read: (after, limit) => economy.events.slice(after, after + limit),
    silence_ms: 500,
  })
  economy.bus.subscribe((event) => outbox.offer([event]))
  return {
    async close() {
      await outbox.close()
      await economy.close()
      await connection.close()
      await server.remove()
    },
    connection,
    economy,
    outbox,
    server,
  }
}

/** Events that the stream lacks or has twice, compared with the journal. */
async function compareStream({ connection, economy, outbox }: Stage): Promise<{ lost: number; twice: number }> {
  // What the service reports of calls is committed behind their answers.
  await until(() => economy.host.waiting === 0 && outbox.published_seq >= economy.host.state.seq)
  const { state } = await (await jetstreamManager(connection)).streams.info(subjects.eventStream('faults'))
  const seen: string[] = []
  const manager = await jetstreamManager(connection)
  const last = state.last_seq
  for (let seq = 1; seq <= last; seq++) seen.push((await manager.streams.getMessage(subjects.eventStream('faults'), { seq }))?.header.get('Nats-Msg-Id') ?? '')
  const ids = new Set(seen)
  return { lost: economy.events.filter((event) => !ids.has(event.event_id)).length, twice: seen.length - ids.size }
}

const serverKilled: Fault = {
  name: 'NATS server killed under load',
  async run({ long, seed }) {
    const random = createRandom(seed)
    const stage = await openStage()
    const link = await connectNats({ name: 'faults agent', url: stage.server.url })
    const stopEngine = await startEngine({
      connection: stage.connection,
      fetch: (request) => stage.economy.app.fetch(request),
      host: stage.economy.host,
      tokens: stage.economy.tokens,
    })
    const front = createFront({ connection: link, economy_id: 'faults', timeout_ms: 1000 })
    const load = new Load(random, overNats(front, stage.economy.run)).begin(4)
    const recovery_ms: number[] = []
    const rounds = long ? 10 : 2
    for (let round = 0; round < rounds; round++) {
      const reached = load.acknowledged.size + between(random, 20, 100)
      await until(() => load.acknowledged.size >= reached)
      await stage.server.down('SIGKILL')
      await wait(between(random, 50, 400))
      await stage.server.up()
      const up = performance.now()
      await until(() => load.lastAcknowledgedMs > up)
      recovery_ms.push(load.lastAcknowledgedMs - up)
    }
    await load.end()
    const inJournal = countIn(stage.economy, load.acknowledged)
    const inStream = await compareStream(stage)
    await stopEngine()
    await link.close()
    await stage.close()
    return {
      acknowledged: load.acknowledged.size,
      fault: this.name,
      injected: rounds,
      lost: inJournal.lost + inStream.lost,
      off_micro: inJournal.off_micro,
      recovery_ms,
      twice: inJournal.twice + inStream.twice,
    }
  },
}

const slowConsumer: Fault = {
  name: 'slow consumer of events',
  async run({ long, seed }) {
    const random = createRandom(seed)
    const stage = await openStage()
    const { connection, economy } = stage
    const load = new Load(random, toHost(economy)).begin(8)
    const readers = long ? 8 : 2
    const seen: number[][] = Array.from({ length: readers }, () => [])
    // Slower than the load, on whatever machine: as long as it goes on, none of them is past half of it.
    let isSlow = true
    const open = seen.map((seqs) =>
      readEventStream({
        after_seq: 0,
        connection,
        economy_id: 'faults',
        onError: () => undefined,
        onEvent: async (event) => {
          await until(() => !isSlow || event.seq * 2 < economy.events.length)
          seqs.push(event.seq)
        },
      }),
    )
    const wanted = long ? 5000 : 1500
    await until(() => load.acknowledged.size >= wanted)
    await load.end()
    // Publishing was not held up by them: everything is on the server while they are far behind.
    await stage.outbox.drained()
    const behind = seen.every((seqs) => seqs.length < economy.events.length)
    if (!behind) throw new Error('the consumers were not slow')
    const begun = performance.now()
    isSlow = false
    await until(() => seen.every((seqs) => (seqs.at(-1) ?? 0) >= economy.events.length))
    const recovery_ms = [performance.now() - begun]
    await Promise.all(open.map((reader) => reader.stop()))
    const missing = seen.reduce((sum, seqs) => sum + economy.events.length - new Set(seqs).size, 0)
    const doubled = seen.reduce((sum, seqs) => sum + seqs.length - new Set(seqs).size, 0)
    const counted = countIn(economy, load.acknowledged)
    await stage.close()
    return {
      acknowledged: load.acknowledged.size,
      fault: this.name,
      injected: readers,
      lost: counted.lost + missing,
      off_micro: counted.off_micro,
      recovery_ms,
      twice: counted.twice + doubled,
    }
  },
}

const poison: Fault = {
  name: 'poison in a work queue',
  async run({ long, seed }) {
    const random = createRandom(seed)
    const stage = await openStage()
    const { connection, economy } = stage
    const queue = new NatsWorkQueue(connection, places.tools('faults'))
    await queue.ensure({ deliveries_max: 3, pause_ms: 20, silence_ms: 1000 })
    const isPoison = new Map(Array.from({ length: long ? 500 : 60 }, (_, index) => [`k-${index}`, random() < 0.2]))
    const dead = new Set<string>()
    const stop = queue.take(
      async ({ id }) => {
        if (isPoison.get(id) === true) throw new Error('poison')
        await toHost(economy)(id, 10)
      },
      { at_once_max: 4, onDead: ({ id }) => void dead.add(id), onError: () => undefined },
    )
    for (const id of isPoison.keys()) await queue.add({ data: new Uint8Array(), id })
    const poisons = [...isPoison].flatMap(([id, is]) => (is ? [id] : []))
    const good = [...isPoison].flatMap(([id, is]) => (is ? [] : [id]))
    await until(async () => dead.size >= poisons.length && (await queue.figures()).waiting === 0 && (await queue.figures()).in_hand === 0)
    await stop()
    const letters = (await queue.deadLetters(10_000)).map(({ id }) => id)
    const counted = countIn(economy, good)
    await stage.close()
    return {
      acknowledged: isPoison.size,
      fault: this.name,
      injected: poisons.length,
      // A poison that is not among the dead letters is lost; one that is there twice was put aside twice.
      lost: counted.lost + poisons.filter((id) => !letters.includes(id)).length,
      off_micro: counted.off_micro,
      recovery_ms: [],
      twice: counted.twice + letters.length - new Set(letters).size,
    }
  },
}

export const busFaults: readonly Fault[] = [serverKilled, slowConsumer, poison]
