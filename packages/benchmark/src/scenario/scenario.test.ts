import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkScenario, costMicro, drawVariants, evaluate, loadScenarios, pricesMicroPerS, sharesOf, valuation } from './index.ts'
import { loadScenario } from './load.ts'

const ITEMS = loadScenarios(resolve(import.meta.dirname, '../../../../scenarios'))
const CAPACITIES = { cpu_cores: 2, memory_mb: 2048, tokens_per_s: 1000 }
const USUAL = { cpu_second: 1, memory_mb: 0.2, token: 0.5 }

describe('unit prices', () => {
  it('500 tokens, 2 cpu-seconds and 128 MB cost 277.6 credits at the usual prices', () => {
    expect(costMicro({ cpu_seconds: 2, memory_mb: 128, tokens: 500 }, USUAL, CAPACITIES, 10_000)).toBe(277_600_000)
  })

  it('the cost of the same amounts does not depend on the length of the window', () => {
    for (const windowMs of [1000, 4000, 20_000])
      expect(costMicro({ cpu_seconds: 1, memory_mb: 128, tokens: 500 }, USUAL, CAPACITIES, windowMs)).toBe(276_600_000)
  })

  it('become prices for the whole capacity for one second', () => {
    expect(pricesMicroPerS(USUAL, CAPACITIES, 10_000)).toEqual({ cpu: 2_000_000, llm: 500_000_000, memory: 40_960_000 })
    expect(sharesOf({ cpu_seconds: 2, memory_mb: 128, tokens: 500 }, CAPACITIES, 10_000)).toEqual({ cpu: 100_000, llm: 50_000, memory: 62_500 })
  })
})

describe('the items', () => {
  it('are 5 of functional competence, 15 of economic reasoning and 5 of self-improvement', () => {
    const count = (domain: string): number => ITEMS.filter((item) => item.domain === domain).length
    expect([count('functional_competence'), count('economic_reasoning'), count('self_improvement')]).toEqual([5, 15, 5])
    const ids = (prefix: string, length: number): string[] => Array.from({ length }, (_, index) => `${prefix}-${index + 1}`)
    expect(ITEMS.map((item) => item.id)).toEqual([...ids('FC', 5), ...ids('ER', 15), ...ids('SI', 5)])
  })

  it.for(ITEMS.map((item) => [item.id, item] as const))(
    '%s: in every drawn world the accepted option is the best that can be paid in time',
    async ([, item]) => {
      expect(await checkScenario(item, 40)).toEqual([])
    },
  )

  it('of economic reasoning have at least five worlds with opposing conditions', () => {
    for (const item of ITEMS.filter((one) => one.domain === 'economic_reasoning')) {
      expect(item.variants, item.id).toBeGreaterThanOrEqual(5)
      const firsts = item.conditions.map((condition) => condition.accept ?? [])
      expect(
        firsts.reduce((all, one) => all.filter((option) => one.includes(option))),
        `${item.id}: an option is right under every condition`,
      ).toEqual([])
    }
  })

  it('draw the same worlds from the same seed and others from another', async () => {
    const item = ITEMS.find((one) => one.id === 'ER-3') as (typeof ITEMS)[number]
    expect(await drawVariants(item, 7)).toEqual(await drawVariants(item, 7))
    expect(await drawVariants(item, 7)).not.toEqual(await drawVariants(item, 8))
  })

  it('show prices to the agent in both forms', async () => {
    const [variant] = await drawVariants(ITEMS[0] as (typeof ITEMS)[number], 1)
    expect(variant?.brief.figures).toMatchObject({ prices_micro_per_s: { cpu: 2_000_000, llm: 500_000_000, memory: 40_960_000 }, unit_prices: USUAL })
  })
})

describe('the valuation of an option', () => {
  it('is the original’s: -80 for the unreliable seller, -60 for the reliable one', () => {
    expect(valuation({ cost: 180, how: [], option: 'cheap', success_probability: 0.5, value: 200 }, {}).net).toBeCloseTo(-80)
    expect(valuation({ cost: 250, how: [], option: 'dear', success_probability: 0.95, value: 200 }, {}).net).toBeCloseTo(-60)
  })

  it('counts recurring costs as often as they fall due: the split of the original costs 850 over ten cycles', () => {
    const recurring = [
      { cost: 15, every_cycles: 1 },
      { cost: 200, every_cycles: 5 },
    ]
    expect(valuation({ cost: 300, how: [], option: 'split', recurring }, { horizon_cycles: 10 }).cost).toBe(850)
  })
})

describe('a file that is no item', () => {
  const refused = (text: string): string => {
    const folder = mkdtempSync(join(tmpdir(), 'syntropism-items-'))
    const path = join(folder, 'x.json')
    writeFileSync(path, text)
    try {
      loadScenario(path)
      return 'accepted'
    } catch (error) {
      return (error as Error).message
    } finally {
      rmSync(folder, { recursive: true })
    }
  }
  const [first] = ITEMS

  it('is refused with its path and the field', () => {
    expect(refused('{')).toMatch(/x\.json cannot be read/)
    expect(refused(JSON.stringify({ ...first, variants: 0 }))).toMatch(/x\.json is no scenario[\s\S]*variants/)
    expect(refused(JSON.stringify({ ...first, conditions: [{ accept: ['fly'], name: 'any' }] }))).toMatch(/accepts "fly", which is no option/)
  })

  it('an expression that fails is named', async () => {
    await expect(evaluate('1 +', {})).rejects.toThrow(/the expression "1 \+" fails/)
  })

  it('a folder without items is refused', () => {
    expect(() => loadScenarios(import.meta.dirname)).toThrow(/holds no scenario/)
    expect(() => loadScenarios('/nowhere')).toThrow(/is no folder of scenarios/)
  })
})
