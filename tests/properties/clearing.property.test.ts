import type { Certificate, Command, EconomyEvent, Params, Solution } from '@syntropism/contract'
import {
  DEFAULT_PARAMS,
  MECHANISMS,
  PAYMENT_RULES,
  type State,
  type WinnerProblem,
  apply,
  assertConserved,
  createState,
  unsoundPairing,
  winnerProblem,
} from '@syntropism/economy'
import { ClearingAudit, auditClearing, see } from '@syntropism/runtime'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const START_MS = 1_700_000_000_000
const SEED = 20_261_128
const BEAT_MS = 100

const SOUND = MECHANISMS.flatMap((mechanism) =>
  [...PAYMENT_RULES, 'posted' as const].flatMap((payment_rule) => (unsoundPairing(mechanism, payment_rule) === null ? [{ mechanism, payment_rule }] : [])),
)

const bundle = fc.oneof(
  { arbitrary: fc.record({ cpu: fc.integer({ max: 400_000, min: 50_000 }), memory: fc.integer({ max: 400_000, min: 50_000 }) }), weight: 4 },
  fc.constant({ cpu: 250_000, memory: 250_000 }),
  fc.record({ cpu: fc.integer({ max: 300_000, min: 50_000 }), llm: fc.integer({ max: 600_000, min: 1 }), memory: fc.integer({ max: 300_000, min: 50_000 }) }),
  fc.record({ llm: fc.integer({ max: 900_000, min: 1 }) }),
)
const agent = fc.integer({ max: 7, min: 0 }).map((index) => `a${index}`)
const placed = fc.record({
  agent_id: agent,
  amount_micro: fc.integer({ max: 30_000_000, min: 100_000 }),
  bundle,
  duration_ms: fc.integer({ max: 1500, min: 500 }),
  payer_id: agent,
  tip_micro: fc.option(fc.nat(5_000_000), { nil: undefined }),
  type: fc.constant('place_bid'),
})
const prompted = fc.record({
  agent_id: agent,
  amount_micro: fc.integer({ max: 30_000_000, min: 5_000_000 }),
  content: fc.constant({}),
  type: fc.constant('file_prompt'),
})
const judged = fc.record({
  human_id: fc.constant('h'),
  prompt_id: fc.integer({ max: 4, min: 1 }).map((index) => `prompt-${index}`),
  type: fc.constant('skip_prompt'),
})
type Offer = ReturnType<typeof see>['offers'][number]

/** Orders of one round, after which a beat follows. */
const rounds = fc.array(fc.array(fc.oneof({ arbitrary: placed, weight: 8 }, prompted, judged), { maxLength: 8 }), { maxLength: 14, minLength: 4 })

interface Cleared {
  readonly certificate: Certificate
  readonly seen: ReturnType<typeof see>
  readonly solution: Solution | null
}

/** The optimum of a problem by trying everything, where it places each winner, and the optima without each. */
function tryAll(problem: WinnerProblem): Solution {
  const fits = problem.candidates.slice(0, 9)
  const solve = (without: string | null): { welfare: number; winners: { bid_id: string; executor_id: string | null }[] } => {
    let best = { welfare: 0, winners: [] as { bid_id: string; executor_id: string | null }[] }
    const explore = (
      at: number,
      left: { attention: number; llm: number; rooms: { cpu: number; executor_id: string; memory: number }[] },
      now: typeof best,
    ): void => {
      if (now.welfare > best.welfare) best = now
      const one = fits[at]
      if (one === undefined) return
      explore(at + 1, left, now)
      const { attention, cpu, llm, memory } = one.quantities
      if (one.bid_id === without || attention > left.attention || llm > left.llm) return
      for (const executorId of cpu > 0 ? left.rooms.map((room) => room.executor_id) : [null]) {
        const room = left.rooms.find((candidate) => candidate.executor_id === executorId)
        if (cpu > 0 && (room === undefined || room.cpu < cpu || room.memory < memory)) continue
        const rooms = left.rooms.map((other) => (other === room ? { ...other, cpu: other.cpu - cpu, memory: other.memory - memory } : other))
        const winners = [...now.winners, { bid_id: one.bid_id, executor_id: executorId }]
        explore(at + 1, { attention: left.attention - attention, llm: left.llm - llm, rooms }, { welfare: now.welfare + one.offered_micro, winners })
      }
    }
    explore(0, { attention: problem.supply.attention, llm: problem.supply.llm, rooms: problem.supply.executors }, best)
    return best
  }
  const { welfare, winners } = solve(null)
  const isProven = fits.length === problem.candidates.length
  return {
    bound_micro: isProven ? welfare : null,
    problem_hash: problem.problem_hash,
    welfare_without_micro: isProven ? Object.fromEntries(winners.map(({ bid_id }) => [bid_id, solve(bid_id).welfare])) : null,
    winners,
  }
}

