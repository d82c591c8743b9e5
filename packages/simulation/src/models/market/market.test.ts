import { describe, expect, it } from 'vitest'
import { type RunResult, simulate } from '../../engine/index.ts'
import { market } from './index.ts'

/** 100 agents whose jobs want a fiftieth of the cpu each: demand is twice the supply when the price is nothing. */
const run = (seed: number, params: Record<string, unknown>, steps = 160): RunResult =>
  simulate({ agents: 100, model: market, observe_every: 40, params: { llm_ppm: 20_000, share_ppm: 20_000, ...params }, seed, steps })
const column = ({ series }: RunResult, name: string): number[] => series.rows.map((row) => row[series.columns.indexOf(name)] as number)

describe('the compute market', () => {
  it.each([1, 2])('sells N b e^(−r/μ) of the capacity at a reserve r, within 0.04, once the price has found its place (seed %d)', (seed) => {
    const result = run(seed, { careless_ppm: 0 })
    const [sold, reserves] = [column(result, 'sold_mean'), column(result, 'reserve_mean_micro')]
    // The first rows: demand passes supply, everything is sold and the price climbs.
    expect(sold[1]).toBeGreaterThan(0.85)
    for (const row of [3, 4]) {
      const expected = 0.9 * 2 * Math.exp(-(reserves[row] as number) / 1_000_000)
      expect(Math.abs((sold[row] as number) - expected)).toBeLessThan(0.04)
    }
  })

  it('brings the price to rest where less than 80 and more than 20 per cent are sold: r above μ ln(1.8 / 0.8)', () => {
    const { figures } = run(3, { careless_ppm: 0 })
    expect(figures.reserve_mean_micro).toBeGreaterThan(1_000_000 * Math.log(1.8 / 0.8) * 0.95)
    expect(figures.sold_mean).toBeGreaterThan(0.2)
    expect(figures.sold_mean).toBeLessThan(0.8)
    expect(figures.price_cpu_micro_per_s).toBeGreaterThan(10 * 4_000_000)
    // Half as much memory is sold as cpu: its price never had a reason to rise.
    expect(figures.price_memory_micro_per_s).toBeLessThanOrEqual(1_000_000)
  })

  it('ends those who bid twice the worth when their budget does, and nobody else', () => {
    const { figures } = run(4, { careless_ppm: 200_000, start_micro: 5_000_000 })
    expect(figures.careless_alive).toBe(0)
    expect([figures.deaths, figures.population]).toEqual([20, 80])
  })

  it('keeps the books of the economy: what was minted and not burned circulates, every job is a lease that was paid', () => {
    const { figures } = run(5, {}, 40)
    expect(figures.circulating_micro).toBe((figures.minted_micro as number) - (figures.burned_micro as number))
    expect(figures.jobs).toBeGreaterThan(1000)
    expect(figures.velocity_per_minute).toBeGreaterThan(0)
    expect(figures.actions_refused).toBe(0)
  })

  it.each([
    ['density', 'critical', 'linear'],
    ['density-sqrt', 'bid', 'excess'],
    ['drf', 'bid', 'fixed'],
    ['highest-bid', 'uniform', 'linear'],
    ['highest-bid', 'posted', 'base-fee'],
    ['shadow', 'shadow', 'clearing'],
  ])('trades under %s with payments %s and the curve %s', (mechanism, payments, curve) => {
    const { figures } = run(7, { careless_ppm: 0, curve, mechanism, payments }, 60)
    expect(figures.jobs).toBeGreaterThan(500)
    expect(figures.actions_refused).toBe(0)
    // What bids are worth is burned only under pay-as-bid.
    const burned = figures.burned_micro as number
    if (payments === 'bid') expect(burned).toBe(figures.worth_served_micro)
    else expect(burned).toBeLessThan(figures.worth_served_micro as number)
    if (curve === 'fixed') expect(figures.price_cpu_micro_per_s).toBe(4_000_000)
    else expect(figures.price_cpu_micro_per_s).not.toBe(4_000_000)
  })

  it('refuses payments that are not sound under the mechanism, with the reason', () => {
    expect(() => run(9, { mechanism: 'density', payments: 'vcg' }, 1)).toThrow('VCG payments on an allocation that is not optimal')
  })

  it('runs in event-driven time too, each agent at its own instants', () => {
    const { figures } = simulate({ agents: 50, model: market, params: { llm_ppm: 0, share_ppm: 20_000 }, seed: 6, steps: 20, time: 'event-driven' })
    expect(figures.jobs).toBeGreaterThan(200)
    expect(figures.utilisation_llm).toBe(0)
  })
})
