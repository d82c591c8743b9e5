import { describe, expect, it } from 'vitest'
import { Run, simulate } from '../../engine/index.ts'
import { boltzmann } from './index.ts'

const run = (seed: number, options: Omit<Parameters<typeof simulate>[0], 'model' | 'seed'>) =>
  simulate({ model: boltzmann, observe_every: 1_000_000, seed, ...options })
const giniMean = (seeds: readonly number[], options: Parameters<typeof run>[1]): number =>
  seeds.reduce((sum, seed) => sum + (run(seed, options).figures.gini as number), 0) / seeds.length
const SEEDS = [1, 2, 3, 4, 5]

describe('Boltzmann wealth exchange', () => {
  it('with memoryless payers has the Gini (1 + m) / (1 + 2m) of the uniform law on all splits, within 0.015', () => {
    for (const units of [1, 3])
      expect(
        Math.abs(giniMean(SEEDS, { agents: 1000, params: { start_units: units }, steps: 200, time: 'event-driven' }) - (1 + units) / (1 + 2 * units)),
      ).toBeLessThan(0.015)
  })

  it('has a Gini that tends to 1/2 when units are many: within 0.015 at 20 per member, whatever the activation', () => {
    for (const activation of ['random', 'sequential', 'simultaneous'])
      expect(Math.abs(giniMean(SEEDS.slice(0, 2), { activation, agents: 1000, params: { start_units: 20 }, steps: 8000 }) - 0.5)).toBeLessThan(0.015)
  })

  it('splitting the pool gives the exponential law: Gini (N − 1) / 2N within 0.01', () => {
    expect(Math.abs(giniMean(SEEDS, { agents: 2000, params: { rule: 'split' }, steps: 40 }) - 1999 / 4000)).toBeLessThan(0.01)
  })

  it.each([
    [400_000, 0.3125],
    [700_000, 0.1929],
  ])('a saving propensity of %d ppm gives the Gini of the Gamma law, %d, within 0.01', (savingPpm, expected) => {
    expect(Math.abs(giniMean(SEEDS, { agents: 2000, params: { rule: 'split', saving_ppm: savingPpm }, steps: 60 }) - expected)).toBeLessThan(0.01)
  })

  it('splitting the pool gives the exponential law itself: its distribution function within 0.03 everywhere', () => {
    const one = new Run({ agents: 4000, model: boltzmann, observe_every: 1_000_000, params: { rule: 'split' }, seed: 11, steps: 40 })
    while (one.step());
    const wealth = Float64Array.from(one.world.populations[0]?.balances() ?? []).sort()
    const mean = wealth.reduce((sum, value) => sum + value, 0) / wealth.length
    const distance = wealth.reduce((most, value, index) => Math.max(most, Math.abs((index + 0.5) / wealth.length - (1 - Math.exp(-value / mean)))), 0)
    expect(wealth.length).toBe(4000)
    expect(distance).toBeLessThan(0.03)
  })

  it('neither makes nor loses a credit', () => {
    for (const rule of ['unit', 'split']) {
      const { figures } = run(9, { agents: 500, params: { rule }, steps: 200 })
      expect([figures.circulating_micro, figures.minted_micro, figures.burned_micro]).toEqual([5_000_000_000, 5_000_000_000, 0])
      expect(figures.velocity_per_step).toBeGreaterThan(0)
    }
  })

  it('refuses to split a pool under simultaneous activation', () => {
    expect(() => run(1, { activation: 'simultaneous', params: { rule: 'split' } })).toThrow('no meaning under simultaneous')
  })
})
