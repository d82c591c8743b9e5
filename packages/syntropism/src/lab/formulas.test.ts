import { describe, expect, it } from 'vitest'
import { FORMULA_EXAMPLES } from './formula-examples.ts'
import { FORMULAS } from './formulas.ts'

describe('formulas', () => {
  it('every one has a worked example', () => {
    expect(Object.keys(FORMULA_EXAMPLES)).toEqual(Object.keys(FORMULAS))
  })

  it.each(Object.entries(FORMULA_EXAMPLES))('%s gives the answer of its example, and both fit its schemas', (name, { input, output }) => {
    const formula = FORMULAS[name]
    expect(formula?.input.safeParse(input).error).toBeUndefined()
    expect(formula?.output.safeParse(output).error).toBeUndefined()
    expect(formula?.run(input)).toEqual(output)
  })

  it.each([
    ['allocative-efficiency', { earned: 2, possible: 1 }, 'earned must be at most possible'],
    ['cobb-douglas', { budgets: [1], supply: [0], weights: [[1]] }, 'supply must be above 0'],
    ['cobb-douglas', { budgets: [1, 1], supply: [1], weights: [[1]] }, 'weights must hold 2 rows'],
    ['dominant-shares', { capacity: [0], demands: [[1]] }, 'capacity: must be numbers above 0'],
    ['dominant-shares', { capacity: [1, 2], demands: [[1]] }, 'demands[0]: must be 2 numbers'],
    ['dominant-shares', { capacity: [1e15], demands: [[1e-3]] }, 'more than 1000000 tasks'],
    ['dominant-shares-divisible', { capacity: [1], demands: [[0]] }, 'every task must want something'],
    ['fake-exponential', { denominator: 1, factor: 1, numerator: 1_000_000_000 }, 'at most 10000 times the denominator'],
    ['gini', { values: [-3, 1] }, 'must add up to more than 0'],
    ['jain', { values: [-1] }, 'values'],
    ['multi-unit', { bids: [[1, 5]], units: 2 }, 'bids[0] must be values from 0 that do not rise'],
    ['tatonnement', { budget: 1e308, gain: 1e308, price: 1, steps: 3, supply: 1e-308 }, 'no finite number'],
  ])('%s refuses %j', (name, input, message) => {
    expect(() => FORMULAS[name]?.run(input)).toThrow(message)
  })
})
