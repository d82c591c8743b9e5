import { setTimeout as wait } from 'node:timers/promises'
import type { EconomyEvent } from '@syntropism/contract'
import { DEFAULT_PARAMS } from '@syntropism/economy'
import { createMemoryBus } from '../../packages/runtime/src/bus/index.ts'
import { Host, createWallClock } from '../../packages/runtime/src/host/index.ts'
import type { Journal } from '../../packages/runtime/src/ports/index.ts'
import { openPostgres } from '../../packages/runtime/src/store/postgres/index.ts'
import { until } from '../contracts/events.ts'
import { PostgresServer } from '../servers/postgres-server.ts'
import { type Fault, between, countEffects, createRandom, creditsOff } from './figures.ts'
import { Load } from './load.ts'

const GRANTED_MICRO = 200_000_000

interface Writer {
  readonly host: Host
  readonly journal: Journal
  readonly isGone: () => boolean
}

/** A writer as a supervisor starts it again and again: it ends for good with its first error. */
async function openWriter(url: string): Promise<Writer> {
  const end = { gone: false }
  const onEnd = (): void => void (end.gone = true)
  const { journal } = await openPostgres({ onLost: onEnd, onStandby: () => undefined, url })
  const host = await Host.open({ bus: createMemoryBus(() => undefined), createClock: createWallClock, journal, onFatal: onEnd, snapshot_every: 100 })
  if (host.state.economy_id === '') {
    await host.submit({ economy_id: 'faults', owner: 'test', params: DEFAULT_PARAMS, rules_version: 1, type: 'genesis' })
    for (const agent_id of ['a', 'b']) await host.submit({ agent_id, grant_micro: GRANTED_MICRO / 2, name: agent_id, owner: 'test', type: 'create_agent' })
  } else await host.submit({ owner: 'test', type: 'resumed' })
  return { host, isGone: () => end.gone, journal }
}

async function openAgain(url: string): Promise<Writer> {
  for (;;)
    try {
      return await openWriter(url)
    } catch {
      // The database is still coming up, or the lead of the one before has not run out: as a supervisor does, once more.
      await wait(100)
    }
}

export const postgresRestarted: Fault = {
  name: 'PostgreSQL ended at once and restarted under load',
  async run({ long, seed }) {
    const random = createRandom(seed)
    const server = await PostgresServer.start()
    const url = await server.newDatabase()
    let writer = await openWriter(url)
    const load = new Load(random, async (id, amount_micro) => {
      if (writer.isGone()) return false
      return (await writer.host.submit({ amount_micro, from_agent_id: 'a', id, owner: 'load', purpose: 'load', to_agent_id: 'b', type: 'transfer' })).ok
    }).begin(8)
    const recovery_ms: number[] = []
    const rounds = long ? 6 : 1
    for (let round = 0; round < rounds; round++) {
      const reached = load.acknowledged.size + between(random, 50, 400)
      await until(() => load.acknowledged.size >= reached)
      await server.down()
      await until(() => writer.isGone())
      await wait(between(random, 0, 300))
      await server.up()
      const up = performance.now()
      writer = await openAgain(url)
      await until(() => load.lastAcknowledgedMs > up)
      recovery_ms.push(load.lastAcknowledgedMs - up)
    }
    await load.end()
    const events: EconomyEvent[] = []
    for await (const batch of writer.journal.read(0)) events.push(...(JSON.parse(batch.events_json) as EconomyEvent[]))
    const { lost, twice } = countEffects(events, load.acknowledged)
    const off_micro = creditsOff(writer.host.state, GRANTED_MICRO)
    await writer.host.stop()
    await server.remove()
    return { acknowledged: load.acknowledged.size, fault: this.name, injected: rounds, lost, off_micro, recovery_ms, twice }
  },
}
