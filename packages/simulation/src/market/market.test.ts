import { DEFAULT_PARAMS, type Params, type State, accountOf, apply, curveOf, assertConserved, balanceOf, createState, pricesNow } from '@syntropism/economy'
import { describe, expect, it } from 'vitest'
import { World } from '../engine/index.ts'
import { Population } from '../population/index.ts'
import { type Random, streamOf } from '../random/index.ts'
import { Market, type MarketRules } from './index.ts'

const T0 = 1_700_000_000_000
const AGENTS = 24
const START_MICRO = 15_000_000
const CAPACITY = { attention: 0, cpu: 8000, llm: 500_000, memory: 16_384 }
const PARAMS: Params = {
  ...DEFAULT_PARAMS,
  death_below_micro: 1,
  llm_micro_usd_per_minute: CAPACITY.llm,
  program_cpu_ppm_min: 0,
  program_duration_ms_min: 0,
  program_memory_mb_min: 0,
  starvation_ms: 0,
}

/** The live economy: one executor with the whole capacity, so that it is one pool as well. */
class Live {
  readonly state: State = createState()
  winners: { readonly member: number; readonly payment_micro: number }[] = []
  private readonly bidIds: (string | null)[] = Array.from({ length: AGENTS }, () => null)

  constructor(rules: Pick<MarketRules, 'mechanism' | 'payment_rule'>) {
    const base = { at_ms: T0, owner: 'o' }
    this.must({ ...base, economy_id: 'e', params: { ...PARAMS, ...rules }, rules_version: 1, type: 'genesis' })
    const executor = { cpu_millicores: CAPACITY.cpu, executor_id: 'x', incarnation: 'i', memory_mb: CAPACITY.memory, reports: false }
    this.must({ ...base, ...executor, type: 'register_executor' })
    for (let member = 0; member < AGENTS; member++) this.must({ ...base, agent_id: `a${member}`, grant_micro: START_MICRO, name: 'a', type: 'create_agent' })
  }

  private must(command: Parameters<typeof apply>[1]): ReturnType<typeof apply> {
    const outcome = apply(this.state, command, null)
    expect(outcome).toMatchObject({ ok: true })
    return outcome
  }

  isOpen(member: number): boolean {
    return this.state.bids.has(this.bidIds[member] ?? '')
  }

  withdraw(member: number): void {
    this.must({ payer_id: `a${member}`, at_ms: this.state.at_ms, bid_id: this.bidIds[member] ?? '', owner: 'o', type: 'withdraw_bid' })
  }

  place(member: number, offer: Offer): boolean {
    const id = `a${member}`
    const terms = { amount_micro: offer.amount_micro, bundle: offer.bundle, duration_ms: offer.duration_ms, expires_at_ms: offer.expires_at_ms }
    const outcome = apply(this.state, { ...terms, agent_id: id, at_ms: this.state.at_ms, owner: 'o', payer_id: id, type: 'place_bid' }, null)
    if (outcome.ok) this.bidIds[member] = outcome.result.bid_id as string
    else expect(outcome.refusal.code).toBe('credits_insufficient')
    return outcome.ok
  }

  beat(atMs: number): void {
    this.winners = []
    const sink = {
      event: (event: { readonly data: unknown; readonly type: string }) => {
        if (event.type !== 'market_cleared') return
        const { certificate } = event.data as { readonly certificate: { readonly winners: readonly { agent_id: string; payment_micro: number }[] } }
        this.winners = certificate.winners.map((one) => ({ member: Number(one.agent_id.slice(1)), payment_micro: one.payment_micro }))
      },
      posting: () => undefined,
    }
    apply(this.state, { at_ms: atMs, owner: 'o', type: 'tick' }, sink as never)
  }

  balances(): number[] {
    return Array.from({ length: AGENTS }, (_, member) => balanceOf(this.state.ledger, this.state.agents.get(`a${member}`)?.account ?? -1))
  }
}

interface Offer {
  readonly amount_micro: number
  readonly bundle: { readonly cpu?: number; readonly llm?: number; readonly memory?: number }
  readonly duration_ms: number
  readonly expires_at_ms: number
}

