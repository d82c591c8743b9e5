import { describe, expect, it } from 'vitest'
import { measure } from '../benchmarks/distributions.ts'
import { clearings } from '../benchmarks/mechanisms.ts'
import { accesses, marketSteps } from '../benchmarks/market.ts'
import { boltzmann, matching } from '../benchmarks/simulation.ts'

/** The benchmarks at sizes that say nothing about speed: they run, and their answers are what they should be. */
describe('benchmarks', () => {
  it('Boltzmann exchange has the wealth of the plain loop', () => {
    expect(boltzmann(50, 1, 500)).toContain('the same: yes')
  })

  it('order matching counts the quotes it made', () => {
    expect(matching(2000, 1)).toMatch(/\d+ trades in \d+ quotes/)
  })

  it.each(['random', 'sequential'] as const)('the loop beside market steps reads and writes as often as they do, in %s order', (activation) => {
    const { loop, step } = accesses(1000, activation)
    // Prices, bundles and a running total stand in objects, which are not counted in a step; in the loop they are 11 reads and 1 write.
    expect(Math.abs(loop.reads - 11 - step.reads)).toBeLessThan(0.02 * step.reads)
    expect(Math.abs(loop.writes - 1 - step.writes)).toBeLessThan(0.02 * step.writes)
  })

  it('market steps come to the same balances each time', () => {
    const hash = (line: string): string => /balances ([0-9a-f]{12})/.exec(line)?.[1] ?? line
    expect(hash(marketSteps(60, 1, 300))).toBe(hash(marketSteps(60, 1, 300)))
  })

  it('no rule misses less of a book of the literature than the solver does, and none passes the bound', async () => {
    const { exact = Number.NaN, ...rules } = (await measure('sandholm-uniform', { bundle_items: 3, items: 12 }, 12, 2, 60)).gaps
    expect(exact).toBeGreaterThanOrEqual(0)
    expect(Object.values(rules)).toHaveLength(5)
    for (const gap of Object.values(rules)) expect(gap).toBeGreaterThanOrEqual(exact)
  })

  it('every rule clears the book of agent jobs, the same each time', () => {
    const hashes = (): string[] => clearings(40, 1).map((line) => /\] {3}([0-9a-f]{12})/.exec(line)?.[1] ?? line)
    expect(hashes()).toEqual(hashes())
    expect(new Set(hashes()).size).toBeGreaterThan(3)
  })
})
