import { describe, expect, it } from 'vitest'
import { simulate } from '../../engine/index.ts'
import { baseFee } from './index.ts'

describe('the base fee', () => {
  it('rises by at most one eighth and falls by at most one eighth', () => {
    const { series } = simulate({ model: baseFee, observe_every: 1, seed: 1 })
    const at = series.columns.indexOf('base_fee_micro')
    const fees = series.rows.map((row) => row[at] as number)
    for (let index = 1; index < fees.length; index++) {
      const ratio = (fees[index] as number) / (fees[index - 1] as number)
      expect(ratio).toBeLessThanOrEqual(1.125 + 1e-6)
      expect(ratio).toBeGreaterThanOrEqual(0.875 - 1e-6)
    }
  })

  it.each([1, 2, 3])(
    'settles at the fee that sells the target in each phase, within 3 %%, with blocks at the target on average, within 2 %% (seed %d)',
    (seed) => {
      const { series } = simulate({ model: baseFee, observe_every: 100, seed })
      const column = (name: string): number[] => series.rows.map((row) => row[series.columns.indexOf(name)] as number)
      const [fees, equilibria, used] = [column('base_fee_mean_micro'), column('equilibrium_micro'), column('utilisation')]
      for (const row of [2, 4, 6]) {
        expect(Math.abs((fees[row] as number) / (equilibria[row] as number) - 1)).toBeLessThan(0.03)
        expect(Math.abs((used[row] as number) - 1)).toBeLessThan(0.02)
      }
      expect(equilibria.filter((_, row) => [2, 4, 6].includes(row)).map(Math.round)).toEqual([600_000_000, 900_000_000, 600_000_000])
    },
  )

  it('burns the fee and hands the tip to the producer', () => {
    const { figures } = simulate({ model: baseFee, seed: 4, steps: 30 })
    expect(figures.minted_micro).toBe((figures.burned_micro as number) + (figures.circulating_micro as number))
    expect(figures.tips_micro).toBeGreaterThan(0)
    expect(figures.fees_burned_micro).toBe(figures.burned_micro)
  })

  it('refuses a block without a place', () => {
    expect(() => simulate({ agents: 10, model: baseFee, params: { target_ppm: 1 }, seed: 1 })).toThrow('no whole place')
  })
})
