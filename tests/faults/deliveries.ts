// Faults of delivery on the real messages of NATS: some come twice, some after later ones.
import { setTimeout as wait } from 'node:timers/promises'
import { jetstream } from '@nats-io/jetstream'
import { headers } from '@nats-io/transport-node'
import { NatsWorkQueue, Outbox, connectNats, ensureStreams, places, readEventStream } from '../../packages/runtime/src/bus/nats/index.ts'
import { Config } from '../../packages/runtime/src/config/index.ts'
import { createFront, startEngine } from '../../packages/runtime/src/remote/index.ts'
import { until } from '../contracts/events.ts'
import { openSmallEconomy } from '../servers/economy.ts'
import { NatsServer } from '../servers/nats-server.ts'
import { countWindows, isClosed, isThere, openGround } from './executors.ts'
import { type Fault, between, createRandom } from './figures.ts'
import { Load, countIn, overNats, toHost } from './load.ts'
import { Wire } from './wire.ts'

const STREAMS = Config.parse({}).nats_streams

/** A small economy on a NATS server of its own, whose clients are behind a wire that doubles and reorders. */
async function openStage(seed: number, rate: number) {
  const random = createRandom(seed)
  const server = await NatsServer.start()
  const wire = await Wire.open(server.port, random, rate)
  const economy = await openSmallEconomy('faults')
  const connection = await connectNats({ name: 'faults behind the wire', url: wire.url })
  await ensureStreams(connection, 'faults', STREAMS)
  return {
    async close() {
      await economy.close()
      await connection.close()
      await wire.close()
      await server.remove()
    },
    connection,
    economy,
    random,
    server,
    wire,
  }
}

const requests: Fault = {
  name: 'requests and replies over NATS twice and out of order',
  async run({ long, seed }) {
    const stage = await openStage(seed, 0.2)
    const { connection, economy, random, wire } = stage
    const agent = await connectNats({ name: 'faults agent', url: wire.url })
    const stopEngine = await startEngine({
      connection,
      fetch: (request) => economy.app.fetch(request),
      host: economy.host,
      reads: economy.reads,
      tokens: economy.tokens,
    })
    const front = createFront({ connection: agent, economy_id: 'faults', timeout_ms: 1000 })
    const load = new Load(random, overNats(front, economy.run)).begin(16)
    const wanted = long ? 20_000 : 1000
    await until(() => load.acknowledged.size >= wanted)
    await load.end()
    // What came twice may still be on its way.
    await wait(500)
    const counted = countIn(economy, load.acknowledged)
    await stopEngine()
    await agent.close()
    const { injected } = wire
    await stage.close()
    return { acknowledged: load.acknowledged.size, fault: this.name, injected, ...counted, recovery_ms: [] }
  },
}

const events: Fault = {
  name: 'events over NATS twice and out of order',
  async run({ long, seed }) {
    // Each makes the reader ask anew from where it was.
    const stage = await openStage(seed, 0.004)
    const { connection, economy, random, server, wire } = stage
    const direct = await connectNats({ name: 'faults writer', url: server.url })
    const outbox = new Outbox({
      committed_seq: economy.host.state.seq,
      connection: direct,
      economy_id: 'faults',
      onHalt: () => undefined,
      read: (after, limit) => economy.events.slice(after, after + limit),
      silence_ms: 500,
    })
    economy.bus.subscribe((event) => outbox.offer([event]))
    const seen: number[] = []
    const reader = readEventStream({ after_seq: 0, connection, economy_id: 'faults', onError: () => undefined, onEvent: ({ seq }) => void seen.push(seq) })
    const load = new Load(random, toHost(economy)).begin(8)
    const wanted = long ? 20_000 : 2000
    await until(() => load.acknowledged.size >= wanted)
    await load.end()
    await outbox.drained()
    await until(() => (seen.at(-1) ?? 0) >= economy.events.length)
    await reader.stop()
    const counted = countIn(economy, load.acknowledged)
    const distinct = new Set(seen)
    const outOfOrder = seen.filter((seq, place) => place > 0 && seq < (seen[place - 1] as number)).length
    const { injected } = wire
    await outbox.close()
    await direct.close()
    await stage.close()
    return {
      acknowledged: load.acknowledged.size,
      fault: this.name,
      injected,
      lost: counted.lost + economy.events.filter(({ seq }) => !distinct.has(seq)).length + outOfOrder,
      off_micro: counted.off_micro,
      recovery_ms: [],
      twice: counted.twice + seen.length - distinct.size,
    }
  },
}

