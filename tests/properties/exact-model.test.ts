import { MODELS, type Model, simulate } from '@syntropism/simulation'
import { createSolver } from '@syntropism/solver'
import { describe, expect, it } from 'vitest'

describe('a model in the economy of live under exact clearing', () => {
  it('is asked at each clearing, and winners pay less than they bid under VCG', async () => {
    const solve = await createSolver()
    let asked = 0
    const { figures } = simulate({
      agents: 40,
      model: MODELS.market as Model,
      params: { curve: 'fixed', mechanism: 'exact', payments: 'vcg', share_ppm: 100_000 },
      seed: 8,
      solve: (problem, forVcg) => {
        expect(forVcg).toBe(true)
        asked += 1
        return solve(problem, forVcg)
      },
      steps: 6,
    })
    expect(asked).toBeGreaterThanOrEqual(6)
    expect(figures.jobs).toBeGreaterThan(30)
    expect(figures.burned_micro).toBeLessThan(figures.worth_served_micro as number)
  })
})
