import { type Certificate, CommandSchema, type EconomyEvent, type Solution } from '@syntropism/contract'
import { DEFAULT_PARAMS, type WinnerProblem, winnerProblem } from '@syntropism/economy'
import { type ClearingSolver, ExactBeat, GENESIS_HASH, Host, SqliteJournal, batchHash, createMemoryBus, openDatabase, verify } from '@syntropism/runtime'
import { ThreadedSolver } from '@syntropism/solver'
import { afterAll, describe, expect, it } from 'vitest'

const START_MS = 1_700_000_000_000
const LIMIT_MS = 600_000
const thread = new ThreadedSolver()
afterAll(() => thread.close())

/** An economy with two executors, in virtual time, under `exact`. */
async function open(paymentRule: 'bid' | 'vcg', starvationMs = 0) {
  const database = openDatabase(':memory:')
  const journal = new SqliteJournal(database)
  const certificates: Certificate[] = []
  const events: EconomyEvent[] = []
  const bus = createMemoryBus((error) => {
    throw error
  })
  bus.subscribe((event) => {
    events.push(event)
    if (event.type === 'market_cleared') certificates.push(event.data.certificate)
  })
  let now = START_MS
  const host = await Host.open({
    bus,
    createClock: () => ({ now: () => now }),
    journal,
    onFatal: (error) => {
      throw error
    },
  })
  const owner = 'host'
  const params = { ...DEFAULT_PARAMS, mechanism: 'exact' as const, payment_rule: paymentRule, starvation_ms: starvationMs }
  await host.submit({ economy_id: 'exact', owner, params, rules_version: 1, type: 'genesis' })
  for (const executor_id of ['x', 'y'])
    await host.submit({ cpu_millicores: 500, executor_id, incarnation: 'i', memory_mb: 1024, owner, reports: false, type: 'register_executor' })
  const bid = async (agentId: string, cpu: number, amountMicro: number, durationMs = 1000): Promise<void> => {
    if (!host.state.agents.has(agentId)) await host.submit({ agent_id: agentId, grant_micro: 900_000_000, name: 'n', owner, type: 'create_agent' })
    const bundle = { cpu, memory: 100_000 }
    await host.submit({ agent_id: agentId, amount_micro: amountMicro, bundle, duration_ms: durationMs, owner, payer_id: agentId, type: 'place_bid' })
  }
  const check = async (again: Parameters<typeof verify>[3] = { solver: thread, time_limit_ms: LIMIT_MS }) => {
    const verdict = await verify(journal, batchHash, GENESIS_HASH, again)
    await host.stop()
    return verdict
  }
  return { bid, certificates, check, events, host, pass: (ms: number) => (now += ms) }
}

const mapOf = (winners: Solution['winners'], valueOf: (bidId: string) => number): Record<string, number> =>
  Object.fromEntries(winners.map(({ bid_id }) => [bid_id, valueOf(bid_id)]))

const beatWith = (solver: ClearingSolver, failures: unknown[] = []): ExactBeat => new ExactBeat(solver, LIMIT_MS, (error) => failures.push(error))

