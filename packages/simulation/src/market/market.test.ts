import { DEFAULT_PARAMS, type Params, accountOf, assertConserved, balanceOf, curveOf } from '@syntropism/economy'
import { describe, expect, it } from 'vitest'
import { World } from '../engine/index.ts'
import { Population } from '../population/index.ts'
import { Market, type MarketRules } from './index.ts'

const T0 = 1_700_000_000_000
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
    [{ gpu: 5 } as object, 1000, 5, 'agent 3, step 7: "gpu" is no resource of a market (attention, cpu, llm, memory)'],
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
