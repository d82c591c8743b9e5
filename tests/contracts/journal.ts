import { DEFAULT_PARAMS, assertConserved, canonicalJson, createState, freeMicro, movementsIn, restore, snapshot, stateHash } from '@syntropism/economy'
import { describe, expect, it } from 'vitest'
import { createMemoryBus } from '../../packages/runtime/src/bus/index.ts'
import { Host, recover, stateAt, verify } from '../../packages/runtime/src/host/index.ts'
import { readEvents } from '../../packages/runtime/src/live/index.ts'
import type { Journal, StoredBatch } from '../../packages/runtime/src/ports/index.ts'
import { rebuild } from '../../packages/runtime/src/archive/index.ts'
import { READ_MODELS } from '../../packages/runtime/src/store/changes.ts'
import {
  GENESIS_HASH,
  type Movement,
  type Queries,
  balanceAt,
  batchHash,
  lastMovements,
  movementNumbered,
  movementsOf,
  selectAgents,
  spendBy,
} from '../../packages/runtime/src/store/index.ts'

/** A database that holds one economy and can be opened again and again. */
export interface Place {
  open(): Promise<{ readonly journal: Journal; readonly queries: Queries }>
  remove(): Promise<void>
}

const T0 = 1_700_000_000_000
const FAIL = (error: unknown): never => {
  throw error
}
const owner = 'host'
const PRICE = {
  cache_read_per_million: 0,
  cache_write_per_million: 0,
  image_input_per_million: 0,
  input_per_million: 1_000_000,
  output_per_million: 2_000_000,
  reasoning_per_million: 0,
  request_micro_usd: 0,
}

/** An economy in which every read model gets rows. */
export async function populate(journal: Journal): Promise<Host> {
  let now = T0
  const host = await Host.open({ bus: createMemoryBus(FAIL), createClock: () => ({ now: () => (now += 50) }), journal, onFatal: FAIL, snapshot_every: 20 })
  const params = { ...DEFAULT_PARAMS, llm_micro_usd_per_minute: 60_000, starvation_ms: 0 }
  const send = async (draft: object): Promise<void> => {
    const outcome = await host.submit({ owner, ...draft } as never)
    if (!outcome.ok) throw new Error(`${JSON.stringify(draft)}: ${outcome.refusal.code}`)
  }
  await send({ economy_id: 'places', params, rules_version: 1, type: 'genesis' })
  await send({ cpu_millicores: 1000, executor_id: 'x', incarnation: 'i', memory_mb: 2048, reports: false, type: 'register_executor' })
  await send({ human_id: 'ada', on_duty: true, type: 'set_duty' })
  const standing_bid = { bundle: { cpu: 300_000, memory: 100_000 }, duration_ms: 500, limit_micro: 20_000_000, margin_ppm: 100_000, pause_ms: 100 }
  for (const agent_id of ['a', 'b', 'Z']) await send({ agent_id, grant_micro: 900_000_000, name: `“${agent_id}”\u0000\\"`, standing_bid, type: 'create_agent' })
  await send({ agent_id: 'b', cost_micro: 5, payment: 'on_response', service_name: 's', specification: {}, type: 'register_service' })
  await send({ agent_id: 'a', amount_micro: 9_000_000, content: { title: 'naïve \u0000' }, owner: 'agent:a', type: 'file_prompt' })
  await send({ human_id: 'ada', owner: 'human:ada', prompt_id: 'prompt-1', scores: { interesting: 7, understandable: 8, useful: 6 }, type: 'score_prompt' })
  await send({ endowment_micro: 200_000_000, name: 'child', owner: 'agent:a', parent_id: 'a', type: 'spawn' })
  await send({ content: 'hallo', from_agent_id: 'b', owner: 'agent:b', to_agent_id: 'a', type: 'send_message' })
  await send({ agent_id: 'b', amount_micro: 50_000_000, bundle: { llm: 500_000 }, duration_ms: 60_000, payer_id: 'b', type: 'place_bid' })
  await send({ type: 'tick' })
  const call = { agent_id: 'b', model: 'm', output_tokens_max: 100, owner: 'agent:b', price: PRICE, prompt_tokens_max: 100 }
  await send({ ...call, request_hash: '0'.repeat(64), type: 'admit_llm_call', upstream_id: 'u' })
  for (let round = 0; round < 30; round++)
    await Promise.all([
      send({ amount_micro: 1_000 + round, from_agent_id: 'a', id: `pay-${round}`, owner: 'agent:a', purpose: 'work', to_agent_id: 'b', type: 'transfer' }),
      send({ amount_micro: 7, from_agent_id: 'b', owner: 'agent:b', purpose: 'back', to_agent_id: 'a', type: 'transfer' }),
      send({ type: 'tick' }),
    ])
  const line = (from_agent_id: string, to_agent_id: string, amount_micro: number) => ({
    amount_micro,
    from_agent_id,
    purpose: 'pay\u0000 “round”',
    to_agent_id,
  })
  const transfers = Array.from({ length: 70 }, (_, index) => (index % 2 === 0 ? line('a', 'b', index + 1) : line('b', 'Z', 2)))
  await send({ id: 'round', linked: false, owner: 'operator', transfers: [...transfers, line('b', 'b', 1)], type: 'transfer_batch' })
  await send({ agent_id: 'Z', audit: { by: 'olga', reason: 'a test' }, owner: 'operator', reason: 'a test', type: 'kill_agent' })
  return host
}