describe('a running economy under the mechanism exact', () => {
  it('clears by the recorded answer of a real solver on its own thread, with VCG payments, and verifies', async () => {
    const { bid, certificates, check, host } = await open('vcg')
    // One bid on a whole executor against two halves of it, on each of two executors.
    await bid('whole', 500_000, 30_000_000)
    await bid('a', 250_000, 20_000_000)
    await bid('b', 250_000, 19_000_000)
    await bid('c', 250_000, 18_000_000)
    await bid('d', 250_000, 5_000_000)
    await beatWith(thread).step(host)
    const [certificate] = certificates
    expect(certificate).toMatchObject({ bound_micro: 69_000_000, fallback: null, mechanism: 'exact', payment_rule: 'vcg', welfare_micro: 69_000_000 })
    const paid = Object.fromEntries(certificate?.winners.map((winner) => [winner.agent_id, winner.payment_micro]) ?? [])
    // Without a (or b): whole, and the two best of the rest. The reserve holds where nobody is displaced.
    const reserve = Math.min(...(certificate?.winners.map((winner) => winner.reserve_micro) ?? []))
    expect(paid).toEqual({ a: Math.max(reserve, 18_000_000), b: Math.max(reserve, 18_000_000), whole: 23_000_000 })
    expect(await check()).toMatchObject({ certificates: 1, ok: true, optima: { open: 0, proven: 1 } })
  })

  it.each(['bid', 'vcg'] as const)('is found out by solving again when the solver called less than the optimum optimal, under %s', async (paymentRule) => {
    const { bid, check, certificates, host } = await open(paymentRule)
    for (let index = 0; index < 14; index++) await bid(`a${index}`, 250_000, 20_000_000 + index * 1_000_000)
    const lying: ClearingSolver = {
      close: () => Promise.resolve(),
      async solve(problem, options) {
        const candidates = problem.candidates.slice(1)
        const answer = (await thread.solve({ ...problem, candidates }, options)) as Solution
        const least = Math.min(...problem.candidates.map((one) => one.offered_micro))
        return {
          ...answer,
          welfare_without_micro: answer.welfare_without_micro === null ? null : mapOf(answer.winners, () => (answer.bound_micro ?? 0) - least),
        }
      },
    }
    await beatWith(lying).step(host)
    expect(certificates).toMatchObject([{ fallback: null, mechanism: 'exact', payment_rule: paymentRule }])
    const verdict = await check()
    expect(verdict).toMatchObject({ ok: false })
    expect(verdict.problem).toMatch(/nothing above \d+ is possible, but a solver finds \d+/)
  })

  it('is found out when an optimum without a winner was not what the solver said', async () => {
    const { bid, check, host } = await open('vcg')
    for (let index = 0; index < 14; index++) await bid(`a${index}`, 250_000, 20_000_000 + index * 1_000_000)
    const lying: ClearingSolver = {
      close: () => Promise.resolve(),
      async solve(problem, options) {
        const answer = (await thread.solve(problem, options)) as Solution
        return { ...answer, welfare_without_micro: mapOf(answer.winners, (bidId) => (answer.welfare_without_micro?.[bidId] ?? 0) - 1) }
      },
    }
    await beatWith(lying).step(host)
    expect((await check()).problem).toMatch(/the optimum without bid-\d+ is \d+, not \d+/)
  })

  it('models the room kept for a starving bid', async () => {
    const { bid, certificates, check, host, pass } = await open('bid', 500)
    const beat = beatWith(thread)
    await bid('first', 300_000, 50_000_000, 1200)
    await bid('second', 300_000, 50_000_000, 9000)
    await beat.step(host)
    await bid('big', 500_000, 40_000_000)
    for (let turn = 0; turn < 16; turn++) {
      pass(100)
      await bid(`t${turn}`, 150_000, 6_000_000 + turn, turn < 6 ? 400 : 5000)
      await beat.step(host)
    }
    const kept = certificates.filter((one) => one.reserved !== null)
    expect(kept.length).toBeGreaterThan(0)
    expect(certificates.every((one) => one.mechanism === 'exact' && one.fallback === null)).toBe(true)
    expect(certificates.some((one) => one.winners.some((winner) => winner.agent_id === 'big'))).toBe(true)
    expect(await check()).toMatchObject({ ok: true })
  })

  it('goes by the default rules when the solver gives no answer or fails, and says why', async () => {
    const { bid, certificates, check, host, pass } = await open('vcg')
    const failures: unknown[] = []
    await bid('a', 250_000, 20_000_000)
    await beatWith({ close: async () => undefined, solve: async () => null }).step(host)
    pass(2000)
    await bid('a', 250_000, 20_000_000)
    await beatWith({ close: async () => undefined, solve: () => Promise.reject(new Error('out of memory')) }, failures).step(host)
    expect(certificates.map(({ fallback, mechanism, payment_rule }) => [fallback, mechanism, payment_rule])).toEqual([
      ['no_answer', 'highest-bid', 'bid'],
      ['no_answer', 'highest-bid', 'bid'],
    ])
    expect(failures).toMatchObject([{ message: 'out of memory' }])
    expect(await check()).toMatchObject({ certificates: 2, ok: true })
  })

  it('lets deadlines fall due while the solver works, and never shows an answer for an older book as optimal', async () => {
    const { bid, certificates, check, events, host, pass } = await open('bid')
    let answer: (solution: Solution | null) => void = () => undefined
    let ask: (problem: WinnerProblem) => void = () => undefined
    const asked = new Promise<WinnerProblem>((resolve) => (ask = resolve))
    const beat = beatWith({
      close: async () => undefined,
      solve: (problem) =>
        new Promise((resolve) => {
          answer = resolve
          ask(problem)
        }),
    })
    await bid('a', 250_000, 20_000_000)
    const own = {
      agent_id: 'a',
      amount_micro: 1,
      bundle: { cpu: 100_000, memory: 100_000 },
      duration_ms: 500,
      expires_at_ms: START_MS + 50,
      owner: 'host',
      payer_id: 'a',
    }
    await host.submit({ ...own, type: 'place_bid' })
    const solving = beat.step(host)
    const problem = await asked
    pass(100)
    await beat.step(host)
    expect(events.filter((event) => event.type === 'bid_rejected')).toHaveLength(1)
    expect(certificates).toHaveLength(0)
    await bid('b', 250_000, 30_000_000)
    answer(await thread.solve(problem, { for_vcg: false, time_limit_ms: LIMIT_MS }))
    await solving
    const [certificate] = certificates
    expect(certificate).toMatchObject({ fallback: null, mechanism: 'exact' })
    expect(certificate?.winners.map((winner) => winner.agent_id)).toEqual(['a', 'b'])
    // The solver's bound was for the book before; what is shown rests on the prices of this one.
    expect(certificate?.bound_micro).toBeGreaterThanOrEqual(50_000_000)
    expect(await check()).toMatchObject({ ok: true })
  })
})

describe('the solver on its own thread', () => {
  it('answers a problem exactly, proves it, and starts again after it was closed', async () => {
    const { bid, host } = await open('bid')
    for (let index = 0; index < 12; index++) await bid(`a${index}`, 100_000 + index * 10_000, 10_000_000 + ((index * 7) % 5) * 1_000_000)
    const problem = winnerProblem(host.state) as WinnerProblem
    const solver = new ThreadedSolver()
    const first = await solver.solve(problem, { for_vcg: true, time_limit_ms: LIMIT_MS })
    await solver.close()
    const second = await solver.solve(problem, { for_vcg: false, time_limit_ms: LIMIT_MS })
    await solver.close()
    expect(first?.bound_micro).toBe(second?.bound_micro)
    expect(Object.keys(first?.welfare_without_micro ?? {}).sort()).toEqual(first?.winners.map((winner) => winner.bid_id).sort())
    expect(CommandSchema.safeParse({ at_ms: START_MS, owner: 'host', solution: first, type: 'tick' }).success).toBe(true)
    await host.stop()
  })
})
