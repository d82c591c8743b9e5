import { DEFAULT_PARAMS, type WinnerProblem } from '@syntropism/economy'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createMemoryBus } from '../bus/index.ts'
import { Host } from '../host/index.ts'
import { Inquiries } from '../inquiry/index.ts'
import type { ClearingSolver } from '../ports/index.ts'
import { SqliteJournal, createQueries, openDatabase } from '../store/index.ts'
import { Tokens, createService, hashToken } from './index.ts'

const T0 = 1_700_000_000_000
const LIMIT_MS = 1000
let host: Host

/** Three bids on one executor: the dearest wants all of it, the two others half each and offer more together. */
beforeEach(async () => {
  host = await Host.open({
    bus: createMemoryBus(() => undefined),
    createClock: () => ({ now: () => T0 }),
    journal: new SqliteJournal(openDatabase(':memory:')),
    onFatal: (error) => {
      throw error
    },
  })
  const owner = 'host'
  await host.submit({ economy_id: 'asked', owner, params: DEFAULT_PARAMS, rules_version: 1, type: 'genesis' })
  await host.submit({ cpu_millicores: 1000, executor_id: 'x', incarnation: 'i', memory_mb: 1000, owner, reports: false, type: 'register_executor' })
  for (const [agent_id, share, amount_micro, tip_micro] of [
    ['whole', 1_000_000, 30_000_000, 1_000_000],
    ['left', 500_000, 20_000_000, 7_000_000],
    ['right', 500_000, 18_000_000, 2_000_000],
  ] as const) {
    await host.submit({ agent_id, grant_micro: 100_000_000, name: agent_id, owner, type: 'create_agent' })
    const bundle = { cpu: share, memory: share }
    await host.submit({ agent_id, amount_micro, bundle, duration_ms: 1000, owner, payer_id: agent_id, tip_micro, type: 'place_bid' })
  }
})
afterEach(() => host.stop())

const solver = (solve: ClearingSolver['solve']): ClearingSolver => ({ close: () => Promise.resolve(), solve })
/** Takes the two halves, which is the optimum here, and proves it. */
const halves = solver(async (problem: WinnerProblem, { for_vcg }) => {
  const winners = problem.candidates.filter(({ quantities }) => quantities.cpu === 500).map(({ bid_id }) => ({ bid_id, executor_id: 'all' }))
  const welfare = problem.candidates.filter(({ quantities }) => quantities.cpu === 500).reduce((sum, one) => sum + one.offered_micro, 0)
  return {
    bound_micro: welfare,
    problem_hash: problem.problem_hash,
    welfare_without_micro: for_vcg ? Object.fromEntries(winners.map(({ bid_id }) => [bid_id, 30_000_000])) : null,
    winners,
  }
})

async function ask(query: string, inquiries?: Inquiries) {
  const queries = createQueries(openDatabase(':memory:'))
  const tokens = new Tokens([{ hash: hashToken('watcher'), role: 'observer' }])
  const app = createService({ host, ...(inquiries === undefined ? {} : { inquiries }), queries, readEvents: () => [], tokens })
  const answer = await app.request(`/market/what-if?${query}`, { headers: { authorization: 'Bearer watcher' } })
  return { body: (await answer.json()) as Record<string, unknown>, status: answer.status }
}

describe('what another mechanism would do', () => {
  it('is asked of the solver under exact, with VCG payments too', async () => {
    const answer = await ask('mechanism=exact&payments=vcg', new Inquiries(halves, LIMIT_MS))
    expect(answer).toMatchObject({
      body: { bound: 38_000_000, gap: 0, mechanism: 'exact', payment_rule: 'vcg', payments: { 'bid-2': 12_000_000, 'bid-3': 10_000_000 } },
      status: 200,
    })
    expect((await ask('mechanism=exact&payments=bid', new Inquiries(halves, LIMIT_MS))).body).toMatchObject({
      revenue: 38_000_000,
      winners: ['bid-2', 'bid-3'],
    })
  })

  it.each([
    ['there is none', undefined, 'no solver'],
    ['nothing came in time', solver(async () => null), 'found nothing within 1000 ms'],
    ['it failed', solver(() => Promise.reject(new Error('not installed'))), 'could not be used: not installed'],
  ])('is refused with the reason under exact when %s', async (_why, broken, reason) => {
    const { body, status } = await ask('mechanism=exact', broken === undefined ? undefined : new Inquiries(broken, LIMIT_MS))
    expect(status).toBe(422)
    expect(JSON.stringify(body)).toContain(reason)
  })

  it('has each bid offer its reserve and tip under posted prices, and pay that', async () => {
    // Reserves: 5 credits for the whole, 2.5 for a half.
    const { body } = await ask('mechanism=highest-bid&payments=posted')
    expect(body).toMatchObject({ payment_rule: 'posted', payments: { 'bid-2': 9_500_000, 'bid-3': 4_500_000 }, revenue: 14_000_000 })
    expect((await ask('mechanism=highest-bid&payments=bid')).body).toMatchObject({ payments: { 'bid-1': 30_000_000 } })
  })

  it('is refused for a pair that is not sound', async () => {
    expect((await ask('mechanism=shadow&payments=vcg')).status).toBe(422)
  })
})
