import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DEFAULT_PARAMS, stateHash } from '@syntropism/economy'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createMemoryBus } from '../bus/index.ts'
import { GENESIS_HASH, SqliteJournal, batchHash, openDatabase } from '../store/index.ts'
import { Host, HostStopped, createWallClock, recover, verify } from './index.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'syntropism-host-'))
})
afterEach(() => rmSync(folder, { force: true, recursive: true }))

const GENESIS = { economy_id: 'h', owner: 'host', params: DEFAULT_PARAMS, rules_version: 1, type: 'genesis' } as const
async function open(
  onFatal: (error: unknown) => void = (error) => {
    throw error
  },
) {
  const database = openDatabase(join(folder, 'economy.sqlite'))
  const journal = new SqliteJournal(database)
  let now = 1_700_000_000_000
  const published: number[] = []
  const bus = createMemoryBus(() => undefined)
  bus.subscribe((event) => void published.push(event.seq))
  const host = await Host.open({ bus, createClock: (last) => ({ now: () => (now = Math.max(now + 1, last)) }), journal, onFatal, snapshot_every: 3 })
  return { bus, database, host, journal, published }
}

describe('the host', () => {
  it('publishes nothing, rejects what waits and stops when the journal cannot be written', async () => {
    const fatal: unknown[] = []
    const { database, host, published } = await open((error) => fatal.push(error))
    await host.submit(GENESIS)
    const before = published.length
    // The file turns read-only under the process, as on a full or failing disk.
    database.exec('PRAGMA query_only = 1')
    await expect(host.submit({ agent_id: 'a', grant_micro: 5, name: 'a', owner: 'host', type: 'create_agent' })).rejects.toBeInstanceOf(HostStopped)
    expect(fatal).toMatchObject([{ code: 'unavailable', name: 'JournalError' }])
    expect(published.length).toBe(before)
    await expect(host.submit({ owner: 'host', type: 'tick' })).rejects.toBeInstanceOf(HostStopped)
    database.close()
    const again = await open()
    expect(again.host.state.agents.has('a')).toBe(false)
    await again.host.stop()
  })

  it('gathers what comes while a record is written, and answers and publishes nothing of it before it is durable', async () => {
    const { host, journal, published } = await open()
    await host.submit(GENESIS)
    let release = (): void => undefined
    const write = journal.commit.bind(journal)
    const records: number[] = []
    journal.commit = async (batch, state) => {
      records.push(batch.commands.length)
      await new Promise<void>((done) => (release = done))
      await write(batch, state)
    }
    const create = (agent_id: string) => host.submit({ agent_id, grant_micro: 5, name: 'a', owner: 'host', type: 'create_agent' })
    const before = published.length
    let answered = false
    let settled = false
    const first = create('a').then(() => (answered = true))
    while (records.length < 1) await new Promise((done) => setImmediate(done))
    const rest = [create('b'), create('c')]
    const reader = host.settled().then(() => (settled = true))
    await new Promise((done) => setImmediate(done))
    expect([answered, settled, published.length - before, host.waiting, host.state.agents.has('b')]).toEqual([false, false, 0, 3, false])
    release()
    await Promise.all([first, reader])
    expect(published.length).toBeGreaterThan(before)
    while (records.length < 2) await new Promise((done) => setImmediate(done))
    release()
    await Promise.all(rest)
    expect(records).toEqual([1, 2])
    await host.stop()
  })

  it('lets a command that nobody waits for keep its time when a record has been written meanwhile', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const { host, journal } = await open()
      await host.submit(GENESIS)
      let release = (): void => undefined
      const write = journal.commit.bind(journal)
      const records: number[] = []
      journal.commit = async (batch, state) => {
        records.push(batch.commands.length)
        if (records.length === 1) await new Promise<void>((done) => (release = done))
        await write(batch, state)
      }
      const create = (agent_id: string) => ({ agent_id, grant_micro: 5, name: 'a', owner: 'host', type: 'create_agent' }) as const
      const first = host.submit(create('a'))
      while (records.length < 1) await new Promise((done) => setImmediate(done))
      const later = host.submitSoon(create('b'))
      release()
      await first
      for (let index = 0; index < 10; index++) await new Promise((done) => setImmediate(done))
      expect([records, host.waiting]).toEqual([[1], 1])
      vi.advanceTimersByTime(20)
      await later
      expect(records).toEqual([1, 1])
      // Many of them are not kept until their time: no timer fires here.
      await Promise.all(Array.from({ length: 64 }, (_, index) => host.submitSoon(create(`soon-${index}`))))
      expect(records).toEqual([1, 1, 64])
      await host.stop()
    } finally {
      vi.useRealTimers()
    }
  })

  it('lets an answer that says nothing of events go before reports are durable, and no other', async () => {
    const { host, journal } = await open()
    await host.submit(GENESIS)
    await host.submit({ agent_id: 'a', grant_micro: 5, name: 'a', owner: 'host', type: 'create_agent' })
    const releases: (() => void)[] = []
    const write = journal.commit.bind(journal)
    journal.commit = async (batch, state) => {
      await new Promise<void>((done) => releases.push(done))
      await write(batch, state)
    }
    const report = {
      agent_id: 'a',
      data: { agent_id: 'a', balance: '0.000005', balance_micro: 5 },
      event_type: 'balance_queried',
      owner: 'host',
      type: 'report',
    }
    const fund = { agent_id: 'a', amount_micro: 1, owner: 'operator', type: 'fund' }
    for (const [drafts, gone] of [
      [[report, report], ['economy']],
      [[report, fund], []],
    ] as const) {
      const waiting = drafts.map((draft) => host.submit(draft as never))
      const begun: number = releases.length
      while (releases.length === begun) await new Promise((done) => setImmediate(done))
      const settled: string[] = []
      const readers = (['economy', 'events'] as const).map(async (restsOn) => {
        await host.settled(restsOn)
        settled.push(restsOn)
      })
      for (let index = 0; index < 5; index++) await new Promise((done) => setImmediate(done))
      expect(settled).toEqual(gone)
      releases.at(-1)?.()
      await Promise.all([...waiting, ...readers])
    }
    await host.stop()
  })

  it('keeps no reader waiting for a snapshot, and begins no record before it is written', async () => {
    const { host, journal } = await open()
    await host.submit(GENESIS)
    await host.submit({ agent_id: 'a', grant_micro: 5, name: 'a', owner: 'host', type: 'create_agent' })
    const releases: (() => void)[] = []
    const write = journal.saveSnapshot.bind(journal)
    journal.saveSnapshot = async (number, text) => {
      await new Promise<void>((done) => releases.push(done))
      await write(number, text)
    }
    await host.submit({ agent_id: 'a', amount_micro: 1, owner: 'operator', type: 'fund' })
    while (releases.length === 0) await new Promise((done) => setImmediate(done))
    const next = host.submit({ agent_id: 'a', amount_micro: 1, owner: 'operator', type: 'fund' })
    for (let index = 0; index < 5; index++) await new Promise((done) => setImmediate(done))
    await host.settled()
    expect([journal.last_number, host.waiting]).toEqual([3, 1])
    releases[0]?.()
    await next
    expect(journal.last_number).toBe(4)
    journal.saveSnapshot = write
    await host.stop()
  })

  it('answers no reader from a state that could not be written', async () => {
    const fatal: unknown[] = []
    const { host, journal } = await open((error) => fatal.push(error))
    await host.submit(GENESIS)
    let fail: (error: Error) => void = () => undefined
    journal.commit = () => new Promise<void>((_, reject) => (fail = reject))
    const command = host.submit({ agent_id: 'a', grant_micro: 5, name: 'a', owner: 'host', type: 'create_agent' })
    while (!host.state.agents.has('a')) await new Promise((done) => setImmediate(done))
    const reader = host.settled()
    fail(new Error('the connection is gone'))
    await expect(command).rejects.toBeInstanceOf(HostStopped)
    await expect(reader).rejects.toBeInstanceOf(HostStopped)
    expect(fatal).toHaveLength(1)
    await journal.close()
  })

  it('recovers the same state from the journal alone and from its snapshot', async () => {
    const { host } = await open()
    await host.submit(GENESIS)
    for (let index = 0; index < 10; index++) await host.submit({ agent_id: `a${index}`, grant_micro: 1000, name: 'a', owner: 'host', type: 'create_agent' })
    const hash = stateHash(host.state)
    await host.stop()
    const journal = new SqliteJournal(openDatabase(join(folder, 'economy.sqlite')))
    expect(stateHash(await recover(journal))).toBe(hash)
    expect(stateHash(await recover({ latestSnapshot: () => null, read: (after) => journal.read(after) }))).toBe(hash)
    expect(await verify(journal, batchHash, GENESIS_HASH)).toMatchObject({ ok: true, records: 11 })
    await journal.close()
  })

  it('names the first bad sequence number of a journal that was tampered with', async () => {
    const { host } = await open()
    await host.submit(GENESIS)
    await host.submit({ agent_id: 'a', grant_micro: 1000, name: 'a', owner: 'host', type: 'create_agent' })
    const second = host.state.seq
    await host.submit({ agent_id: 'a', amount_micro: 7, owner: 'operator', type: 'fund' })
    await host.stop()
    const database = openDatabase(join(folder, 'economy.sqlite'))
    const row = database.prepare('SELECT number, commands, events, previous_hash FROM batches ORDER BY number DESC LIMIT 1').get() as {
      number: number
      commands: string
      events: string
      previous_hash: string
    }
    const events = row.events.replaceAll('0.000007', '0.000008')
    database.prepare('UPDATE batches SET events = ? WHERE number = ?').run(events, row.number)
    expect(await verify(new SqliteJournal(database), batchHash, GENESIS_HASH)).toMatchObject({ bad_seq: second + 1, ok: false })
    // Even with a hash made to fit, re-execution tells.
    database.prepare('UPDATE batches SET hash = ? WHERE number = ?').run(batchHash(row.previous_hash, row.commands, events), row.number)
    expect(await verify(new SqliteJournal(database), batchHash, GENESIS_HASH)).toMatchObject({
      bad_seq: second + 1,
      ok: false,
      problem: expect.stringContaining('re-executing'),
    })
    database.exec('DELETE FROM snapshots')
    await expect(recover(new SqliteJournal(database))).rejects.toThrow(`sequence number ${second + 1}`)
    database.close()
  })

  it('never carries out an id again that the state has forgotten', async () => {
    const { database, host } = await open()
    await host.submit({ ...GENESIS, params: { ...DEFAULT_PARAMS, command_memory_ms: 1 } })
    const fund = { agent_id: 'a', amount_micro: 5, id: 'once', owner: 'operator', type: 'fund' } as const
    await host.submit({ agent_id: 'a', grant_micro: 1000, name: 'a', owner: 'host', type: 'create_agent' })
    await host.submit(fund)
    for (let index = 0; index < 5; index++) await host.submit({ agent_id: 'a', amount_micro: 1, id: `later-${index}`, owner: 'operator', type: 'fund' })
    expect(host.state.remembered.has('operator once')).toBe(false)
    expect(await host.submit(fund)).toMatchObject({ ok: false, refusal: { code: 'id_reused' } })
    await host.stop()
    expect(database.isOpen).toBe(false)
  })

  it('nor one whose time is over while the state still holds it', async () => {
    const { host } = await open()
    await host.submit({ ...GENESIS, params: { ...DEFAULT_PARAMS, command_memory_ms: 1 } })
    const create = (name: string) => host.submit({ agent_id: name, grant_micro: 1000, name, owner: 'host', type: 'create_agent' })
    await create('a')
    const fund = { agent_id: 'a', amount_micro: 5, id: 'once', owner: 'operator', type: 'fund' } as const
    expect(await host.submit(fund)).toMatchObject({ ok: true, repeated: false })
    const then = host.state.at_ms
    for (let index = 0; host.state.at_ms <= then + 1; index++) await create(`later-${index}`)
    expect(await host.submit(fund)).toMatchObject({ ok: true, repeated: true })
    await host.stop()
  })
})

describe('economy time', () => {
  it('never runs back and meets a stepped wall clock at one per cent', () => {
    let wall = 10_000
    let monotonic = 0
    const clock = createWallClock(
      20_000,
      () => wall,
      () => monotonic,
    )
    expect(clock.now()).toBe(20_000)
    monotonic += 1000
    wall += 1000
    expect(clock.now()).toBe(20_990)
    wall = 1_000_000
    monotonic += 1000
    expect(clock.now()).toBe(22_000)
    wall = 0
    monotonic += 1000
    expect(clock.now()).toBe(22_990)
  })
})
