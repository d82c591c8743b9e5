import { describe, expect, it } from 'vitest'
import { type RunResult, simulate } from '../../engine/index.ts'
import { evolution } from './index.ts'

const run = (seed: number, params: Record<string, unknown>, steps: number): RunResult =>
  simulate({ model: evolution, observe_every: steps / 20, params, seed, steps })
/** Mean over the last fifth of a run. */
function late({ series: { columns, rows } }: RunResult, name: string): number {
  const last = rows.slice(-4)
  return last.reduce((sum, row) => sum + (row[columns.indexOf(name)] as number), 0) / last.length
}

describe('evolution of bidding', () => {
  it.each([
    [2, 1, 1 / 2],
    [4, 1, 3 / 4],
  ])('with %d bidders comes from 0.85 of the worth to (n − 1) / n of it, within 0.08 (seed %d)', (bidders, seed, equilibrium) => {
    const result = run(seed, { bidders, start_ppm: 850_000 }, 1500)
    expect(result.series.rows[0]?.[result.series.columns.indexOf('shading_mean')]).toBeCloseTo(0.85, 9)
    expect(result.figures.equilibrium).toBe(equilibrium)
    expect(Math.abs(late(result, 'shading_mean') - equilibrium)).toBeLessThan(0.08)
  })

  it('goes nowhere without variation', () => {
    expect(late(run(3, { variation_ppm: 0 }, 100), 'shading_mean')).toBeCloseTo(0.9, 9)
  })

  it('tells every life: parents live when children are born, births and deaths are those of the economy', () => {
    const result = run(4, { start_ppm: 600_000 }, 300)
    const rows = (result.extras[0]?.rows ?? []) as [number, number, number, number, number][]
    expect(rows.length).toBe(40 + (result.figures.births as number))
    expect(rows.length - (result.figures.deaths as number)).toBe(result.figures.population)
    expect(rows.filter(([, , , died]) => died < 300).length).toBeLessThanOrEqual(result.figures.deaths as number)
    for (const [id, parent, born, died] of rows) {
      expect(born).toBeLessThanOrEqual(died)
      if (parent < 0) continue
      expect(parent).toBeLessThan(id)
      expect(rows[parent]?.[2]).toBeLessThanOrEqual(born)
      expect(rows[parent]?.[3]).toBeGreaterThanOrEqual(born)
    }
    expect(result.figures.generation_max).toBeGreaterThan(1)
  })
})
