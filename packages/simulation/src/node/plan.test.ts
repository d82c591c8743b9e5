import { describe, expect, it } from 'vitest'
import { pointsOf, readGridKey, readSeeds, requestOf } from './plan.ts'

describe('the plan of a sweep', () => {
  it('reads seeds and grids', () => {
    expect(readSeeds('1..3,7')).toEqual([1, 2, 3, 7])
    expect(readGridKey('rule=unit,split')).toEqual(['rule', ['unit', 'split']])
    expect(readGridKey('saving_ppm=0..50:20')).toEqual(['saving_ppm', ['0', '20', '40']])
  })

  it.each(['', 'x', '3..1', '1..2..3', '1,1', '-1', '1.5'])('refuses the seeds "%s"', (text) => {
    expect(() => readSeeds(text)).toThrow(/seeds are|twice/)
  })

  it.each(['rule', '=1', 'rule=', 'n=5..1', 'n=1..5:0'])('refuses the grid "%s"', (text) => {
    expect(() => readGridKey(text)).toThrow(/--grid wants|must go up|has more than/)
  })

  it('varies the last key fastest, then the seed, and tells the run’s own keys from parameters', () => {
    const spec = { fixed: { steps: '5' }, grid: { a: ['1', '2'], agents: ['10', '20'] }, model: 'm', seeds: [3, 4] }
    const points = pointsOf(spec)
    expect(points.map((point) => [point.index, point.chosen.a, point.chosen.agents, point.seed])).toEqual([
      [0, '1', '10', 3],
      [1, '1', '10', 4],
      [2, '1', '20', 3],
      [3, '1', '20', 4],
      [4, '2', '10', 3],
      [5, '2', '10', 4],
      [6, '2', '20', 3],
      [7, '2', '20', 4],
    ])
    expect(requestOf(spec, points[7] as never)).toEqual({ agents: 20, params: { a: '2' }, seed: 4, steps: 5 })
  })
})