/** Runs the rounds under some rules, audits every clearing, and gives all of them back. */
function runMarket(changes: Partial<Params>, orders: readonly (readonly object[])[]): Cleared[] {
  const state: State = createState()
  const audit = new ClearingAudit()
  const cleared: Cleared[] = []
  let now = START_MS
  const send = (command: object): void => {
    const { solution = null } = command as { solution?: Solution | null }
    let seen: ReturnType<typeof see> | null = null
    const full = { ...Object.fromEntries(Object.entries(command).filter(([, value]) => value !== undefined)), at_ms: now, owner: 'test' } as Command
    apply(state, full, {
      book(before) {
        seen = see(before)
        audit.book(before)
      },
      event(event: EconomyEvent) {
        if (event.type === 'market_cleared' && seen !== null) cleared.push({ certificate: event.data.certificate, seen, solution })
        audit.event(event, solution)
      },
      posting: () => undefined,
    })
    expect(audit.end(state.seq)).toBeNull()
    assertConserved(state.ledger)
  }
  const params = { ...DEFAULT_PARAMS, llm_micro_usd_per_minute: 60_000, program_memory_mb_min: 1, starvation_ms: 300, ...changes }
  // The solver of this test knows nothing of reservations.
  if (params.mechanism === 'exact') params.starvation_ms = 0
  send({ economy_id: 'e', params, rules_version: 1, type: 'genesis' })
  send({ cpu_millicores: 1000, executor_id: 'x', incarnation: 'i', memory_mb: 1000, reports: false, type: 'register_executor' })
  send({ cpu_millicores: 700, executor_id: 'y', incarnation: 'i', memory_mb: 1200, reports: false, type: 'register_executor' })
  send({ human_id: 'h', on_duty: true, type: 'set_duty' })
  for (let index = 0; index < 8; index++) send({ agent_id: `a${index}`, grant_micro: 900_000_000, name: 'n', type: 'create_agent' })
  for (const round of orders) {
    for (const order of round) send(order)
    now += BEAT_MS
    if (params.mechanism === 'exact') {
      send({ hold_clearing: true, type: 'tick' })
      const problem = winnerProblem(state)
      send({ ...(problem === null ? {} : { solution: tryAll(problem) }), type: 'tick' })
    } else send({ type: 'tick' })
  }
  return cleared
}

describe(`a running market (seed ${SEED})`, () => {
  it.each(SOUND)('under $mechanism and $payment_rule clears as the auditor recomputes it, and keeps every asset', ({ mechanism, payment_rule }) => {
    let count = 0
    fc.assert(
      fc.property(rounds, (orders) => {
        count += runMarket({ mechanism, payment_rule }, orders).filter(({ certificate }) => certificate.payment_rule === payment_rule).length
      }),
      { numRuns: 25, seed: SEED },
    )
    expect(count).toBeGreaterThan(payment_rule === 'uniform' ? 4 : 60)
  })
})

/** Ways to falsify a certificate, each in a field of its own. */
const FALSE: readonly [string, (certificate: Certificate) => Certificate | null][] = [
  ['a payment one less', (one) => withWinner(one, 0, ({ payment_micro }) => ({ payment_micro: payment_micro - 1 }))],
  ['a payment one more', (one) => withWinner(one, 0, ({ payment_micro }) => ({ payment_micro: payment_micro + 1 }))],
  ['another executor', (one) => withWinner(one, 0, ({ executor_id }) => ({ executor_id: executor_id === 'x' ? 'y' : 'x' }))],
  ['another agent', (one) => withWinner(one, 0, () => ({ agent_id: 'ghost' }))],
  ['another offer', (one) => withWinner(one, 0, ({ offered_micro }) => ({ offered_micro: offered_micro + 1 }))],
  ['more cpu', (one) => withWinner(one, 0, ({ quantities }) => ({ quantities: { ...quantities, cpu: quantities.cpu + 1 } }))],
  ['a winner left out', (one) => ({ ...one, winners: one.winners.slice(1) })],
  ['the winners in another order', (one) => (one.winners.length < 2 ? null : { ...one, winners: one.winners.toReversed() })],
  ['a winner twice', (one) => ({ ...one, winners: [...one.winners, ...one.winners.slice(0, 1)] })],
  ['another mechanism', (one) => ({ ...one, mechanism: one.mechanism === 'density' ? 'drf' : 'density' })],
  ['another payment rule', (one) => ({ ...one, payment_rule: one.payment_rule === 'bid' ? 'critical' : 'bid' })],
  ['a lower bound', (one) => (one.bound_micro === null ? null : { ...one, bound_micro: one.bound_micro - 1 })],
  ['a higher bound', (one) => (one.bound_micro === null ? null : { ...one, bound_micro: one.bound_micro + 1 })],
  [
    'a price one higher',
    (one) => (one.shadow_prices_micro === null ? null : { ...one, shadow_prices_micro: { ...one.shadow_prices_micro, cpu: one.shadow_prices_micro.cpu + 1 } }),
  ],
  ['more welfare', (one) => ({ ...one, welfare_micro: one.welfare_micro + 1 })],
  ['another book', (one) => ({ ...one, book_hash: 'f'.repeat(64) })],
  ['more supply', (one) => ({ ...one, supply: { ...one.supply, llm: one.supply.llm + 1 } })],
  ['a reservation that is not there', (one) => ({ ...one, reserved: { bid_id: 'bid-1', executor_id: 'x', starts_at_ms: 1 } })],
]

