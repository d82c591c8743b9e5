import { describe, expect, it } from 'vitest'
import { giniOf, jain, priceIndex } from './index.ts'

describe('indicators', () => {
  it('give the worked example (1, 3): Jain 4/5, Gini 1/4', () => {
    expect(giniOf(Float64Array.of(3, 1))).toBe(0.25)
    expect(jain(Float64Array.of(1, 3))).toBe(0.8)
  })

  it('agree with the mean absolute difference', () => {
    const values = Float64Array.from({ length: 50 }, (_, index) => (index * 37) % 101)
    let differences = 0
    for (const one of values) for (const other of values) differences += Math.abs(one - other)
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    expect(giniOf(values)).toBeCloseTo(differences / (2 * values.length ** 2 * mean), 12)
  })

  it('know the ends: all equal, one has all, nobody has anything', () => {
    expect([giniOf(new Float64Array(4).fill(2)), jain(new Float64Array(4).fill(2))]).toEqual([0, 1])
    expect([giniOf(Float64Array.of(0, 0, 0, 8)), jain(Float64Array.of(0, 0, 0, 8))]).toEqual([0.75, 0.25])
    expect([giniOf(new Float64Array(4)), jain(new Float64Array(4))]).toEqual([0, 1])
  })

  it('weigh prices by the base basket', () => {
    expect(priceIndex([2, 4], [3, 4], [2, 1])).toBe(10 / 8)
    expect(priceIndex([0], [5], [1])).toBe(1)
  })
})
