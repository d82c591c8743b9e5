import { describe, expect, it } from 'vitest'
import { clearings } from '../benchmarks/mechanisms.ts'
import { marketSteps } from '../benchmarks/market.ts'
import { boltzmann, matching } from '../benchmarks/simulation.ts'

/** The benchmarks at sizes that say nothing about speed: they run, and their answers are what they should be. */
describe('benchmarks', () => {
  it('Boltzmann exchange has the wealth of the plain loop', () => {
    expect(boltzmann(50, 1, 500)).toContain('the same: yes')
  })

  it('order matching counts the quotes it made', () => {
    expect(matching(2000, 1)).toMatch(/\d+ trades in \d+ quotes/)
  })

  it('market steps come to the same balances each time', () => {
    const hash = (line: string): string => /balances ([0-9a-f]{12})/.exec(line)?.[1] ?? line
    expect(hash(marketSteps(60, 1, 300))).toBe(hash(marketSteps(60, 1, 300)))
  })

  it('every rule clears the book of agent jobs, the same each time', () => {
    const hashes = (): string[] => clearings(40, 1).map((line) => /\] {3}([0-9a-f]{12})/.exec(line)?.[1] ?? line)
    expect(hashes()).toEqual(hashes())
    expect(new Set(hashes()).size).toBeGreaterThan(3)
  })
})
