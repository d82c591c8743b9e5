import { describe, expect, it } from 'vitest'
import { PROMPT, SLEEP, SPAWN, WAIT, decide } from '../../agents/genesis/life/decide.ts'
import { type Cycle, type Memory, emptyMemory, learn, profitMicro, recordCycle } from '../../agents/genesis/life/memory.ts'
import { type Observation, situationOf } from '../../agents/genesis/life/observe.ts'
import type { Situation } from '../../agents/genesis/life/plan.ts'
import { policyOf, policyText } from '../../agents/genesis/life/policy.ts'
import { emptyStudyMemory, study } from '../../agents/genesis/life/study.ts'
import { valueOf, withinReach } from '../../agents/genesis/tasks/reckon.ts'
import { type Figures, type Task, decisionNamed } from '../../agents/genesis/tasks/task.ts'

const POLICY = policyOf('{}')
const NOTHING_BELIEVED = emptyMemory().beliefs

const seen = (balance_micro: number, price = 4_000_000): Observation =>
  ({
    book: [],
    cpu_prices: [],
    history: [],
    inbox: [],
    market: [
      { capacity: 1000, floor_micro_per_s: 1_000_000, price_micro_per_s: price, resource: 'cpu', sold: 0, utilisation_ppm: 0 },
      { capacity: 2048, floor_micro_per_s: 250_000, price_micro_per_s: 1_000_000, resource: 'memory', sold: 0, utilisation_ppm: 0 },
      { capacity: 1, floor_micro_per_s: 20_000, price_micro_per_s: 100_000, resource: 'attention', sold: 0, utilisation_ppm: 0 },
    ],
    neighbours: [],
    prompts: [],
    self: {
      agent_id: 'genesis',
      balance_micro,
      cpu_millicores: 250,
      memory_mb: 128,
      now_ms: 0,
      prompt_id: null,
      standing_bid: { bundle: { cpu: 250_000, memory: 62_500 }, duration_ms: 3000, limit_micro: 1, margin_ppm: 0, pause_ms: 0 },
    },
    services: [],
  }) as unknown as Observation
const situation = (balance_micro: number, over: Partial<Situation> = {}, price?: number): Situation => ({ ...situationOf(seen(balance_micro, price)), ...over })
const plan = (balance_micro: number, over: Partial<Situation> = {}, price?: number): ReturnType<typeof decide> =>
  decide(situation(balance_micro, over, price), POLICY, NOTHING_BELIEVED, 1)
const names = (made: ReturnType<typeof decide>): string[] => made.menu.choices.map((choice) => choice.name)

describe('how genesis decides by rule', () => {
  it('bids by balance and prices: rests longer and asks nobody when poor, spawns when rich', () => {
    const rich = plan(3_000_000_000)
    const poor = plan(8_000_000)
    expect(rich.decision).toBe(`${PROMPT} and ${SPAWN}`)
    expect([poor.decision, names(poor)]).toEqual([WAIT, [WAIT]])
    expect(rich.prompt_bid_micro).toBe(7_500_000)
    expect(poor.standing.pause_ms).toBeGreaterThan(rich.standing.pause_ms)
    expect(poor.standing.pause_ms).toBeLessThanOrEqual(300_000)
    expect(plan(1_000_000_000, {}, 40_000_000).standing.pause_ms).toBeGreaterThan(plan(1_000_000_000).standing.pause_ms)
  })

  it('reckons the whole bundle of its standing bid, also what it buys of models', () => {
    const plain = seen(1)
    const thinking = { ...plain, market: [...plain.market, { ...plain.market[0], price_micro_per_s: 10_000_000, resource: 'llm' }] } as Observation
    const bundle = { ...plain.self.standing_bid?.bundle, llm: 100_000 }
    const self = { ...plain.self, standing_bid: { ...plain.self.standing_bid, bundle } } as Observation['self']
    expect(situationOf({ ...thinking, self }).window_micro - situationOf(plain).window_micro).toBe(3_000_000)
    expect(situationOf({ ...plain, self: { ...plain.self, standing_bid: null } }).window_micro).toBe(situationOf(plain).window_micro)
  })

  it('outbids a rival where room is scarce, and only as far as its means go', () => {
    const free = plan(1_000_000_000)
    const offered = (rival_micro: number): number => {
      const { standing } = plan(1_000_000_000, { rival_micro, scarce: true })
      return Math.min(standing.limit_micro, Math.ceil((situation(0).window_micro * (1_000_000 + standing.margin_ppm)) / 1_000_000))
    }
    expect(offered(10_000_000)).toBeGreaterThan(10_000_000)
    expect(offered(10_000_000)).toBeLessThan(10_000_100)
    expect(plan(1_000_000_000, { rival_micro: 900_000_000, scarce: true }).standing.margin_ppm).toBe(free.standing.margin_ppm)
    expect(plan(1_000_000_000, { rival_micro: 10_000_000, scarce: false }).standing).toEqual(free.standing)
  })

  it('files fewer prompts once judged ones have not paid', () => {
    const believed = { reward_mean_micro: 1_000_000, rewards: 4, window_mean_micro: 3_000_000 }
    expect(decide(situation(1_000_000_000), POLICY, believed, 11).decision).toBe(WAIT)
    expect(decide(situation(1_000_000_000), POLICY, believed, 20).decision).toBe(PROMPT)
    expect(decide(situation(1_000_000_000), POLICY, { ...believed, reward_mean_micro: 900_000_000 }, 11).decision).toBe(PROMPT)
  })

  it('offers sleep to nobody who can pay two more windows', () => {
    expect(names(plan(1_000_000_000))).not.toContain(SLEEP)
    expect(names(plan(4_000_000))).toContain(SLEEP)
  })

  it('reports the same on the same market and something else on another', () => {
    const report = (price: number): string => study(seen(1_000_000_000, price), emptyStudyMemory()).report
    expect(report(4_000_000)).toBe(report(4_000_000))
    expect(report(4_000_000)).not.toBe(report(5_000_000))
  })
})

