import { describe, expect, it } from 'vitest'
import { MODELS } from '../models/index.ts'
import { type Model, Run, type RunRequest } from './index.ts'

const cases: readonly (readonly [string, Partial<RunRequest>])[] = [
  ['boltzmann', { agents: 50, steps: 30 }],
  ['boltzmann', { activation: 'simultaneous', agents: 50, steps: 30 }],
  ['boltzmann', { agents: 50, params: { rule: 'split' }, steps: 30, time: 'event-driven' }],
  ['zero-intelligence', { steps: 10 }],
  ['base-fee', { agents: 200, steps: 30 }],
  ['scarce-llm', { agents: 40, params: { patience: 4 }, steps: 20 }],
  ['scarce-llm', { agents: 40, params: { curve: 'clearing', mechanism: 'shadow', patience: 4, payments: 'shadow' }, steps: 20 }],
  ['scarce-llm', { agents: 40, params: { curve: 'base-fee', patience: 4, payments: 'posted' }, steps: 20 }],
  ['market', { agents: 20, params: { share_ppm: 100_000 }, steps: 20 }],
  ['market', { agents: 20, params: { share_ppm: 100_000 }, steps: 20, time: 'event-driven' }],
  ['attention', { agents: 30, params: { humans: 3 }, steps: 20 }],
  ['evolution', { params: { start_ppm: 600_000 }, steps: 100 }],
  ['evolution', { params: { start_ppm: 600_000 }, steps: 60, time: 'event-driven' }],
]

describe('a run that is taken up again', () => {
  it.each(cases)('%s %j ends with the bytes of one that was never stopped', (name, request) => {
    const whole = { model: MODELS[name] as Model, observe_every: 3, seed: 5, ...request }
    const once = new Run(whole)
    while (once.step());
    const first = new Run(whole)
    for (let step = 0; step < (request.steps ?? 0) / 2; step++) first.step()
    // As it lies on disk: structured data, nothing shared.
    const kept = structuredClone(first.save())
    first.step()
    const second = new Run(whole)
    second.resume(kept as NonNullable<typeof kept>)
    while (second.step());
    expect(JSON.stringify(second.result())).toBe(JSON.stringify(once.result()))
  })

  it('is refused for another request', () => {
    const model = MODELS.boltzmann as Model
    const kept = new Run({ model, seed: 1, steps: 10 }).save()
    expect(() => new Run({ model, seed: 2, steps: 10 }).resume(kept as NonNullable<typeof kept>)).toThrow('another run was kept')
  })

  it('is not offered by a model that keeps a state of its own and does not hand it over', () => {
    const model: Model = { ...(MODELS.boltzmann as Model), setup: (world) => ({ ...(MODELS.boltzmann as Model).setup(world), save: undefined as never }) }
    expect(new Run({ model, seed: 1, steps: 10 }).save()).toBeNull()
  })
})
