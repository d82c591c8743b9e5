import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MECHANISMS, PAYMENT_RULES, unsoundPairing } from '../mechanisms/index.ts'
import { type Answer, type Candidate, type Market, type Rules, byHighestBid, clearMarket, onePerAgent } from './index.ts'
import { freshMarket } from './ranking.ts'
import { lowestWinningMicro } from './thresholds.ts'

const NOW_MS = 1000
const GREEDY = ['highest-bid', 'density', 'density-sqrt'] as const

interface Drawn {
  readonly agent: number
  readonly attention: number
  readonly cpu: number
  readonly duration_ms: number
  readonly llm: number
  readonly memory: number
  readonly offered: number
  readonly reserve: number
}

const drawn = fc.record({
  agent: fc.nat(12),
  attention: fc.nat(1),
  cpu: fc.nat(6),
  duration_ms: fc.integer({ max: 3000, min: 500 }),
  llm: fc.nat(5),
  memory: fc.integer({ max: 6, min: 1 }),
  offered: fc.integer({ max: 40, min: 1 }),
  reserve: fc.integer({ max: 12, min: 1 }),
})

/** Eligible bids, executors and a reservation: everything that a clearing depends on. */
const markets = fc.record({
  attention: fc.integer({ max: 3, min: -1 }),
  bids: fc.array(drawn, { maxLength: 14, minLength: 6 }),
  llm: fc.integer({ max: 12, min: 0 }),
  reserved: fc.option(fc.record({ by: fc.nat(13), on: fc.nat(2), spare: fc.nat(3), starts_in_ms: fc.integer({ max: 2500, min: 0 }) })),
  rooms: fc.array(fc.record({ cpu: fc.integer({ max: 14, min: -1 }), memory: fc.integer({ max: 12, min: 0 }) }), { maxLength: 3, minLength: 1 }),
})
type DrawnMarket = typeof markets extends fc.Arbitrary<infer T> ? T : never

function eligibleOf(bids: readonly Drawn[]): Candidate[] {
  return bids
    .map((bid, index) => ({
      agent_id: `a${bid.agent}`,
      bid_id: `b${index}`,
      duration_ms: bid.duration_ms,
      offered_micro: Math.max(bid.offered, bid.reserve),
      order: index,
      quantities: { attention: bid.attention, cpu: bid.cpu, llm: bid.llm, memory: bid.cpu === 0 ? 0 : bid.memory },
      reserve_micro: bid.reserve,
    }))
    .sort(byHighestBid)
}

function marketOf({ attention, bids, llm, reserved, rooms }: DrawnMarket): { eligible: Candidate[]; market: Omit<Market, 'candidates'> } {
  const executors = rooms.map((room, index) => ({ ...room, executor_id: `x${index}` }))
  const reservation =
    reserved === null
      ? null
      : {
          bid_id: `b${reserved.by}`,
          executor_id: executors[reserved.on]?.executor_id ?? null,
          spare: { attention: 1, cpu: reserved.spare, llm: reserved.spare, memory: reserved.spare },
          starts_at_ms: NOW_MS + reserved.starts_in_ms,
        }
  return { eligible: eligibleOf(bids), market: { at_ms: NOW_MS, reservation, supply: { attention, executors, llm } } }
}

const clear = (eligible: readonly Candidate[], market: Omit<Market, 'candidates'>, rules: Rules, answer: Answer = null) => {
  const sorted = [...eligible].sort(byHighestBid)
  return clearMarket({ ...freshMarket({ ...market, candidates: [] }), candidates: onePerAgent(sorted) }, sorted, rules, answer)
}
const withOffer = (eligible: readonly Candidate[], bidId: string, offer: number): Candidate[] =>
  eligible.flatMap((one) => (one.bid_id !== bidId ? [one] : offer < one.reserve_micro ? [] : [{ ...one, offered_micro: offer }]))
const wins = (eligible: readonly Candidate[], market: Omit<Market, 'candidates'>, rules: Rules, bidId: string, offer: number): boolean =>
  clear(withOffer(eligible, bidId, offer), market, rules).winners.some((win) => win.candidate.bid_id === bidId)

