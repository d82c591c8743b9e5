import type { EconomyEvent } from '@syntropism/contract'
import { DEFAULT_PARAMS, MECHANISMS, type Mechanism } from '@syntropism/economy'
import { ExactBeat, Host, Inquiries, SqliteJournal, createMemoryBus, openDatabase, pathsOf } from '@syntropism/runtime'
import { ThreadedSolver } from '@syntropism/solver'
import { afterAll, describe, expect, it } from 'vitest'
import { removeDir, run, tempDir } from '../program.ts'

const START_MS = 1_700_000_000_000
const LIMIT_MS = 600_000
const BIDS = 22
/** Seed of a book, and which of its bids is asked about. */
const DRAWN = [
  [1, 3],
  [2, 17],
  [3, 8],
  [4, 5],
  [5, 12],
] as const
const thread = new ThreadedSolver()
afterAll(() => thread.close())

interface Own {
  readonly amount_micro: number
  readonly place: number
}

/** An economy with two executors and a full book drawn from a seed, in which one bid, the only one that expires, offers something else. */
async function openBook(mechanism: Mechanism, seed: number, own: Own, path = ':memory:') {
  const database = openDatabase(path)
  const events: EconomyEvent[] = []
  const bus = createMemoryBus((error) => {
    throw error
  })
  bus.subscribe((event) => void events.push(event))
  let now = START_MS
  const host = await Host.open({
    bus,
    createClock: () => ({ now: () => now }),
    journal: new SqliteJournal(database),
    onFatal: (error) => {
      throw error
    },
  })
  const owner = 'host'
  const params = { ...DEFAULT_PARAMS, llm_micro_usd_per_minute: 60_000, mechanism, payment_rule: 'bid' as const }
  await host.submit({ economy_id: 'lowest', owner, params, rules_version: 1, type: 'genesis' })
  for (const executor_id of ['x', 'y'])
    await host.submit({ cpu_millicores: 900, executor_id, incarnation: 'i', memory_mb: 2000, owner, reports: false, type: 'register_executor' })
  let word = seed
  const below = (most: number): number => {
    word = (Math.imul(word, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((word / 2 ** 32) * most)
  }
  let bidId = ''
  for (let index = 0; index < BIDS; index++) {
    const agent = { agent_id: `a${index}`, payer_id: `a${index}` }
    await host.submit({ agent_id: agent.agent_id, grant_micro: 900_000_000, name: 'n', owner, type: 'create_agent' })
    const bundle = { cpu: 50_000 + below(150_000), llm: 1 + below(150_000), memory: 50_000 + below(150_000) }
    const amount = 5_000_000 + below(40_000_000)
    const outcome = await host.submit({
      ...agent,
      amount_micro: index === own.place ? own.amount_micro : amount,
      bundle,
      duration_ms: 1000,
      ...(index === own.place ? { expires_at_ms: START_MS + 50 } : {}),
      owner,
      type: 'place_bid',
    })
    if (index === own.place && outcome.ok) bidId = String(outcome.result.bid_id)
  }
  return { bidId, events, host, pass: (ms: number) => (now += ms) }
}

const beatOf = (mechanism: Mechanism): ExactBeat | null =>
  mechanism === 'exact'
    ? new ExactBeat(thread, LIMIT_MS, (error) => {
        throw error
      })
    : null

/** Whether the bid wins when the economy itself clears that book. */
async function wins(mechanism: Mechanism, seed: number, own: Own): Promise<boolean> {
  const { bidId, events, host } = await openBook(mechanism, seed, own)
  await (beatOf(mechanism)?.step(host) ?? host.submit({ owner: 'host', type: 'tick' }))
  await host.stop()
  return events.some((event) => event.type === 'resources_allocated' && event.data.bid_id === bidId)
}

describe('the lowest winning price of a bid, on request', () => {
  it.each(MECHANISMS)('is one at which the economy lets it in under %s, and with one less it does not', async (mechanism) => {
    const inquiries = new Inquiries(mechanism === 'exact' ? new ThreadedSolver() : null, LIMIT_MS)
    let [told, aboveReserve] = [0, 0]
    // A solver's second opinion takes its time.
    for (const [seed, place] of mechanism === 'exact' ? DRAWN.slice(0, 2) : DRAWN) {
      const { bidId, host } = await openBook(mechanism, seed, { amount_micro: 1, place })
      const bid = host.state.bids.get(bidId)
      if (bid === undefined) throw new Error(`bid ${bidId} is not open`)
      const { amount_micro: amount, is_estimate: isEstimate } = await inquiries.lowestWinning(host.state, bid)
      await host.stop()
      expect(isEstimate).toBe(false)
      if (amount === null) {
        expect(await wins(mechanism, seed, { amount_micro: 800_000_000, place })).toBe(false)
        continue
      }
      told += 1
      expect(await wins(mechanism, seed, { amount_micro: amount, place })).toBe(true)
      expect(await wins(mechanism, seed, { amount_micro: amount - 1, place })).toBe(false)
      if (amount > 1_000_000) aboveReserve += 1
    }
    await inquiries.close()
    expect(told).toBeGreaterThan(0)
    if (mechanism !== 'drf') expect(aboveReserve).toBeGreaterThan(0)
  })

  it('is an estimate under exact when there is no solver to prove it', async () => {
    const { bidId, host } = await openBook('exact', 1, { amount_micro: 1, place: 3 })
    const inquiries = new Inquiries(null, LIMIT_MS)
    const bid = host.state.bids.get(bidId)
    expect(bid === undefined ? null : await inquiries.lowestWinning(host.state, bid)).toMatchObject({ clearings: 0, is_estimate: true })
    await host.stop()
  })

  it.each(['highest-bid', 'shadow', 'exact'] as const)('is told by why for a bid that has ended, under %s', async (mechanism) => {
    const data = tempDir()
    try {
      const { bidId, host, pass } = await openBook(mechanism, 4, { amount_micro: 1, place: 5 }, pathsOf(data).database)
      pass(100)
      await host.submit({ owner: 'host', type: 'tick' })
      await host.stop()
      const { code, stderr, stdout } = await run(['why', bidId, '--data', data, '--solve-limit-ms', String(LIMIT_MS)])
      expect([code, stderr]).toEqual([0, ''])
      const seen = { exact: 'clearing again [345] times', 'highest-bid': 'credits would have won\\.', shadow: 'clearing again \\d+ times' }[mechanism]
      expect(stdout).toMatch(new RegExp(`^${bidId} ended without a window \\(expired\\); .*${seen}`))
      const told = [...stdout.split('\n')[0]!.matchAll(/([\d,.]+) credits would have won/g)].map(([, credits = '']) =>
        Math.round(Number(credits.replaceAll(',', '')) * 1e6),
      )
      const amount = told.at(-1) ?? 0
      expect(await wins(mechanism, 4, { amount_micro: amount, place: 5 })).toBe(true)
      expect(await wins(mechanism, 4, { amount_micro: amount - 1, place: 5 })).toBe(false)
    } finally {
      removeDir(data)
    }
  })

  it.each([
    ['highest-bid', undefined],
    ['shadow', true],
    ['exact', true],
  ] as const)('stands in the event that ends a bid; under %s it is marked as an estimate: %s', async (mechanism, marked) => {
    const { bidId, events, host, pass } = await openBook(mechanism, 4, { amount_micro: 1, place: 5 })
    pass(100)
    await host.submit({ owner: 'host', type: 'tick' })
    await host.stop()
    const end = events.find((event) => event.type === 'bid_rejected' && event.data.bid_id === bidId)
    if (end?.type !== 'bid_rejected') throw new Error(`no event ends ${bidId}`)
    expect(end.data.reason).toBe('expired')
    expect(end.data.lowest_winning_is_estimate).toBe(marked)
    expect(end.data.lowest_winning_micro).toBeGreaterThan(0)
  })
})