const freeOf = (host: Host, agentId: string): number => {
  const agent = host.state.agents.get(agentId)
  return agent === undefined ? 0 : freeMicro(host.state, agent)
}

/** One place for one test. */
const within =
  (create: () => Promise<Place>) =>
  async (use: (place: Place) => Promise<void>): Promise<void> => {
    const place = await create()
    try {
      await use(place)
    } finally {
      await place.remove()
    }
  }

/** What every journal must hold to, whatever the database. */
export function journalCases(name: string, create: () => Promise<Place>): void {
  describe(`the journal in ${name}`, () => {
    recordCases(within(create))
    readCases(within(create))
    movementCases(within(create))
    rebuildCases(within(create))
  })
}

type Within = ReturnType<typeof within>

/** Every row of every read model, in an order of its own. */
async function readModels(queries: Queries): Promise<Record<string, string[]>> {
  const tables: Record<string, string[]> = {}
  for (const table of READ_MODELS) tables[table] = (await queries.selectFrom(table).selectAll().execute()).map((row) => canonicalJson(row)).sort()
  return tables
}

function rebuildCases(on: Within): void {
  it('makes its read models anew, equal to those written step by step', () =>
    on(async (place) => {
      const { journal, queries } = await place.open()
      const host = await populate(journal)
      const before = await readModels(queries)
      for (const table of ['agents', 'holdings', 'llm_calls', 'messages', 'movement_marks', 'movement_pages', 'postings', 'prompts', 'receipts', 'services'])
        expect(before[table]?.length, table).toBeGreaterThan(0)
      await queries.deleteFrom('movement_pages').where('first_number', '>', 7).execute()
      await queries.updateTable('holdings').set({ balance_micro: 1, last_number: 1 }).execute()
      expect(await readModels(queries)).not.toEqual(before)
      expect(await rebuild(journal)).toBe(journal.last_number)
      expect(await readModels(queries)).toEqual(before)
      await host.submit({ agent_id: 'a', amount_micro: 5, owner: 'operator', type: 'fund' })
      expect((await movementsOf(queries, 'a', { limit: 1 }))[0]).toMatchObject({ amount_micro: 5, purpose: 'grant', seq: host.state.seq })
      expect(await balanceAt(queries, 'a', host.state.seq)).toEqual({ balance_micro: freeOf(host, 'a'), held_micro: host.state.agents.get('a')?.held_micro })
      await host.stop()
    }))

  it('leaves its read models as they were when a record is not as it was', () =>
    on(async (place) => {
      const { journal, queries } = await place.open()
      const host = await populate(journal)
      const before = await readModels(queries)
      async function* altered(): AsyncGenerator<StoredBatch> {
        for await (const batch of journal.read(0)) yield batch.number === 20 ? { ...batch, commands_json: `${batch.commands_json} ` } : batch
      }
      await expect(rebuild({ read: altered, rewriteReadModels: () => journal.rewriteReadModels() })).rejects.toMatchObject({ code: 'corrupt' })
      expect(await readModels(queries)).toEqual(before)
      await host.stop()
    }))
}

