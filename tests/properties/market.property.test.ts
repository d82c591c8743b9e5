import { DEFAULT_PARAMS, type Params, assertConserved, curveOf, pricesNow } from '@syntropism/economy'
import { Market, type MarketRules, type Population, type Random, World, streamOf } from '@syntropism/simulation'
import { createSolver } from '@syntropism/solver'
import { describe, expect, it } from 'vitest'
import { AGENTS, CAPACITY, Live, type Offer, START_MICRO, T0 } from './live-market.ts'

const BEAT_MS = 700
const REWARD_MICRO = 200_000

interface Case {
  readonly seed: number
  readonly mechanism: MarketRules['mechanism']
  readonly payment_rule: MarketRules['payment_rule']
  readonly kind?: Params['curves']['cpu']['kind']
  readonly starvation_ms?: number
  /** Every window is for the same bundle and time. */
  readonly alike?: boolean
  readonly beats?: number
}

const paramsOf = ({ kind = 'linear', mechanism, payment_rule, starvation_ms = 0 }: Case): Params => {
  const { attention, cpu, llm, memory } = DEFAULT_PARAMS.curves
  return {
    ...DEFAULT_PARAMS,
    attention_slot_ms: 2000,
    curves: { attention: { ...attention, kind, period_ms: 2000 }, cpu: { ...cpu, kind }, llm: { ...llm, kind }, memory: { ...memory, kind } },
    death_below_micro: 1,
    llm_micro_usd_per_minute: CAPACITY.llm,
    mechanism,
    payment_rule,
    program_cpu_ppm_min: 0,
    program_duration_ms_min: 0,
    program_memory_mb_min: 0,
    reward_weights_micro: { interesting: REWARD_MICRO, understandable: 0, useful: 0 },
    starvation_ms,
  }
}

const drawOffer = (random: Random, atMs: number, alike: boolean): Offer => {
  const computes = alike || random.chance(4, 5)
  const [cpu, memory] = alike ? [240_000, 200_000] : [1 + random.below(random.chance(1, 8) ? 900_000 : 220_000), 1 + random.below(200_000)]
  return {
    amount_micro: 1 + random.below(5) * 1_000_000 + random.below(3) * 250_000,
    bundle: { ...(computes ? { cpu, memory } : {}), ...(!computes || (!alike && random.chance(1, 3)) ? { llm: 1 + random.below(300_000) } : {}) },
    duration_ms: alike ? 900 : 100 + random.below(30) * 100,
    expires_at_ms: atMs + 500 + random.below(6) * BEAT_MS,
    tip_micro: random.below(4) * 100_000,
  }
}

/** Both economies side by side, each given the same commands. */
class Pair {
  readonly live: Live
  readonly world: World
  readonly population: Population
  readonly market: Market
  readonly counts = { judged: 0, lapsed: 0, prompts: 0, refused: 0, won: 0 }
  private readonly random: Random
  private readonly alike: boolean
  private solution: object | null = null

  constructor(one: Case, solve: NonNullable<MarketRules['solve']>) {
    const params = paramsOf(one)
    this.alike = one.alike ?? false
    this.random = streamOf(one.seed, 'offers')
    this.live = new Live(params)
    this.world = new World({ activation: 'random', agents: AGENTS, params: {}, seed: 1, steps: 1, time: 'scheduled' })
    this.world.at_ms = T0
    this.population = this.world.population('agent', AGENTS)
    for (let member = 0; member < AGENTS; member++) this.world.mint(this.population, member, START_MICRO)
    const [attention, cpu, llm, memory] = (['attention', 'cpu', 'llm', 'memory'] as const).map((resource) => curveOf(params, resource)) as [
      never,
      never,
      never,
      never,
    ]
    this.market = new Market(this.world, [this.population], {
      attention_slot_ms: params.attention_slot_ms,
      capacity: CAPACITY,
      curves: { attention, cpu, llm, memory },
      mechanism: one.mechanism,
      payment_rule: one.payment_rule,
      solve: (problem, forVcg) => {
        const answer = solve(problem, forVcg)
        this.solution = answer === null ? null : this.live.answerTo(problem, answer, this.population)
        return answer
      },
      starvation_ms: params.starvation_ms,
    })
  }

  turns(): void {
    for (let turn = 0; turn < AGENTS; turn++) {
      const member = this.random.below(AGENTS)
      expect(this.market.hasBid(this.population, member)).toBe(this.live.isOpen(member))
      expect(this.market.hasPrompt(this.population, member)).toBe(this.live.promptOf(member) !== null)
      this.bidOf(member, this.random.below(4))
      if (!this.alike) this.promptOf(member, this.random.below(12))
    }
    // Once in a while a grant, so that the economy goes on.
    const poor = this.random.below(AGENTS)
    if (this.live.fund(poor, 3_000_000)) this.world.mint(this.population, poor, 3_000_000)
  }

