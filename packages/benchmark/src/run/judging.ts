import { type AskModel, type Judgement, type JudgedWorld, judgeTrial, krippendorffAlpha } from '../judge/index.ts'
import { type Scenario, drawVariants } from '../scenario/index.ts'
import { type RunFolder, RunError } from './folder.ts'
import type { TrialResult } from './trial.ts'

export interface JudgingOptions {
  readonly ask: AskModel
  readonly folder: RunFolder
  readonly items: readonly Scenario[]
  readonly models: readonly string[]
  /** Trials at the same time. */
  readonly parallel: number
  onJudged(done: number, all: number): void
}

/** Names under which a judge could know the agent: that of the run, and the last part of its folder. */
const namesOf = (agent: string): string[] => [...new Set([agent, agent.split('/').at(-1) ?? agent])]

async function worldsOf(item: Scenario, trial: TrialResult): Promise<JudgedWorld[]> {
  const drawn = await drawVariants(item, trial.seed)
  return trial.variants.map(({ index, record }) => {
    const variant = drawn[index]
    if (variant === undefined) throw new RunError(`${item.id} has no world ${index} any more; judge the run with the items that it was made with`)
    return { record, variant }
  })
}

/**
 * Lets models judge the finished trials of a run whose items have such a part, after the fact. What the same models judged before is kept;
 * what could not be judged is tried again. Throws RunError when the items are others than those of the run.
 */
export async function judgeRun({ ask, folder, items, models, onJudged, parallel }: JudgingOptions): Promise<void> {
  const { agent } = folder.plan()
  const work = folder.trials().flatMap((trial) => {
    const item = items.find((one) => one.id === trial.item)
    if (item === undefined) throw new RunError(`the run has trials of ${trial.item}, which is none of the items; name its folder with --scenarios`)
    const kept = folder.judgement(trial)
    const done = kept !== null && kept.error === null && kept.models.join() === models.join()
    return item.judge === null || trial.error !== null || done ? [] : [{ item, trial }]
  })
  let [next, finished] = [0, 0]
  const worker = async (): Promise<void> => {
    for (let index = next++; index < work.length; index = next++) {
      const { item, trial } = work[index] as (typeof work)[number]
      const judgement = await judgeTrial(item, await worldsOf(item, trial), { ask, models, names: namesOf(agent) })
      folder.keepJudgement(trial, judgement)
      onJudged((finished += 1), work.length)
    }
  }
  await Promise.all(Array.from({ length: parallel }, worker))
}

/** What the judges of an item's trials came to. */
export interface JudgeFigures {
  /** Trials with a score, and those of them that reached the item's threshold. */
  readonly judged: number
  readonly passes: number
  /** From 1 to 5; null when no trial was judged. */
  readonly mean_score: number | null
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

export function judgeFigures(judgements: readonly (Judgement | null)[]): JudgeFigures {
  const scored = judgements.flatMap((one) => (one === null || one.overall_score === null ? [] : [one]))
  const scores = scored.map((one) => one.overall_score as number)
  return { judged: scored.length, mean_score: scores.length === 0 ? null : mean(scores), passes: scored.filter((one) => one.pass).length }
}

/** How far the judges of a run agree: Krippendorff's alpha over every score, and the variance of a world's overall score between judges. Null with one judge. */
export function judgeAgreement(judgements: readonly Judgement[]): { readonly alpha: number | null; readonly variance: number } | null {
  const worlds = judgements.flatMap((one) => one.worlds).filter((world) => world.verdicts.length >= 2)
  if (worlds.length === 0) return null
  const units = worlds.flatMap(({ verdicts }) =>
    (verdicts[0]?.criteria ?? []).map(({ criterion }) =>
      verdicts.flatMap((verdict) => verdict.criteria.filter((one) => one.criterion === criterion).map(({ score }) => score)),
    ),
  )
  const variances = worlds.map(({ verdicts }) => {
    const scores = verdicts.map((one) => one.overall_score)
    return scores.reduce((sum, score) => sum + (score - mean(scores)) ** 2, 0) / (scores.length - 1)
  })
  return { alpha: krippendorffAlpha(units), variance: mean(variances) }
}