function recordCases(on: Within): void {
  it('is empty at first, and holds all that was committed when it is opened again', () =>
    on(async (place) => {
      const first = await place.open()
      expect([first.journal.last_number, await first.journal.latestSnapshot()]).toEqual([0, null])
      const host = await populate(first.journal)
      const [hash, number] = [stateHash(host.state), first.journal.last_number]
      await host.stop()
      const again = await place.open()
      expect(again.journal.last_number).toBe(number)
      const state = await recover(again.journal)
      expect(stateHash(state)).toBe(hash)
      assertConserved(state.ledger)
      expect(stateHash(await recover({ latestSnapshot: () => null, read: (after) => again.journal.read(after) }))).toBe(hash)
      expect(await verify(again.journal, batchHash, GENESIS_HASH)).toMatchObject({ ok: true, records: number })
      await again.journal.close()
    }))

  it('knows each id that was used, by its owner', () =>
    on(async (place) => {
      const { journal } = await place.open()
      const host = await populate(journal)
      const ids = [
        { id: 'pay-3', owner: 'agent:a' },
        { id: 'pay-3', owner: 'agent:b' },
        { id: `"\\{}',NULL`, owner: 'agent:a' },
        { id: 'pay-29', owner: 'agent:a' },
      ]
      const numbers = await journal.findCommandIds(ids)
      expect(numbers.map((one) => one !== null)).toEqual([true, false, false, true])
      const found = (await stateAt(journal, { seq: host.state.seq })).state
      expect(found.remembered.has('agent:a pay-3')).toBe(true)
      await host.stop()
    }))

  it('writes nothing of a record that it refuses', () =>
    on(async (place) => {
      const { journal, queries } = await place.open()
      const host = await populate(journal)
      const events = await readEvents(queries, { after_seq: 0, limit: 100_000 })
      const [seq, number] = [host.state.seq, journal.last_number]
      // The id was used before: the whole transaction fails with it.
      const commit = async (): Promise<void> =>
        journal.commit({ commands: [], events: events.slice(-1), ids: [{ id: 'pay-3', owner: 'agent:a' }], number: number + 1, postings: [] }, host.state)
      await expect(commit()).rejects.toMatchObject({ code: 'unavailable', name: 'JournalError' })
      expect((await readEvents(queries, { after_seq: 0, limit: 100_000 })).at(-1)?.seq).toBe(seq)
      expect(journal.last_number).toBe(number)
      await journal.close()
    }))
}

function readCases(on: Within): void {
  it('finds the record that reaches a moment, and keeps the snapshots from which the past is near', () =>
    on(async (place) => {
      const { journal } = await place.open()
      const host = await populate(journal)
      const newest = await journal.latestSnapshot()
      expect(newest?.number).toBeGreaterThan(20)
      expect(snapshot(restore(newest?.text ?? ''))).toBe(newest?.text)
      const before = await journal.latestSnapshot(newest?.number)
      expect(before?.number).toBeLessThan(newest?.number ?? 0)
      expect(await journal.recordReaching({ seq: 1 })).toBe(1)
      expect(await journal.recordReaching({ seq: host.state.seq + 1 })).toBeNull()
      expect(await journal.recordReaching({ at_ms: host.state.at_ms })).toBeNull()
      expect(await journal.recordReaching({ at_ms: 0 })).toBe(1)
      expect((await stateAt(journal, { seq: 1 }, 'before')).state.seq).toBe(createState().seq)
      await host.stop()
    }))

  it('answers about balances at any sequence number, and its read models agree with the state', () =>
    on(async (place) => {
      const { journal, queries } = await place.open()
      const host = await populate(journal)
      const agents = await selectAgents(queries).orderBy('agent_id').execute()
      expect(agents.map((row) => row.agent_id)).toEqual(['Z', 'a', 'agent-1', 'b'])
      for (const row of agents) {
        const { balance_micro, held_micro, status } = row
        expect(await balanceAt(queries, row.agent_id, host.state.seq)).toEqual({ balance_micro, held_micro })
        expect([balance_micro, held_micro, status]).toEqual([
          freeOf(host, row.agent_id),
          host.state.agents.get(row.agent_id)?.held_micro,
          host.state.agents.get(row.agent_id)?.status,
        ])
      }
      const created = (await readEvents(queries, { after_seq: 0, limit: 9, type: 'agent_created' }))[0]
      expect(await balanceAt(queries, 'a', created?.seq ?? 0)).toEqual({ balance_micro: 0, held_micro: 0 })
      expect(await queries.selectFrom('prompts').select(['status', 'human_id']).execute()).toEqual([{ human_id: 'ada', status: 'scored' }])
      expect((await queries.selectFrom('receipts').selectAll().execute()).length).toBeGreaterThan(2)
      expect(await spendBy(queries, 'hour')).toEqual(await spendBy(queries, 'model').then((rows) => rows.map((row) => ({ ...row, name: '2023-11-14T22:00Z' }))))
      await host.stop()
    }))
}

