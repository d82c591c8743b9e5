import { describe, expect, it } from 'vitest'
import { type TrialResult, compareRuns, summarise, varianceSplit } from './index.ts'

const trial = (item: string, seed: number, pass: boolean, repeat = 0, error: string | null = null): TrialResult => ({
  agent: 'a',
  error,
  item,
  judge: 'none',
  pass,
  repeat,
  seed,
  spend_micro_usd: 0,
  variants: [],
})
/** One trial of each of so many seeds; the first `passes` of them passed. */
const seeds = (item: string, n: number, passes: number): TrialResult[] => Array.from({ length: n }, (_, index) => trial(item, index + 1, index < passes))

describe('is one run better than the other', () => {
  it('repeats of a seed are one pair: running the same worlds again is no further evidence', () => {
    const repeated = (pass: boolean) => [1, 2].flatMap((seed) => Array.from({ length: 10 }, (_, repeat) => trial('X-1', seed, pass, repeat)))
    expect(compareRuns(repeated(true), repeated(false), ['a', 'b'])).toMatchObject({
      answer: expect.stringContaining('2 pairs differ, and below 6 nothing can be shown') as string,
      difference: 1,
      p: 0.5,
      pairs: 2,
    })
  })

  it.each([
    [5, 2 / 2 ** 5, /^Not shown: a is ahead of b .*5 pairs differ, and below 6 nothing can be shown\.$/],
    [6, 2 / 2 ** 6, /^Yes: a is better than b/],
  ])('where %i pairs differ, all the same way, the exact two-sided probability is %f', (n, p, answer) => {
    const result = compareRuns(seeds('X-1', n, n), seeds('X-1', n, 0), ['a', 'b'])
    expect(result.p).toBeCloseTo(p, 12)
    expect(result.answer).toMatch(answer)
  })

  it('pairs that do not differ change nothing of the probability: it is McNemar’s exact test', () => {
    // 9 pairs for a, 2 for b: 2 · (C(11,0) + C(11,1) + C(11,2)) / 2^11.
    const a = [...seeds('X-1', 11, 9), ...seeds('X-2', 40, 20)]
    const b = [...seeds('X-1', 11, 0).map((one, index) => ({ ...one, pass: index >= 9 })), ...seeds('X-2', 40, 20)]
    expect(compareRuns(a, b, ['a', 'b']).p).toBeCloseTo((2 * (1 + 11 + 55)) / 2 ** 11, 12)
  })

  it('what could not be judged in one of them is no pair', () => {
    expect(compareRuns([trial('X-1', 1, true), trial('X-1', 2, true)], [trial('X-1', 1, false), trial('X-1', 2, false, 0, 'lost')], ['a', 'b']).pairs).toBe(1)
  })
})

describe('the interval of a whole run', () => {
  it('is not a point where every trial went the same way', () => {
    const all = summarise([...seeds('X-1', 3, 3), ...seeds('X-2', 3, 3)]).whole
    expect(all).toMatchObject({ high: 1, score: 1, seeds: 3 })
    // Wilson's interval of 6 of 6.
    expect(all.low).toBeCloseTo(0.6097, 3)
    const none = summarise(seeds('X-1', 1, 0)).whole
    expect([none.low, none.score]).toEqual([0, 0])
    expect(none.high).toBeCloseTo(0.7935, 3)
  })

  it('counts repeats of a seed together', () => {
    const once = summarise([trial('X-1', 1, true), trial('X-1', 2, false)]).whole
    const often = summarise([1, 2].flatMap((seed) => Array.from({ length: 8 }, (_, repeat) => trial('X-1', seed, seed === 1, repeat)))).whole
    expect(often).toEqual(once)
  })

  it('says nothing where nothing was judged', () => {
    expect(summarise([trial('X-1', 1, false, 0, 'lost')]).whole).toMatchObject({ high: 1, low: 0, seeds: 0 })
  })
})

describe('the variance of a verdict', () => {
  const of = (rows: readonly (readonly [number, number, boolean])[]): TrialResult[] => rows.map(([seed, repeat, pass]) => trial('X-1', seed, pass, repeat))

  it('is the world’s when repeats agree, and the agent’s when they do not', () => {
    expect(
      varianceSplit(
        of([
          [1, 0, true],
          [1, 1, true],
          [2, 0, false],
          [2, 1, false],
        ]),
      ),
    ).toEqual({ agent: 0, world: 0.5 })
    expect(
      varianceSplit(
        of([
          [1, 0, true],
          [1, 1, false],
          [2, 0, false],
          [2, 1, true],
        ]),
      ),
    ).toEqual({ agent: 0.5, world: 0 })
  })

  it('is not split without repeats', () => {
    expect(
      varianceSplit(
        of([
          [1, 0, true],
          [2, 0, false],
        ]),
      ),
    ).toBeNull()
  })
})