  private bidOf(member: number, choice: number): void {
    const { live, market, population, world } = this
    if (live.isOpen(member) && choice < 2) {
      live.withdraw(member)
      market.withdraw(population, member)
    }
    if (choice === 3 || live.isOpen(member) || live.isDead(member)) return
    const offer = drawOffer(this.random, world.at_ms, this.alike)
    const placed = live.place(member, offer)
    expect(market.place(population, member, offer.bundle, offer.duration_ms, offer.amount_micro, offer.expires_at_ms, offer.tip_micro)).toBe(placed)
    this.counts.refused += Number(!placed)
  }

  private promptOf(member: number, choice: number): void {
    const { live, market, population, world } = this
    if (live.isDead(member)) return
    if (live.promptOf(member) === null) {
      if (choice > 3) return
      const [amount, deadlineMs] = [1_000_000 + this.random.below(4) * 500_000, 1500 + this.random.below(8) * BEAT_MS]
      const filed = live.prompt(member, amount, deadlineMs)
      expect(market.prompt(population, member, amount, world.at_ms + deadlineMs)).toBe(filed)
      this.counts.prompts += Number(filed)
    } else if (choice < 4) {
      live.score(member)
      market.judge(population, member, true)
      world.mint(population, member, REWARD_MICRO, 'reward')
      this.counts.judged += 1
    } else if (choice === 4) {
      live.withdrawPrompt(member)
      market.judge(population, member, false)
    }
  }

  beat(atMs: number): void {
    const { counts, live, market, population, world } = this
    const open = live.state.bids.size
    world.at_ms = atMs
    this.solution = null
    const cleared = market.beat()
    live.beat(atMs, this.solution)
    const windows = live.winners.filter((win) => win.quantities.attention === 0)
    counts.lapsed += open - windows.length - live.state.bids.size
    counts.won += windows.length
    expect(cleared.winners).toBe(live.winners.length)
    expect(cleared.revenue_micro).toBe(windows.reduce((sum, win) => sum + win.payment_micro, 0))
    expect([...population.balances()]).toEqual(live.balances())
    expect(market.prices).toEqual(pricesNow(live.state))
    for (let member = 0; member < AGENTS; member++) {
      expect(market.isRunning(population, member)).toBe(live.state.agents.get(`a${member}`)?.lease_id !== null)
      const prompt = live.state.prompts.get(live.promptOf(member) ?? '')
      expect(market.isShown(population, member)).toBe(prompt !== undefined && prompt.lease_id !== null)
    }
  }
}

const CASES: readonly Case[] = [
  { mechanism: 'highest-bid', payment_rule: 'bid', seed: 1 },
  { mechanism: 'highest-bid', payment_rule: 'bid', seed: 2, starvation_ms: 1400 },
  { kind: 'clearing', mechanism: 'highest-bid', payment_rule: 'critical', seed: 3 },
  { mechanism: 'highest-bid', payment_rule: 'critical', seed: 4, starvation_ms: 700 },
  { alike: true, mechanism: 'highest-bid', payment_rule: 'uniform', seed: 5 },
  { mechanism: 'highest-bid', payment_rule: 'uniform', seed: 6 },
  { kind: 'base-fee', mechanism: 'highest-bid', payment_rule: 'posted', seed: 7 },
  { mechanism: 'density', payment_rule: 'bid', seed: 8, starvation_ms: 1400 },
  { kind: 'clearing', mechanism: 'density', payment_rule: 'critical', seed: 9 },
  { kind: 'excess', mechanism: 'density-sqrt', payment_rule: 'critical', seed: 10 },
  { kind: 'base-fee', mechanism: 'density-sqrt', payment_rule: 'posted', seed: 11 },
  { mechanism: 'drf', payment_rule: 'bid', seed: 12, starvation_ms: 2100 },
  { mechanism: 'shadow', payment_rule: 'bid', seed: 13 },
  { mechanism: 'shadow', payment_rule: 'shadow', seed: 14, starvation_ms: 1400 },
  { kind: 'clearing', mechanism: 'shadow', payment_rule: 'shadow', seed: 15 },
  { beats: 25, mechanism: 'exact', payment_rule: 'bid', seed: 16 },
  { beats: 20, mechanism: 'exact', payment_rule: 'vcg', seed: 17 },
  { beats: 20, mechanism: 'exact', payment_rule: 'vcg', seed: 18, starvation_ms: 1400 },
]

describe('the market of populations beside the live economy', () => {
  it.each(CASES)('has the same winners, payments, balances, prices and slots after every beat: %j', async (one) => {
    const pair = new Pair(one, await createSolver())
    for (let beat = 1; beat <= (one.beats ?? 60); beat++) {
      pair.turns()
      pair.beat(T0 + beat * BEAT_MS)
    }
    assertConserved(pair.world.ledger)
    // The comparison says something only when all of it happened.
    const { judged, lapsed, prompts, refused, won } = pair.counts
    expect(Math.min(won, refused, lapsed), JSON.stringify(pair.counts)).toBeGreaterThan(3)
    if (one.alike !== true) expect(Math.min(judged, prompts), JSON.stringify(pair.counts)).toBeGreaterThan(3)
    if (one.starvation_ms !== undefined) expect(pair.live.reserved).toBeGreaterThan(0)
  })
})