/** Movements as the events tell them, one after the other: the obvious way. */
async function told(queries: Queries): Promise<Movement[]> {
  const events = await readEvents(queries, { after_seq: 0, limit: 1_000_000 })
  return events.flatMap((event) =>
    movementsIn(event).map(({ amount: _amount, ...rest }) => ({
      ...rest,
      at_ms: event.at_ms,
      number: Number(rest.transfer_id.slice('transfer-'.length)),
      seq: event.seq,
    })),
  )
}

function movementCases(on: Within): void {
  it('follows everyone’s movements page by page, and answers as the events tell it', () =>
    on(async (place) => {
      const { journal, queries } = await place.open()
      const host = await populate(journal)
      const all = await told(queries)
      expect(all.length).toBeGreaterThan(200)
      expect(await lastMovements(queries, 1_000_000)).toEqual(all.toReversed())
      expect(await lastMovements(queries, 70)).toEqual(all.slice(-70).reverse())
      expect([await lastMovements(queries, 0), await movementNumbered(queries, 0), await movementNumbered(queries, Number.NaN)]).toEqual([[], null, null])
      expect(await movementNumbered(queries, all.length + 1)).toBeNull()
      for (const movement of all) expect(await movementNumbered(queries, movement.number)).toEqual(movement)
      for (const party of ['a', 'b', 'Z', 'agent-1', 'mint', 'burn', 'nobody']) {
        const own = all.filter(({ from_agent, to_agent }) => from_agent === party || to_agent === party).reverse()
        expect(await movementsOf(queries, party, { limit: 1_000_000 }), party).toEqual(own)
        for (const before_seq of [0, 1, ...own.map(({ seq }) => seq), host.state.seq + 1])
          expect(await movementsOf(queries, party, { before_seq, limit: 5 }), party).toEqual(own.filter(({ seq }) => seq < before_seq).slice(0, 5))
      }
      await host.stop()
    }))

  it('knows what everyone had free and in holds after every single event', () =>
    on(async (place) => {
      const { journal, queries } = await place.open()
      const host = await populate(journal)
      const had = new Map<string, { balance_micro: number; held_micro: number }>()
      const of = (party: string) => had.get(party) ?? { balance_micro: 0, held_micro: 0 }
      const move = (party: string, account: string, change: number): void => {
        const { balance_micro, held_micro } = of(party)
        had.set(party, account === 'holds' ? { balance_micro, held_micro: held_micro + change } : { balance_micro: balance_micro + change, held_micro })
      }
      const all = await told(queries)
      for (const seq of new Set(all.map((movement) => movement.seq))) {
        const movements = all.filter((movement) => movement.seq === seq)
        const parties = new Set(movements.flatMap(({ from_agent, to_agent }) => [from_agent, to_agent]))
        for (const party of parties) expect(await balanceAt(queries, party, seq - 1)).toEqual(of(party))
        for (const { amount_micro, from_account, from_agent, to_account, to_agent } of movements) {
          move(from_agent, from_account, -amount_micro)
          move(to_agent, to_account, amount_micro)
        }
        for (const party of parties) expect(await balanceAt(queries, party, seq)).toEqual(of(party))
      }
      for (const party of ['a', 'b', 'Z', 'mint', 'burn']) expect(await balanceAt(queries, party, host.state.seq)).toEqual(of(party))
      expect(await balanceAt(queries, 'nobody', 10)).toEqual({ balance_micro: 0, held_micro: 0 })
      await host.stop()
    }))
}
