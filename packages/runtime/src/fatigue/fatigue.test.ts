import { describe, expect, it } from 'vitest'
import { type Judged, fatigueOf } from './index.ts'

/** Judgements one after the other, `pause_ms` apart, with the scores in turn. */
function sitting(count: number, pauseMs: number, scores: readonly number[], fromMs = 0): Judged[] {
  return Array.from({ length: count }, (_one, index) => ({ at_ms: fromMs + index * pauseMs, score: scores[index % scores.length] as number }))
}

describe('signs of fatigue', () => {
  it('are none for somebody who goes on as before', () => {
    expect(fatigueOf(sitting(40, 30_000, [4, 6, 8])).signs).toEqual([])
    expect(fatigueOf(sitting(40, 30_000, [4, 6, 8])).item_ms).toBe(30_000)
  })

  it('are the time per item halved or doubled', () => {
    const before = sitting(30, 30_000, [4, 6, 8])
    const from = (before.at(-1)?.at_ms ?? 0) + 10_000
    expect(fatigueOf([...before, ...sitting(10, 10_000, [4, 6, 8], from)]).signs).toEqual(['faster'])
    expect(fatigueOf([...before, ...sitting(10, 70_000, [4, 6, 8], from)]).signs).toEqual(['slower'])
  })

  it('are scores that drift, and one score for everything', () => {
    const before = sitting(30, 30_000, [4, 6, 8])
    const from = (before.at(-1)?.at_ms ?? 0) + 30_000
    expect(fatigueOf([...before, ...sitting(10, 30_000, [6, 8, 10], from)]).signs).toEqual(['milder'])
    expect(fatigueOf([...before, ...sitting(10, 30_000, [2, 4, 6], from)]).signs).toEqual(['stricter'])
    expect(fatigueOf([...before, ...sitting(10, 30_000, [6], from)])).toMatchObject({ score_spread_points: 0, signs: ['uniform'] })
  })

  it('leave breaks out, and say nothing of too few judgements', () => {
    const two = [...sitting(20, 30_000, [5]), ...sitting(20, 30_000, [5], 40_000_000)]
    expect(fatigueOf(two).signs).toEqual([])
    expect(fatigueOf(sitting(4, 1000, [5]))).toEqual({
      item_ms: null,
      item_ms_before: null,
      score_drift_points: null,
      score_spread_points: null,
      score_spread_points_before: null,
      signs: [],
    })
  })
})
