import { bootstrapInterval, wilsonInterval } from '../rules/index.ts'
import type { Judgement } from '../judge/index.ts'
import { type JudgeFigures, judgeAgreement, judgeFigures } from './judging.ts'
import type { TrialResult } from './trial.ts'

/** Chance that at least one of k trials drawn from n, of which c passed, passes: 1 − C(n − c, k) ÷ C(n, k). */
export function passAtK(n: number, c: number, k: number): number {
  if (k > n) return Number.NaN
  let none = 1
  for (let index = 0; index < k; index++) none *= Math.max(0, n - c - index) / (n - index)
  return 1 - none
}

/** Chance that all of k trials drawn from n, of which c passed, pass: C(c, k) ÷ C(n, k). */
export function passHatK(n: number, c: number, k: number): number {
  if (k > n) return Number.NaN
  let all = 1
  for (let index = 0; index < k; index++) all *= Math.max(0, c - index) / (n - index)
  return all
}

/** One row of a run's table. Shares lie from 0 to 1. */
export interface ItemFigures {
  readonly epochs: number
  readonly errors: number
  readonly item: string
  /** What model judges came to, apart from the score; null when the item has no such part. */
  readonly judge: JudgeFigures | null
  readonly passes: number
  /** `pass_at[k - 1]` and `pass_hat[k - 1]` for k from 1 to the number of judged epochs. */
  readonly pass_at: readonly number[]
  readonly pass_hat: readonly number[]
  readonly score: number
  /** Wilson's 95 % interval of the score; all of 0 to 1 where nothing was judged. */
  readonly interval: { readonly high: number; readonly low: number }
}

type FindJudgement = (trial: TrialResult) => Judgement | null

const figuresOf = (item: string, trials: readonly TrialResult[], find: FindJudgement): ItemFigures => {
  const judged = trials.filter((trial) => trial.error === null)
  const passes = judged.filter((trial) => trial.pass).length
  const n = judged.length
  return {
    epochs: n,
    errors: trials.length - n,
    interval: wilsonInterval(passes, n),
    item,
    judge: (trials[0]?.judge ?? 'none') === 'none' ? null : judgeFigures(trials.map(find)),
    pass_at: Array.from({ length: n }, (_, index) => passAtK(n, passes, index + 1)),
    pass_hat: Array.from({ length: n }, (_, index) => passHatK(n, passes, index + 1)),
    passes,
    score: n === 0 ? 0 : passes / n,
  }
}

/** Where the variance of a trial's verdict comes from, as means over the items: the agent (between repeats of a seed) and the world (between seeds). What judges add is told by `judgeAgreement`. */
export interface VarianceSplit {
  readonly agent: number
  readonly world: number
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)

/** One-way analysis of variance with seeds as groups of equal size; null where there is one seed, or one run of each. */
export function varianceSplit(trials: readonly TrialResult[]): VarianceSplit | null {
  const splits = [...new Set(trials.map((trial) => trial.item))].flatMap((item) => {
    const of = trials.filter((trial) => trial.item === item && trial.error === null)
    const groups = [...new Set(of.map((trial) => trial.seed))].map((seed) => of.filter((trial) => trial.seed === seed).map((trial) => Number(trial.pass)))
    const size = Math.min(...groups.map((group) => group.length))
    if (groups.length < 2 || size < 2) return []
    const equal = groups.map((group) => group.slice(0, size))
    const whole = mean(equal.flat())
    const within = equal.reduce((sum, group) => sum + group.reduce((part, value) => part + (value - mean(group)) ** 2, 0), 0) / (equal.length * (size - 1))
    const between = (size * equal.reduce((sum, group) => sum + (mean(group) - whole) ** 2, 0)) / (equal.length - 1)
    return [{ agent: within, world: Math.max(0, (between - within) / size) }]
  })
  return splits.length === 0 ? null : { agent: mean(splits.map((one) => one.agent)), world: mean(splits.map((one) => one.world)) }
}

/**
 * Interval of a whole run's score: by bootstrap over seeds (over items where there is one seed), and no narrower than Wilson's over the worlds'
 * draws. Where all seeds agree, drawing them again says nothing of the seeds that were not run; Wilson's interval errs to the wide side here,
 * since items of differing difficulty vary less together than so many of one. Repeats have the same worlds: they count together.
 */
function wholeInterval(judged: readonly TrialResult[]): { high: number; low: number } {
  if (judged.length === 0) return { high: 1, low: 0 }
  const shares = (key: (trial: TrialResult) => string): number[] => {
    const groups = new Map<string, number[]>()
    for (const trial of judged) groups.set(key(trial), [...(groups.get(key(trial)) ?? []), Number(trial.pass)])
    return [...groups.values()].map(mean)
  }
  const seeds = shares((trial) => String(trial.seed))
  const draws = shares((trial) => `${trial.item} ${trial.seed}`)
  const drawn = bootstrapInterval(seeds.length > 1 ? seeds : draws, 0.95)
  const wide = wilsonInterval(
    draws.reduce((sum, one) => sum + one, 0),
    draws.length,
  )
  return { high: Math.max(drawn.high, wide.high), low: Math.min(drawn.low, wide.low) }
}

/** Figures per item, in the order of the trials, and those of the whole run: the mean over items with its 95 % interval. `find` gives what models judged. */
export function summarise(
  trials: readonly TrialResult[],
  find: FindJudgement = () => null,
): {
  readonly agreement: ReturnType<typeof judgeAgreement>
  readonly items: readonly ItemFigures[]
  readonly variance: VarianceSplit | null
  readonly whole: { high: number; low: number; score: number; seeds: number }
} {
  const ids = [...new Set(trials.map((trial) => trial.item))]
  const items = ids.map((id) =>
    figuresOf(
      id,
      trials.filter((trial) => trial.item === id),
      find,
    ),
  )
  const judged = trials.filter((trial) => trial.error === null)
  const score = items.reduce((sum, item) => sum + item.score, 0) / Math.max(1, items.length)
  return {
    agreement: judgeAgreement(trials.flatMap((trial) => find(trial) ?? [])),
    items,
    variance: varianceSplit(trials),
    whole: { score, seeds: new Set(judged.map((trial) => trial.seed)).size, ...wholeInterval(judged) },
  }
}