const drawOffer = (random: Random, atMs: number): Offer => {
  const computes = random.chance(4, 5)
  const [cpu, memory] = [1 + random.below(random.chance(1, 8) ? 900_000 : 220_000), 1 + random.below(200_000)]
  return {
    amount_micro: 1 + random.below(5) * 1_000_000 + random.below(3) * 250_000,
    bundle: { ...(computes ? { cpu, memory } : {}), ...(!computes || random.chance(1, 3) ? { llm: 1 + random.below(300_000) } : {}) },
    duration_ms: 100 + random.below(30) * 100,
    expires_at_ms: atMs + 500 + random.below(6) * 700,
  }
}

const worldWith = (agents: number): { population: Population; world: World } => {
  const world = new World({ activation: 'random', agents, params: {}, seed: 1, steps: 1, time: 'scheduled' })
  world.at_ms = T0
  const population = world.population('agent', agents)
  for (let member = 0; member < agents; member++) world.mint(population, member, START_MICRO)
  return { population, world }
}
const rulesWith = (over: Partial<MarketRules> = {}): MarketRules => ({
  capacity: CAPACITY,
  curves: { attention: curveOf(PARAMS, 'attention'), cpu: curveOf(PARAMS, 'cpu'), llm: curveOf(PARAMS, 'llm'), memory: curveOf(PARAMS, 'memory') },
  mechanism: 'highest-bid',
  payment_rule: 'bid',
  ...over,
})

describe('the market of typed arrays beside the live economy', () => {
  it.each([
    [1, 'highest-bid', 'bid'],
    [2, 'highest-bid', 'bid'],
    [3, 'highest-bid', 'critical'],
    [4, 'density', 'bid'],
    [5, 'density', 'critical'],
    [6, 'density-sqrt', 'critical'],
    [7, 'drf', 'bid'],
    [8, 'shadow', 'bid'],
    [9, 'shadow', 'shadow'],
  ] as const)('has the same winners, payments, balances and prices after every beat (seed %i, %s, pays %s)', (seed, mechanism, payment_rule) => {
    const random = streamOf(seed, 'offers')
    const { population, world } = worldWith(AGENTS)
    const market = new Market(world, [population], rulesWith({ mechanism, payment_rule }))
    const live = new Live({ mechanism, payment_rule })
    let [won, refused, lapsed] = [0, 0, 0]
    for (let beat = 1; beat <= 60; beat++) {
      for (let turn = 0; turn < AGENTS; turn++) {
        const member = random.below(AGENTS)
        expect(market.hasBid(population, member)).toBe(live.isOpen(member))
        const choice = random.below(4)
        if (live.isOpen(member) && choice < 2) {
          live.withdraw(member)
          market.withdraw(population, member)
        }
        if (choice === 3 || live.isOpen(member)) continue
        const offer = drawOffer(random, world.at_ms)
        const placed = live.place(member, offer)
        expect(market.place(population, member, offer.bundle, offer.duration_ms, offer.amount_micro, offer.expires_at_ms)).toBe(placed)
        refused += Number(!placed)
      }
      // Once in a while a reward, so that the economy goes on.
      const [poor, open] = [random.below(AGENTS), live.state.bids.size]
      apply(live.state, { agent_id: `a${poor}`, amount_micro: 3_000_000, at_ms: live.state.at_ms, owner: 'o', type: 'fund' }, null)
      if (live.state.agents.get(`a${poor}`)?.status !== 'dead') world.mint(population, poor, 3_000_000)
      world.at_ms = T0 + beat * 700
      const cleared = market.beat()
      live.beat(world.at_ms)
      lapsed += open - live.winners.length - live.state.bids.size
      expect(cleared.winners).toBe(live.winners.length)
      expect(cleared.revenue_micro).toBe(live.winners.reduce((sum, win) => sum + win.payment_micro, 0))
      expect([...population.balances()]).toEqual(live.balances())
      expect(market.prices).toEqual(pricesNow(live.state))
      for (let member = 0; member < AGENTS; member++) expect(market.isRunning(population, member)).toBe(live.state.agents.get(`a${member}`)?.lease_id !== null)
      won += live.winners.length
    }
    assertConserved(world.ledger)
    // The comparison says something only when all of it happened.
    expect(Math.min(won, refused, lapsed), `won ${won}, refused ${refused}, lapsed ${lapsed}`).toBeGreaterThan(5)
  })
})