const work: Fault = {
  name: 'work over NATS twice and out of order',
  async run({ long, seed }) {
    const stage = await openStage(seed, 0.2)
    const { connection, economy, random, server, wire } = stage
    const direct = await connectNats({ name: 'faults producer', url: server.url })
    const settings = { deliveries_max: 1000, pause_ms: 10, silence_ms: 1000 }
    const queue = new NatsWorkQueue(connection, places.tools('faults'))
    await queue.ensure(settings)
    let deliveries = 0
    const stop = queue.take(
      async ({ id }) => {
        deliveries += 1
        await toHost(economy)(id, 10)
        // Done, but the server does not hear of it: it hands the work out again, behind what came meanwhile.
        if (random() < 0.2) throw new Error('ended before it could say so')
      },
      { at_once_max: 8, onError: () => undefined },
    )
    const ids = Array.from({ length: long ? 3000 : 300 }, (_, index) => `k-${index}`)
    const js = jetstream(direct)
    let copies = 0
    for (const id of ids)
      for (let copy = between(random, 1, 3); copy > 0; copy--) {
        const made = headers()
        made.set('Syntropism-Work-Id', id)
        // Under an id of its own, so that the server's own deduplication does not see it.
        await js.publish(queue.place.subject, new Uint8Array(), { headers: made, msgID: `${id}:${copy}` })
        copies += 1
      }
    await until(async () => (await queue.figures()).waiting === 0 && (await queue.figures()).in_hand === 0)
    await stop()
    const counted = countIn(economy, ids)
    const injected = wire.injected + deliveries - ids.length
    if (deliveries < copies) throw new Error(`${copies} pieces of work were added, but only ${deliveries} handed out`)
    await direct.close()
    await stage.close()
    return { acknowledged: ids.length, fault: this.name, injected, ...counted, recovery_ms: [] }
  },
}

const runs: Fault = {
  name: 'runs and receipts of an executor twice and late',
  async run({ long, seed }) {
    const random = createRandom(seed)
    const ground = await openGround()
    const { economy, server } = ground
    const copier = await connectNats({ name: 'faults copier', url: server.url })
    const js = jetstream(copier)
    let injected = 0
    const pending = new Set<Promise<unknown>>()
    // Every run and every receipt again, twice at once and once when the window is over, under ids that the server has not seen.
    copier.subscribe('syntropism.faults.work.>', {
      callback: (error, { data, headers: came, subject }) => {
        if (error !== null || came === undefined || came.get('Copied') !== '') return
        const again = async (delayMs: number): Promise<void> => {
          await wait(delayMs)
          const made = headers()
          for (const [name, [value = '']] of came) if (name !== 'Nats-Msg-Id') made.set(name, value)
          made.set('Copied', 'yes')
          // Where nobody takes such work any more the stream may refuse it, and that is well.
          await js.publish(subject, data, { headers: made, msgID: `copy-${injected++}` }).catch(() => undefined)
        }
        for (const delayMs of [0, between(random, 1, 500), 4000]) {
          const copy = again(delayMs)
          pending.add(copy)
          void copy.finally(() => pending.delete(copy))
        }
      },
    })
    const load = new Load(random, toHost(economy)).begin(1)
    try {
      ground.startExecutor(server.url)
      await until(() => isThere(economy))
      const leases: string[] = []
      for (let round = 0; round < (long ? 6 : 2); round++) {
        const lease = await ground.window()
        leases.push(lease)
        await until(() => isClosed(economy, lease))
      }
      while (pending.size > 0) await Promise.all(pending)
      await wait(500)
      await load.end()
      const windows = countWindows(economy, leases)
      const payments = countIn(economy, load.acknowledged)
      return {
        acknowledged: leases.length + load.acknowledged.size,
        fault: this.name,
        injected,
        lost: windows.lost + payments.lost,
        off_micro: payments.off_micro,
        recovery_ms: [],
        twice: windows.twice + payments.twice,
      }
    } finally {
      await load.end()
      await copier.close()
      await ground.close()
    }
  },
}

/** Messages that come twice and out of order, for each kind of traffic. */
export const deliveryFaults: readonly Fault[] = [requests, events, work, runs]