/** Every pair of rules that is sound and needs no solver. */
const SOUND = MECHANISMS.flatMap((mechanism) =>
  [...PAYMENT_RULES, 'posted' as const].flatMap((payment_rule) =>
    mechanism === 'exact' || unsoundPairing(mechanism, payment_rule) !== null ? [] : [{ mechanism, payment_rule }],
  ),
)

describe('a market under every sound pair of rules', () => {
  it('sells no more than there is, one window per agent, and charges from the reserve up to the offer', () => {
    fc.assert(
      fc.property(markets, fc.constantFrom(...SOUND), (drawnMarket, rules) => {
        const { eligible, market } = marketOf(drawnMarket)
        const { bound_micro: bound, welfare_micro: welfare, winners } = clear(eligible, market, rules)
        const used = { attention: 0, llm: 0 }
        const rooms = new Map(market.supply.executors.map((room) => [room.executor_id, { ...room }]))
        for (const { candidate, executor_id: executorId, payment_micro: payment } of winners) {
          expect(payment).toBeGreaterThanOrEqual(candidate.reserve_micro)
          expect(payment).toBeLessThanOrEqual(candidate.offered_micro)
          used.attention += candidate.quantities.attention
          used.llm += candidate.quantities.llm
          expect(executorId === null).toBe(candidate.quantities.cpu === 0)
          const room = rooms.get(executorId ?? '')
          if (room === undefined) continue
          room.cpu -= candidate.quantities.cpu
          room.memory -= candidate.quantities.memory
          expect(Math.min(room.cpu, room.memory)).toBeGreaterThanOrEqual(0)
        }
        expect(used.attention).toBeLessThanOrEqual(Math.max(0, market.supply.attention))
        expect(used.llm).toBeLessThanOrEqual(market.supply.llm)
        const running = winners.filter((win) => win.candidate.quantities.cpu > 0).map((win) => win.candidate.agent_id)
        expect(new Set(running).size).toBe(running.length)
        if (bound !== null) expect(bound).toBeGreaterThanOrEqual(welfare)
      }),
      { numRuns: 600, seed: 21 },
    )
  })

  it('a higher offer never loses where a lower one won, under the greedy rules', () => {
    fc.assert(
      fc.property(markets, fc.constantFrom(...GREEDY), fc.nat(13), fc.integer({ max: 20, min: 1 }), (drawnMarket, mechanism, index, more) => {
        const { eligible, market } = marketOf(drawnMarket)
        const own = eligible[index]
        const rules: Rules = { mechanism, payment_rule: 'bid' }
        if (own === undefined || !wins(eligible, market, rules, own.bid_id, own.offered_micro)) return
        expect(wins(eligible, market, rules, own.bid_id, own.offered_micro + more)).toBe(true)
      }),
      { numRuns: 500, seed: 22 },
    )
  })
})

