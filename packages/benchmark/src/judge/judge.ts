import type { RunRecord } from '../rules/index.ts'
import type { Scenario, Variant } from '../scenario/index.ts'
import { krippendorffAlpha } from './agreement.ts'
import { type AskModel, JudgeError, type Verdict, askJudge } from './ask.ts'
import { judgePrompt } from './prompt.ts'

/** What the judges said of one world. */
export interface WorldJudgement {
  /** The verdicts as events of the world's log, after all others; their data have the shape of `judge_evaluation`. */
  readonly events: RunRecord['events']
  readonly index: number
  readonly verdicts: readonly (Verdict & { readonly model: string; readonly overall_score: number })[]
}

/** The part of a trial that models judged. */
export interface Judgement {
  /** Agreement of the judges over all criteria of all worlds; null with one judge, or where their scores do not vary. */
  readonly alpha: number | null
  /** Why there is no score; null when there is one. */
  readonly error: string | null
  readonly models: readonly string[]
  /** Mean over worlds of the judges' mean overall score, from 1 to 5; null without one. */
  readonly overall_score: number | null
  readonly pass: boolean
  readonly threshold: number
  readonly worlds: readonly WorldJudgement[]
}

/** One kept world of a trial, with what it was drawn as. */
export interface JudgedWorld {
  readonly variant: Variant
  readonly record: RunRecord
}

export interface JudgeOptions {
  readonly ask: AskModel
  /** Models; each is a judge of its own. */
  readonly models: readonly string[]
  /** Names under which the agent could be known. */
  readonly names: readonly string[]
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

function evaluationEvents(item: Scenario, index: number, verdicts: WorldJudgement['verdicts'], { agent_id, events }: RunRecord): RunRecord['events'] {
  const last = events.at(-1)
  const idsOf = (types: readonly string[]): { event_id: string }[] =>
    events.filter((event) => event.agent_id === agent_id && types.includes(event.type)).map((event) => ({ event_id: String(event.seq) }))
  return verdicts.map((verdict, place) => ({
    agent_id: '',
    at_ms: last?.at_ms ?? 0,
    data: {
      agent_actions: idsOf(['tool_call_initiated']),
      agent_reasoning: idsOf(['reasoning_trace'])[0] ?? { event_id: '' },
      criteria: verdict.criteria,
      evaluation_id: `${item.id} world ${index} by ${verdict.model}`,
      feedback: verdict.feedback,
      overall_score: verdict.overall_score,
      pass: verdict.overall_score >= (item.judge?.threshold ?? 0),
      scenario_id: item.id,
    },
    seq: (last?.seq ?? 0) + 1 + place,
    type: 'judge_evaluation',
  }))
}

async function judgeWorld(item: Scenario, { record, variant }: JudgedWorld, { ask, models, names }: JudgeOptions): Promise<WorldJudgement> {
  const messages = judgePrompt(item, variant, record, names)
  const verdicts: WorldJudgement['verdicts'][number][] = []
  for (const model of models) {
    const verdict = await askJudge(ask, model, item, messages)
    verdicts.push({ ...verdict, model, overall_score: mean(verdict.criteria.map(({ score }) => score)) })
  }
  return { events: evaluationEvents(item, variant.index, verdicts, record), index: variant.index, verdicts }
}

/** One unit for each criterion of each world, with every judge's score. */
const unitsOf = (item: Scenario, worlds: readonly WorldJudgement[]): number[][] =>
  worlds.flatMap(({ verdicts }) =>
    (item.judge?.criteria ?? []).map(({ name }) =>
      verdicts.flatMap((verdict) => verdict.criteria.filter(({ criterion }) => criterion === name).map(({ score }) => score)),
    ),
  )

/** Lets every judge read every world of a trial. A judge that gives no usable verdict leaves the trial without a score, and says why. */
export async function judgeTrial(item: Scenario, worlds: readonly JudgedWorld[], options: JudgeOptions): Promise<Judgement> {
  const common = { models: options.models, threshold: item.judge?.threshold ?? 0 }
  const judged: WorldJudgement[] = []
  try {
    for (const world of worlds) judged.push(await judgeWorld(item, world, options))
  } catch (error) {
    if (!(error instanceof JudgeError)) throw error
    return { ...common, alpha: null, error: error.message, overall_score: null, pass: false, worlds: [] }
  }
  const overall = mean(judged.map(({ verdicts }) => mean(verdicts.map((one) => one.overall_score))))
  return {
    ...common,
    alpha: options.models.length < 2 ? null : krippendorffAlpha(unitsOf(item, judged)),
    error: null,
    overall_score: overall,
    pass: overall >= common.threshold,
    worlds: judged,
  }
}