const cycle = (over: Partial<Cycle>): Cycle => ({
  beliefs: NOTHING_BELIEVED,
  paid_micro: 4_000_000,
  plan: { decision: WAIT, prompt_bid_micro: null, standing: { limit_micro: 1, margin_ppm: 0, pause_ms: 0 } },
  prompt_id: null,
  reward_micro: null,
  situation: situation(1_000_000_000),
  ...over,
})

describe('what genesis remembers', () => {
  it('books a reward to the window that earned it, once it is judged, and believes the mean', () => {
    const memory: Memory = emptyMemory()
    recordCycle(memory, cycle({ plan: { ...cycle({}).plan, prompt_bid_micro: 7_500_000 }, prompt_id: 'prompt-1' }))
    recordCycle(memory, cycle({ plan: { ...cycle({}).plan, prompt_bid_micro: 7_500_000 }, prompt_id: 'prompt-2' }))
    expect(memory.cycles.map(profitMicro)).toEqual([null, null])
    const judged = [
      { credits_awarded_micro: 100_000_000, prompt_id: 'prompt-1' },
      { credits_awarded_micro: null, prompt_id: 'prompt-2' },
    ]
    learn(memory, situation(1), judged as never)
    expect(memory.beliefs).toEqual({ reward_mean_micro: 100_000_000, rewards: 1, window_mean_micro: situation(1).window_micro })
    expect(memory.cycles.map(profitMicro)).toEqual([88_500_000, null])
    expect(profitMicro(cycle({}))).toBe(-4_000_000)
  })

  it('keeps the last sixty windows', () => {
    const memory = emptyMemory()
    for (let window = 0; window < 70; window++) recordCycle(memory, cycle({ paid_micro: window }))
    expect([memory.cycles.length, memory.cycles[0]?.paid_micro]).toEqual([60, 10])
  })

  it('lives by what a broken or hostile policy file leaves of its first figures', () => {
    for (const text of ['', '[]', '{', '{"margin_ppm": "all", "balance_ppm": 1000000, "spend_ppm": 1e99, "advice": "obey", "pause_base_ms": -1}'])
      expect(policyOf(text)).toEqual(POLICY)
    expect(policyOf(policyText({ ...POLICY, margin_ppm: 7 })).margin_ppm).toBe(7)
  })
})

describe('how genesis reads a task', () => {
  it('values options as the benchmark does, and leaves out what is too dear or too late', () => {
    const figures = { balance: 500, change_probability: 0.5, deadline_cycles: 2, horizon_cycles: 10 } as unknown as Figures
    const recurring = [
      { cost: 15, every_cycles: 1 },
      { cost: 200, every_cycles: 5 },
    ]
    expect(valueOf({ calls: [], cost: 300, option: 'split', recurring }, figures).cost).toBe(850)
    expect(valueOf({ calls: [], cost: 100, loss: 40, option: 'risk', redo_cost: 20, success_probability: 0.5, value: 400 }, figures)).toEqual({
      cost: 110,
      net: 70,
    })
    const options = [
      { calls: [], cost: 600, option: 'dear', value: 5000 },
      { calls: [], option: 'late', takes_cycles: 3, value: 4000 },
      { calls: [], cost: 10, option: 'sound', value: 90 },
      { calls: [], option: 'none' },
    ]
    expect(withinReach({ figures, options } as unknown as Task).map((one) => one.option)).toEqual(['sound', 'none'])
  })

  it.each([
    ['Say where (decision find_fault) and repair it.', 'find_fault'],
    ['Name many_goals as your decision.', 'many_goals'],
    ['Your decision matters.', 'otherwise'],
  ])('finds the name of the decision in “%s”', (task, name) => {
    expect(decisionNamed({ task } as Task, 'otherwise')).toBe(name)
  })
})
