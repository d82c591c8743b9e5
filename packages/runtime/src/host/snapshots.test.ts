import { DEFAULT_PARAMS, type State, apply, createState, restore, snapshot, stateHash } from '@syntropism/economy'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createMemoryBus } from '../bus/index.ts'
import type { Command } from '@syntropism/contract'
import { SqliteJournal, openDatabase } from '../store/index.ts'
import { Host } from './index.ts'
import { Snapshots } from './snapshots.ts'

const FAIL = (error: unknown): never => {
  throw error
}
const MEMORY_MS = 100_000
const owner = 'host'

/** An economy that remembers so many commands, each a millisecond after the one before. */
function remembering(count: number): { readonly state: State; send(): void } {
  const state = createState()
  let at_ms = 1_700_000_000_000
  let made = 0
  const carryOut = (draft: object): void => {
    const outcome = apply(state, { at_ms: (at_ms += 1), owner, ...draft } as Command, null)
    if (!outcome.ok) throw new Error(outcome.refusal.code)
  }
  const send = (): void => carryOut({ agent_id: 'a', amount_micro: 1, id: `fund-${made++}`, owner: 'operator', type: 'fund' })
  carryOut({ economy_id: 's', params: { ...DEFAULT_PARAMS, command_memory_ms: MEMORY_MS }, rules_version: 1, type: 'genesis' })
  carryOut({ agent_id: 'a', grant_micro: 5, name: 'a', type: 'create_agent' })
  for (let index = 0; index < count; index++) send()
  return { send, state }
}

function saving(every: number) {
  const saved: { readonly number: number; readonly text: string }[] = []
  let ready = 0
  const journal = { saveSnapshot: (number: number, text: string) => void saved.push({ number, text }) }
  const snapshots = new Snapshots({ every, journal, onError: FAIL, onReady: () => void (ready += 1) })
  return { ready: () => ready, saved, snapshots }
}

describe('snapshots', () => {
  it('are made over several turns, of the state as it was when they were begun', async () => {
    const { send, state } = remembering(5000)
    const { ready, saved, snapshots } = saving(1)
    snapshots.wrote(5000)
    const then = snapshot(state)
    await snapshots.step(state, 7)
    expect([saved.length, snapshots.isReady, snapshots.isBehind]).toEqual([0, false, true])
    // The economy goes on, and forgets what the snapshot has not told yet.
    const forgetful = { ...state, params: { ...state.params, command_memory_ms: 10 } }
    for (let index = 0; index < 3; index++) send()
    apply(forgetful, { agent_id: 'a', amount_micro: 1, at_ms: state.at_ms + 1, id: 'last', owner: 'operator', type: 'fund' }, null)
    expect(state.remembered.size).toBeLessThan(20)
    let turns = 0
    for (; !snapshots.isReady; turns++) await turn()
    expect(turns).toBeGreaterThan(1)
    expect(ready()).toBe(1)
    await snapshots.step(state, 8)
    expect(saved).toEqual([{ number: 7, text: then }])
    expect(snapshots.isBehind).toBe(false)
  })

  it('of an economy that remembers little are written at once', async () => {
    const { state } = remembering(20)
    const { saved, snapshots } = saving(2)
    snapshots.wrote(20)
    await snapshots.step(state, 1)
    snapshots.wrote(1)
    await snapshots.step(state, 2)
    expect(saved).toEqual([{ number: 2, text: snapshot(state) }])
  })

  it('wait until a sixteenth of what they tell again is new', async () => {
    const { state } = remembering(64)
    const { saved, snapshots } = saving(1)
    for (let number = 1; number <= 5; number++) {
      snapshots.wrote(1)
      await snapshots.step(state, number)
    }
    expect(saved.map(({ number }) => number)).toEqual([4])
  })
})

describe('a host that makes a snapshot over several turns', () => {
  const open = (journal: SqliteJournal) =>
    Host.open({ bus: createMemoryBus(FAIL), createClock: (last) => ({ now: () => last + 1 }), journal, onFatal: FAIL, snapshot_every: 1 })
  const fund = (host: Host, from: number, count: number) =>
    Promise.all(
      Array.from({ length: count }, (_, index) => host.submit({ agent_id: 'a', amount_micro: 1, id: `fund-${from + index}`, owner: 'operator', type: 'fund' })),
    )

  it('writes it although nothing comes any more, and one of its end when it is stopped meanwhile', async () => {
    const database = openDatabase(':memory:')
    const journal = new SqliteJournal(database)
    const kept: { number: number; text: string }[] = []
    journal.saveSnapshot = (number, text) => void kept.push({ number, text })
    const host = await open(journal)
    await host.submit({ economy_id: 's', owner, params: DEFAULT_PARAMS, rules_version: 1, type: 'genesis' })
    await host.submit({ agent_id: 'a', grant_micro: 5, name: 'a', owner, type: 'create_agent' })
    await fund(host, 0, 3000)
    const { last_number } = journal
    const hash = stateHash(host.state)
    while (kept.at(-1)?.number !== last_number) await turn()
    expect(stateHash(restore(kept.at(-1)?.text ?? ''))).toBe(hash)
    await fund(host, 3000, 1000)
    await host.stop()
    expect(kept.at(-1)).toEqual({ number: journal.last_number, text: snapshot(host.state) })
  })
})
