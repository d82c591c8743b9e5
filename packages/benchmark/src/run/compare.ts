import { bootstrapInterval, leastPairs, permutationTest } from '../rules/index.ts'
import { RunError } from './folder.ts'
import type { TrialResult } from './trial.ts'

export interface Comparison {
  /** Items and seeds that both runs judged; repeats of one count together. */
  readonly pairs: number
  readonly difference: number
  readonly interval: { readonly high: number; readonly low: number }
  readonly p: number
  readonly score_a: number
  readonly score_b: number
  readonly answer: string
  readonly items: readonly { readonly item: string; readonly pairs: number; readonly score_a: number; readonly score_b: number }[]
}

/** Shares of one item and seed that each of the two passed: repeats have the same world, so they are one pair together. */
interface Pair {
  readonly a: number
  readonly b: number
  readonly item: string
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`

const LEVEL = 0.05
const keyOf = ({ item, repeat, seed }: TrialResult): string => `${item} ${seed} ${repeat}`

function pairsOf(a: readonly TrialResult[], b: readonly TrialResult[]): Pair[] {
  const others = new Map(b.filter((trial) => trial.error === null).map((trial) => [keyOf(trial), trial]))
  const found = new Map<string, { readonly a: number[]; readonly b: number[]; readonly item: string }>()
  for (const trial of a) {
    const other = others.get(keyOf(trial))
    if (trial.error !== null || other === undefined) continue
    const key = `${trial.item} ${trial.seed}`
    const pair = found.get(key) ?? { a: [], b: [], item: trial.item }
    pair.a.push(Number(trial.pass))
    pair.b.push(Number(other.pass))
    found.set(key, pair)
  }
  return [...found.values()].map((one) => ({ a: mean(one.a), b: mean(one.b), item: one.item }))
}

/**
 * Is A better than B? Trials of the same item and seed are pairs; worlds are the same in both, so what the world adds falls out. The test is exact
 * where up to 14 pairs differ; the interval draws the pairs again. Throws RunError without a pair.
 */
export function compareRuns(a: readonly TrialResult[], b: readonly TrialResult[], names: readonly [string, string]): Comparison {
  const pairs = pairsOf(a, b)
  if (pairs.length === 0) throw new RunError('the runs have no trial of the same item and seed in common')
  const differences = pairs.map((pair) => pair.a - pair.b)
  const [forward, backward] = [permutationTest(differences), permutationTest(differences.map((one) => -one))]
  const p = Math.min(1, 2 * Math.min(forward, backward))
  const difference = mean(differences)
  const interval = bootstrapInterval(differences, 1 - LEVEL)
  const [differing, least] = [differences.filter((one) => one !== 0).length, leastPairs(LEVEL)]
  const [first, second] = difference >= 0 ? names : [names[1], names[0]]
  const by = `${percent(Math.abs(difference))} of ${pairs.length} paired trials, p = ${p.toPrecision(2)}`
  const answer =
    difference === 0
      ? `No: ${names[0]} and ${names[1]} pass equally many of ${pairs.length} paired trials.`
      : p < LEVEL
        ? `Yes: ${first} is better than ${second} by ${by}.`
        : `Not shown: ${first} is ahead of ${second} by ${by}; ${differing < least ? `${differing} pairs differ, and below ${least} nothing can be shown` : 'that may be chance'}.`
  const ids = [...new Set(pairs.map((pair) => pair.item))]
  const items = ids.map((item) => {
    const of = pairs.filter((pair) => pair.item === item)
    return { item, pairs: of.length, score_a: mean(of.map((pair) => pair.a)), score_b: mean(of.map((pair) => pair.b)) }
  })
  return { answer, difference, interval, items, p, pairs: pairs.length, score_a: mean(pairs.map((pair) => pair.a)), score_b: mean(pairs.map((pair) => pair.b)) }
}