function withWinner(one: Certificate, index: number, change: (winner: Certificate['winners'][number]) => Partial<Certificate['winners'][number]>): Certificate {
  return { ...one, winners: one.winners.map((winner, at) => (at === index ? { ...winner, ...change(winner) } : winner)) }
}

describe('a falsified certificate', () => {
  const clearings = fc.sample(rounds, { numRuns: 6, seed: SEED }).flatMap((orders) => SOUND.flatMap((rules) => runMarket(rules, orders)))
  it.each(FALSE)('with %s is found', (_what, falsify) => {
    let found = 0
    for (const { certificate, seen, solution } of clearings) {
      expect(auditClearing(seen, certificate, solution)).toBeNull()
      const forged = falsify(certificate)
      if (forged === null) continue
      expect(auditClearing(seen, forged, solution), JSON.stringify(forged)).not.toBeNull()
      found += 1
    }
    expect(found).toBeGreaterThan(20)
  })
})

const amountsOf = (wants: Offer['wants']) => ({
  attention: Number(wants.attention),
  cpu: Number(wants.cpu),
  llm: Number(wants.llm),
  memory: Number(wants.memory),
})

/** Whether winners fit the supply together, as anybody who saw only the certificate would check it. */
function isFeasible({ supply, winners }: Certificate): boolean {
  const left = structuredClone(supply)
  return winners.every(({ executor_id: executorId, quantities }) => {
    left.attention -= quantities.attention
    left.llm -= quantities.llm
    const room = executorId === null ? { cpu: 0, memory: 0 } : left.executors[executorId]
    if (room === undefined) return false
    room.cpu -= quantities.cpu
    room.memory -= quantities.memory
    return left.attention >= 0 && left.llm >= 0 && room.cpu >= 0 && room.memory >= 0
  })
}

/** Certificates in which a loser stands in a winner's place, fits there, pays as the rule says, and welfare and lowest payment are what they add up to. */
function swaps({ certificate, seen }: Cleared): Certificate[] {
  const won = new Set(certificate.winners.map(({ bid_id }) => bid_id))
  const busy = new Set(certificate.winners.filter(({ quantities }) => quantities.cpu > 0).map(({ agent_id }) => agent_id))
  const losers = seen.offers.filter((offer) => !won.has(offer.bid_id) && !(offer.wants.cpu > 0n && busy.has(offer.agent_id)))
  return certificate.winners.flatMap((winner, place) =>
    losers.flatMap((loser) => {
      if ((winner.executor_id === null) !== (loser.wants.cpu === 0n)) return []
      const other = {
        ...winner,
        agent_id: loser.agent_id,
        bid_id: loser.bid_id,
        offered_micro: Number(loser.offer),
        payer_id: loser.payer_id,
        payment_micro: Number(loser.offer),
        quantities: amountsOf(loser.wants),
        reserve_micro: Number(loser.reserve),
      }
      const winners = certificate.winners.map((one, at) => (at === place ? other : one))
      const forged = {
        ...certificate,
        lowest_winning_micro: Math.min(...winners.map((one) => one.payment_micro)),
        welfare_micro: winners.reduce((sum, one) => sum + one.offered_micro, 0),
        winners,
      }
      const fitsBound = forged.bound_micro === null || forged.bound_micro >= forged.welfare_micro
      return isFeasible(forged) && fitsBound ? [forged] : []
    }),
  )
}

describe('winners that could have been', () => {
  it.each(MECHANISMS)('are not taken for those of %s: another feasible set, or the same in another order, is found', (mechanism) => {
    const clearings = fc
      .sample(rounds, { numRuns: 45, seed: SEED + 1 })
      .flatMap((orders) => runMarket({ mechanism, payment_rule: 'bid' }, orders))
      .filter(({ certificate }) => certificate.mechanism === mechanism)
    let [swapped, reordered] = [0, 0]
    for (const clearing of clearings) {
      const { certificate, seen, solution } = clearing
      for (const forged of swaps(clearing)) {
        expect(auditClearing(seen, forged, solution), JSON.stringify(forged)).not.toBeNull()
        swapped += 1
      }
      for (let place = 1; place < certificate.winners.length; place++) {
        const winners = certificate.winners.with(place - 1, certificate.winners[place] as never).with(place, certificate.winners[place - 1] as never)
        expect(auditClearing(seen, { ...certificate, winners }, solution), JSON.stringify(winners)).not.toBeNull()
        reordered += 1
      }
    }
    expect(swapped).toBeGreaterThan(100)
    expect(reordered).toBeGreaterThan(100)
  })
})