describe('critical values with executors, reservations and several bids of an agent', () => {
  it('are the least offers that still win: one less loses', () => {
    let charged = 0
    fc.assert(
      fc.property(markets, fc.constantFrom(...GREEDY), (drawnMarket, mechanism) => {
        const { eligible, market } = marketOf(drawnMarket)
        const rules: Rules = { mechanism, payment_rule: 'critical' }
        for (const { candidate, payment_micro: payment } of clear(eligible, market, rules).winners) {
          expect(wins(eligible, market, rules, candidate.bid_id, payment)).toBe(true)
          if (payment === candidate.reserve_micro) continue
          charged += 1
          expect(wins(eligible, market, rules, candidate.bid_id, payment - 1)).toBe(false)
        }
      }),
      { numRuns: 600, seed: 23 },
    )
    expect(charged).toBeGreaterThan(300)
  })

  it.each([2, 4, 8])('are as exact in books of many bids, over %i executors', (executors) => {
    const many = fc.record({
      attention: fc.integer({ max: 6, min: 0 }),
      bids: fc.array(drawn, { maxLength: 70, minLength: 40 }),
      llm: fc.integer({ max: 60, min: 0 }),
      reserved: fc.constant(null),
      rooms: fc.array(fc.record({ cpu: fc.integer({ max: 20, min: 1 }), memory: fc.integer({ max: 20, min: 1 }) }), {
        maxLength: executors,
        minLength: executors,
      }),
    })
    let charged = 0
    fc.assert(
      fc.property(many, fc.constantFrom(...GREEDY), (drawnMarket, mechanism) => {
        // Everybody an agent of its own, so that many compete.
        const { eligible, market } = marketOf({ ...drawnMarket, bids: drawnMarket.bids.map((one, agent) => ({ ...one, agent, reserve: 1 })) })
        for (const { candidate, payment_micro: payment } of clear(eligible, market, { mechanism, payment_rule: 'critical' }).winners) {
          const rules: Rules = { mechanism, payment_rule: 'bid' }
          expect(wins(eligible, market, rules, candidate.bid_id, payment)).toBe(true)
          if (payment === candidate.reserve_micro) continue
          charged += 1
          expect(wins(eligible, market, rules, candidate.bid_id, payment - 1)).toBe(false)
        }
      }),
      { numRuns: 40, seed: 25 },
    )
    expect(charged).toBeGreaterThan(100)
  })

  it('are what a loser is told as its lowest winning price', () => {
    let told = 0
    fc.assert(
      fc.property(markets, fc.constantFrom(...GREEDY, 'drf' as const), fc.nat(13), (drawnMarket, mechanism, index) => {
        const { eligible, market } = marketOf(drawnMarket)
        const own = eligible[index]
        if (own === undefined) return
        const rules: Rules = { mechanism, payment_rule: 'bid' }
        const lowest = lowestWinningMicro(own, eligible, mechanism, market)
        if (lowest === null) {
          expect(wins(eligible, market, rules, own.bid_id, 10_000)).toBe(false)
          return
        }
        told += 1
        expect(wins(eligible, market, rules, own.bid_id, lowest)).toBe(true)
        if (lowest > own.reserve_micro) expect(wins(eligible, market, rules, own.bid_id, lowest - 1)).toBe(false)
      }),
      { numRuns: 1500, seed: 24 },
    )
    expect(told).toBeGreaterThan(200)
  })
})

const bid = (bid_id: string, offered_micro: number, cpu: number, over: Partial<Candidate> = {}): Candidate => ({
  agent_id: bid_id,
  bid_id,
  duration_ms: 1000,
  offered_micro,
  order: Number(bid_id.slice(1)),
  quantities: { attention: 0, cpu, llm: 0, memory: cpu },
  reserve_micro: 1,
  ...over,
})
const room = (...cpu: number[]): Omit<Market, 'candidates'> => ({
  at_ms: NOW_MS,
  reservation: null,
  supply: { attention: 0, executors: cpu.map((one, index) => ({ cpu: one, executor_id: `x${index}`, memory: one })), llm: 0 },
})
const paid = (outcome: ReturnType<typeof clear>) => Object.fromEntries(outcome.winners.map((win) => [win.candidate.bid_id, win.payment_micro]))

describe('payment rules of a market', () => {
  it('a uniform price is the highest losing offer, and falls back to the bids where bundles differ', () => {
    const same = [bid('b1', 10, 4), bid('b2', 6, 4), bid('b3', 8, 4), bid('b4', 1, 4)]
    expect(paid(clear(same, room(8), { mechanism: 'highest-bid', payment_rule: 'uniform' }))).toEqual({ b1: 6, b3: 6 })
    const differ = clear([...same, bid('b5', 3, 2)], room(8), { mechanism: 'highest-bid', payment_rule: 'uniform' })
    expect(differ).toMatchObject({ fallback: 'bundles_differ', mechanism: 'highest-bid', payment_rule: 'bid' })
    expect(paid(differ)).toEqual({ b1: 10, b3: 8 })
  })

  it('shadow payments are the bundle at whole prices of the supply, from the reserve up to the offer, with a proven bound', () => {
    const outcome = clear([bid('b1', 100, 5), bid('b2', 60, 5), bid('b3', 50, 5, { reserve_micro: 50 })], room(10), {
      mechanism: 'shadow',
      payment_rule: 'shadow',
    })
    expect(outcome).toMatchObject({ fallback: null, welfare_micro: 160 })
    const { bound_micro: bound, shadow_prices_micro: prices } = outcome
    expect(bound).toBeGreaterThanOrEqual(160)
    expect(bound).toBeLessThanOrEqual(162)
    const perBundle = Math.ceil(((prices?.cpu ?? 0) + (prices?.memory ?? 0)) / 2)
    expect(paid(outcome)).toEqual({ b1: Math.max(1, perBundle), b2: Math.min(60, perBundle) })
  })
})