describe('an offer that no market takes', () => {
  it.each([
    [{ cpu: 0.5, memory: 1 }, 1000, 5, 'agent 3, step 7: a bundle holds whole shares from 0 to 1000000 ppm'],
    [{ cpu: 1, memory: 1_000_001 }, 1000, 5, 'not {"cpu":1,"memory":1000001} for 1000 ms'],
    [{ cpu: -1, memory: 1 }, 1000, 5, 'a bundle holds whole shares'],
    [{ cpu: Number.NaN, memory: 1 }, 1000, 5, 'a bundle holds whole shares'],
    [{ cpu: 1 }, 1000, 5, 'cpu and memory together'],
    [{}, 1000, 5, 'a bundle holds whole shares'],
    [{ llm: 1 }, 0, 5, 'for a whole number of milliseconds'],
    [{ llm: 1 }, 1000, Number.NaN, 'an amount is a positive whole number of micro-credits, not NaN'],
    [{ llm: 1 }, 1000, -1, 'not -1'],
    [{ attention: 1 }, 1000, 5, '{"attention":1} wants what the market does not sell'],
  ])('%j for %d ms at %d names the agent, the step and the value, and changes nothing', (bundle, durationMs, amountMicro, message) => {
    const { population, world } = worldWith(4)
    const market = new Market(world, [population], rulesWith())
    world.step = 7
    expect(() => market.place(population, 3, bundle, durationMs, amountMicro)).toThrow(message)
    expect([...population.balances()]).toEqual([START_MICRO, START_MICRO, START_MICRO, START_MICRO])
    expect(market.beat()).toEqual({ candidates: 0, revenue_micro: 0, welfare_micro: 0, winners: 0 })
  })

  it('refuses rules that do not go together', () => {
    const { population, world } = worldWith(1)
    expect(() => new Market(world, [population], rulesWith({ mechanism: 'shadow', payment_rule: 'critical' }))).toThrow('critical values are defined for')
    expect(() => new Market(world, [population], rulesWith({ capacity: { ...CAPACITY, cpu: 0.5 } }))).toThrow('capacity of cpu is a whole number')
  })
})

describe('a bid of a population', () => {
  const whole = { cpu: 1_000_000, memory: 1_000_000 }

  it('takes the place of the open one, whose hold comes back first', () => {
    const { population, world } = worldWith(2)
    const market = new Market(world, [population], rulesWith())
    expect(market.place(population, 0, whole, 1000, START_MICRO)).toBe(true)
    expect(market.place(population, 0, whole, 1000, START_MICRO + 1)).toBe(false)
    expect(population.balances()[0]).toBe(0)
    expect(market.place(population, 0, whole, 1000, START_MICRO - 1)).toBe(true)
    expect(population.balances()[0]).toBe(1)
    expect(market.withdraw(population, 0)).toBe(true)
    expect(market.withdraw(population, 0)).toBe(false)
    expect(population.balances()[0]).toBe(START_MICRO)
  })

  it('pays the least with which it would have won under critical values', () => {
    const { population, world } = worldWith(3)
    const market = new Market(world, [population], rulesWith({ payment_rule: 'critical' }))
    for (const [member, amount] of [9_000_000, 8_000_000, 7_000_000].entries()) market.place(population, member, whole, 1000, amount)
    world.at_ms += 1000
    expect(market.beat()).toMatchObject({ revenue_micro: 8_000_000, welfare_micro: 9_000_000, winners: 1 })
    expect([...population.balances()]).toEqual([START_MICRO - 8_000_000, START_MICRO - 8_000_000, START_MICRO - 7_000_000])
  })

  it('grants what its lease holds and closes it when the lease ends', () => {
    const { population, world } = worldWith(1)
    const market = new Market(world, [population], rulesWith())
    market.place(population, 0, whole, 2000, 12_000_000)
    world.at_ms += 1000
    market.beat()
    const used = accountOf(world.ledger, 'cpu_ms:used')
    expect(balanceOf(world.ledger, used)).toBe(0)
    world.at_ms += 2000
    market.beat()
    expect(balanceOf(world.ledger, used)).toBe(16_000)
    expect(market.isRunning(population, 0)).toBe(false)
    assertConserved(world.ledger)
  })
})
