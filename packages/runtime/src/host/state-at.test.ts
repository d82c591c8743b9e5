import { DEFAULT_PARAMS, createState, snapshot, stateHash } from '@syntropism/economy'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createMemoryBus } from '../bus/index.ts'
import { SqliteJournal, openDatabase } from '../store/index.ts'
import { Host, stateAt } from './index.ts'

const database = openDatabase(':memory:')
const journal = new SqliteJournal(database)
const T0 = 1_700_000_000_000
/** State hashes after each command, by its last sequence number and time. */
const seen: { readonly at_ms: number; readonly hash: string; readonly seq: number }[] = []
let host: Host

beforeAll(async () => {
  let now = T0
  const onFatal = (error: unknown): never => {
    throw error
  }
  host = await Host.open({ bus: createMemoryBus(onFatal), createClock: () => ({ now: () => now }), journal, onFatal, snapshot_every: 7 })
  const owner = 'host'
  const send = async (...drafts: Parameters<Host['submit']>[0][]): Promise<void> => {
    await Promise.all(drafts.map((draft) => host.submit(draft)))
    seen.push({ at_ms: host.state.at_ms, hash: stateHash(host.state), seq: host.state.seq })
    now += 50
  }
  await send({ economy_id: 'past', owner, params: { ...DEFAULT_PARAMS, starvation_ms: 0 }, rules_version: 1, type: 'genesis' })
  await send({ cpu_millicores: 1000, executor_id: 'local', incarnation: 'i', memory_mb: 2048, owner, reports: false, type: 'register_executor' })
  const standing_bid = { bundle: { cpu: 300_000, memory: 100_000 }, duration_ms: 700, limit_micro: 20_000_000, margin_ppm: 100_000, pause_ms: 100 }
  // Two commands of one turn: one record, in whose middle a moment can lie.
  await send(
    { agent_id: 'a', grant_micro: 900_000_000, name: 'n', owner, standing_bid, type: 'create_agent' },
    { agent_id: 'b', grant_micro: 900_000_000, name: 'n', owner, standing_bid, type: 'create_agent' },
  )
  for (let beat = 0; beat < 60; beat++) await send({ owner, type: 'tick' })
})
afterAll(() => host.stop())

it('the state after every sequence number is that of then, from snapshots and from the first record alike', async () => {
  const whole = { latestSnapshot: () => null, read: (after: number) => journal.read(after), recordReaching: journal.recordReaching.bind(journal) }
  expect((await journal.latestSnapshot())?.number).toBeGreaterThan(50)
  // A beat may write no event: the state after an event is the first with its number.
  for (const { hash, seq } of seen.filter((one, index) => one.seq > (seen[index - 1]?.seq ?? 0))) {
    const past = await stateAt(journal, { seq })
    expect([stateHash(past.state), past.state.seq]).toEqual([hash, seq])
    expect(stateHash((await stateAt(whole, { seq })).state)).toBe(hash)
  }
})

it('a moment in the middle of a record takes the commands up to it, whole; "before" leaves out the command that reaches it', async () => {
  const created = await stateAt(journal, { seq: (seen[1]?.seq ?? 0) + 1 })
  expect([...created.state.agents.keys()]).toEqual(['a'])
  expect(created).toMatchObject({ commands: 1, next: { agent_id: 'b', type: 'create_agent' }, record: 3 })
  const before = await stateAt(journal, { seq: created.state.seq + 1 }, 'before')
  expect(stateHash(before.state)).toBe(stateHash(created.state))
  const first = await stateAt(journal, { seq: 1 }, 'before')
  expect([first.next?.type, snapshot(first.state)]).toEqual(['genesis', snapshot(createState())])
})

it('the state at a time is that after the last command at or before it; a time after the end gives the end', async () => {
  for (const { at_ms, hash } of seen) {
    expect(stateHash((await stateAt(journal, { at_ms })).state)).toBe(hash)
    expect(stateHash((await stateAt(journal, { at_ms: at_ms + 49 })).state)).toBe(hash)
  }
  expect(stateHash((await stateAt(journal, { at_ms: T0 + 1e9 })).state)).toBe(seen.at(-1)?.hash)
})

it('a sequence number past the end and a time before the beginning are refused by name', async () => {
  await expect(stateAt(journal, { seq: host.state.seq + 1 })).rejects.toMatchObject({
    code: 'beyond_end',
    message: expect.stringContaining(`the last is ${host.state.seq}`),
  })
  await expect(stateAt(journal, { at_ms: T0 - 1 })).rejects.toMatchObject({ code: 'before_beginning' })
})

it('a record that was altered is noticed on the way', async () => {
  const altered = {
    latestSnapshot: () => null,
    async *read() {
      for await (const batch of journal.read(0))
        yield batch.number === 3 ? { ...batch, events_json: batch.events_json.replaceAll('900000000', '800000000') } : batch
    },
    recordReaching: journal.recordReaching.bind(journal),
  }
  await expect(stateAt(altered, { seq: host.state.seq })).rejects.toMatchObject({ code: 'corrupt' })
  await expect(stateAt(altered, { seq: (seen[1]?.seq ?? 0) + 1 })).rejects.toMatchObject({ code: 'corrupt' })
})