describe("a solver's answer", () => {
  const eligible = [bid('b1', 16, 10), bid('b2', 10, 5), bid('b3', 12, 5)]
  const rules: Rules = { mechanism: 'exact', payment_rule: 'vcg' }
  const solution = (over: object) => ({
    bound_micro: 22,
    problem_hash: '0'.repeat(64),
    welfare_without_micro: { b2: 16, b3: 16 },
    winners: [
      { bid_id: 'b2', executor_id: 'x0' },
      { bid_id: 'b3', executor_id: 'x0' },
    ],
    ...over,
  })
  it('wins as it says when it fits, and VCG charges what each winner costs the others', () => {
    const outcome = clear(eligible, room(10), rules, { fits: true, solution: solution({}) })
    expect(outcome).toMatchObject({ bound_micro: 22, fallback: null, mechanism: 'exact', payment_rule: 'vcg', welfare_micro: 22 })
    expect(paid(outcome)).toEqual({ b2: 4, b3: 6 })
  })
  it.each([
    ['none came in time', null, 'no_answer'],
    [
      'it sells more than there is',
      {
        fits: true,
        solution: solution({
          winners: [
            { bid_id: 'b1', executor_id: 'x0' },
            { bid_id: 'b2', executor_id: 'x0' },
          ],
        }),
      },
      'answer_infeasible',
    ],
    [
      'it names a bid twice',
      {
        fits: true,
        solution: solution({
          winners: [
            { bid_id: 'b2', executor_id: 'x0' },
            { bid_id: 'b2', executor_id: 'x0' },
          ],
        }),
      },
      'answer_infeasible',
    ],
    ['it names a bid that is not there', { fits: true, solution: solution({ winners: [{ bid_id: 'b9', executor_id: 'x0' }] }) }, 'answer_infeasible'],
    ['it names no executor for cpu', { fits: true, solution: solution({ winners: [{ bid_id: 'b2', executor_id: null }] }) }, 'answer_infeasible'],
    ['the book has moved on', { fits: false, solution: solution({}) }, 'answer_unproven'],
    ['the optimum was not proven', { fits: true, solution: solution({ bound_micro: null }) }, 'answer_unproven'],
    ['the optima without a winner are missing', { fits: true, solution: solution({ welfare_without_micro: null }) }, 'answer_unproven'],
    [
      'an optimum without a winner passes the one with it',
      { fits: true, solution: solution({ welfare_without_micro: { b2: 23, b3: 16 } }) },
      'answer_unproven',
    ],
  ] as const)('gives way to the default rules when %s', (_why, answer, fallback) => {
    const outcome = clear(eligible, room(10), rules, answer as Answer)
    expect(outcome).toMatchObject({ bound_micro: null, fallback, mechanism: 'highest-bid', payment_rule: 'bid' })
    expect(paid(outcome)).toEqual({ b1: 16 })
  })
  it('that is feasible but not for this book wins without a proof, the rest filled up, and pays its bids', () => {
    const stale = solution({ bound_micro: 10, winners: [{ bid_id: 'b2', executor_id: 'x0' }] })
    const outcome = clear(eligible, room(10), { mechanism: 'exact', payment_rule: 'bid' }, { fits: false, solution: stale })
    expect(outcome).toMatchObject({ fallback: null, mechanism: 'exact', welfare_micro: 22 })
    expect(outcome.bound_micro).toBeGreaterThanOrEqual(22)
    expect(paid(outcome)).toEqual({ b2: 10, b3: 12 })
  })
})
