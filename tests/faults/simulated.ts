// Faults of time and delivery, injected by the test itself: the same seed gives the same course.
import { DEFAULT_PARAMS } from '@syntropism/economy'
import type { EconomyEvent } from '@syntropism/contract'
import { createMemoryBus } from '../../packages/runtime/src/bus/index.ts'
import { type Draft, Host, createWallClock } from '../../packages/runtime/src/host/index.ts'
import { openSqlite } from '../../packages/runtime/src/store/index.ts'
import { removeDir, tempDir } from '../program.ts'
import { type Fault, between, countEffects, createRandom, creditsOff } from './figures.ts'

const GRANTED_MICRO = 3_000_000_000
const AGENTS = ['a', 'b', 'c']

/** An economy of three agents on a file, with the clock that it is given. */
async function openEconomy(path: string, events: EconomyEvent[], createClock: (last: number) => { now(): number }): Promise<Host> {
  const bus = createMemoryBus((error) => {
    throw error
  })
  bus.subscribe((event) => void events.push(event))
  const host = await Host.open({
    bus,
    createClock,
    journal: openSqlite(path).journal,
    onFatal: (error) => {
      throw error
    },
    snapshot_every: 50,
  })
  if (host.state.economy_id === '') {
    await host.submit({ economy_id: 'simulated', owner: 'test', params: DEFAULT_PARAMS, rules_version: 1, type: 'genesis' })
    for (const agent_id of AGENTS) await host.submit({ agent_id, grant_micro: GRANTED_MICRO / 3, name: agent_id, owner: 'test', type: 'create_agent' })
  } else await host.submit({ owner: 'test', type: 'resumed' })
  return host
}

const payment = (random: () => number, id: string): Draft => {
  const from = between(random, 0, 2)
  return {
    amount_micro: between(random, 1, 1_000_000),
    from_agent_id: AGENTS[from] as string,
    id,
    owner: 'test',
    purpose: 'load',
    to_agent_id: AGENTS[(from + between(random, 1, 2)) % 3] as string,
    type: 'transfer',
  }
}

function shuffle<T>(random: () => number, items: T[]): T[] {
  for (let index = items.length - 1; index > 0; index--) {
    const other = between(random, 0, index)
    ;[items[index], items[other]] = [items[other] as T, items[index] as T]
  }
  return items
}

const repeated: Fault = {
  name: 'commands delivered twice and out of order',
  async run({ long, seed }) {
    const random = createRandom(seed)
    const folder = tempDir()
    const events: EconomyEvent[] = []
    const host = await openEconomy(`${folder}/economy.sqlite`, events, createWallClock)
    const drafts = Array.from({ length: long ? 20_000 : 1000 }, (_, index) => payment(random, `k-${index}`))
    const deliveries = shuffle(
      random,
      drafts.flatMap((draft) => Array.from({ length: between(random, 1, 4) }, () => draft)),
    )
    const answers = new Map<string, string[]>()
    // In groups of several at once, so that repeats meet in one record as well as in later ones.
    for (let place = 0; place < deliveries.length; place += 16)
      await Promise.all(
        deliveries.slice(place, place + 16).map(async (draft) => {
          const outcome = await host.submit(draft)
          if (!outcome.ok) throw new Error(`refused: ${outcome.refusal.code}`)
          answers.set(draft.id ?? '', [...(answers.get(draft.id ?? '') ?? []), JSON.stringify(outcome.result)])
        }),
      )
    const differing = [...answers.values()].filter((texts) => new Set(texts).size > 1).length
    const { lost, twice } = countEffects(events, answers.keys())
    const off_micro = creditsOff(host.state, GRANTED_MICRO)
    await host.stop()
    removeDir(folder)
    return {
      acknowledged: answers.size,
      fault: this.name,
      injected: deliveries.length - drafts.length,
      lost: lost + differing,
      off_micro,
      recovery_ms: [],
      twice,
    }
  },
}

const clockSteps: Fault = {
  name: 'wall clock stepping back and forth',
  async run({ long, seed }) {
    const random = createRandom(seed)
    const folder = tempDir()
    const events: EconomyEvent[] = []
    const acknowledged: string[] = []
    let monotonic = 0
    let wall = 1_700_000_000_000
    const clock = (last: number): { now(): number } =>
      createWallClock(
        last,
        () => wall,
        () => monotonic,
      )
    const steps = long ? 400 : 40
    let host = await openEconomy(`${folder}/economy.sqlite`, events, clock)
    for (let step = 0; step < steps; step++) {
      // Up to an hour, mostly back; every eighth time the process starts anew on the clock as it then is.
      wall += between(random, -3_600_000, 600_000)
      if (step % 8 === 7) {
        await host.stop()
        host = await openEconomy(`${folder}/economy.sqlite`, events, clock)
      }
      for (let index = 0; index < 10; index++) {
        monotonic += between(random, 0, 40)
        wall += 20
        const id = `k-${acknowledged.length}`
        const outcome = await host.submit(payment(random, id))
        if (!outcome.ok) throw new Error(`refused: ${outcome.refusal.code}`)
        acknowledged.push(id)
      }
    }
    const backwards = events.filter((event, index) => index > 0 && event.at_ms < (events[index - 1]?.at_ms ?? 0)).length
    if (backwards > 0) throw new Error(`economy time ran back ${backwards} times`)
    const { lost, twice } = countEffects(events, acknowledged)
    const off_micro = creditsOff(host.state, GRANTED_MICRO)
    await host.stop()
    removeDir(folder)
    return { acknowledged: acknowledged.length, fault: this.name, injected: steps, lost, off_micro, recovery_ms: [], twice }
  },
}

export const simulatedFaults: readonly Fault[] = [repeated, clockSteps]
