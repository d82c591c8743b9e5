import { type Judgement, RunFolder, type RunPlan, type TrialResult } from '@syntropism/benchmark/run'
import { ConfigError, type ExperimentTrial, gather, loadConfig, priceOf, pushExperiment, pushPrices, pushToPhoenix } from '@syntropism/runtime'
import { eventsOf, projectOf } from '../inspect/journal-events.ts'
import { type LocalFlags, openLocal, print } from '../terminal/local.ts'

export interface PushFlags extends LocalFlags {
  readonly client: string
  readonly url: string
}

/** Brings what humans and judges said about a run, and the run's windows, to Phoenix. */
export async function runPush(flags: PushFlags): Promise<void> {
  const { queries } = await openLocal(flags)
  const project = await projectOf(queries)
  const pushed = await pushToPhoenix(await gather(eventsOf(queries, 0)), { client_dir: flags.client, project, url: flags.url })
  print(flags, { ...pushed, project }, () =>
    [
      ...pushed.datasets.map(({ added, known, name }) => `${name}: ${added} examples added, ${known} were there`),
      `${pushed.annotations} annotations on spans of ${project}`,
    ].join('\n'),
  )
}

const why = ({ failures, index }: TrialResult['variants'][number]): string[] =>
  failures.map((one) => `world ${index}: ${one.rule}${one.seq === null ? '' : ` at event ${one.seq}`}: expected ${one.expected}; got ${one.got}`)

const judgeOf = (judgement: Judgement | null): ExperimentTrial['judge'] =>
  judgement === null || judgement.overall_score === null
    ? null
    : {
        explanation: judgement.worlds.flatMap(({ index, verdicts }) => verdicts.map((one) => `world ${index}, ${one.model}: ${one.feedback}`)).join('\n'),
        pass: judgement.pass,
        score: judgement.overall_score,
      }

const trialOf = (
  plan: RunPlan,
  judgement: Judgement | null,
  { error, item, judge, pass, repeat, seed, spend_micro_usd, variants }: TrialResult,
): ExperimentTrial => ({
  error,
  explanation: variants.flatMap(why).join('\n') || 'all rules hold',
  item,
  judge: judgeOf(judgement),
  item_hash: plan.items.find((one) => one.id === item)?.hash ?? '',
  output: {
    model_judge: judge,
    spend_micro_usd,
    worlds: variants.map(({ condition, index, record }) => ({ condition, events: record.events.length, index, output: record.output ?? null })),
  },
  pass,
  repeat,
  seed,
  task: { conditions: variants.map(({ condition }) => condition) },
  worlds_passed: variants.filter(({ failures }) => failures.length === 0).length / Math.max(1, variants.length),
})

export interface PricesFlags {
  readonly json?: boolean
  readonly url: string
}

/** Tells Phoenix what the models of the configuration cost, at the first upstream of each that has a price. */
export async function runPrices(flags: PricesFlags): Promise<void> {
  const { llm } = loadConfig({}, process.env)
  if (llm === undefined) throw new ConfigError('there are no models: "llm" in syntropism.config.json names them')
  const priced = Object.entries(llm.models).map(([model, config]) => ({
    model,
    price: config.upstreams.flatMap(({ model: name, upstream }) => {
      const found = llm.upstreams.find((one) => one.id === upstream)
      return found === undefined ? [] : (priceOf(config, name, found, 0) ?? [])
    })[0],
  }))
  const known = priced.flatMap(({ model, price }) => (price === undefined ? [] : [{ model, price }]))
  const pushed = { ...(await pushPrices(known, flags.url)), without_price: priced.filter((one) => one.price === undefined).map((one) => one.model) }
  const line = (what: string, models: readonly string[]): string[] => (models.length === 0 ? [] : [`${what}: ${models.join(', ')}`])
  print(flags, pushed, () =>
    [
      ...line('New in Phoenix', pushed.added),
      ...line('With another price now', pushed.changed),
      ...line('As they were', pushed.known),
      ...line('Without a price, and so without costs', pushed.without_price),
    ].join('\n'),
  )
}

export interface ExperimentFlags {
  readonly client: string
  readonly json?: boolean
  readonly url: string
}

/** Brings a finished run of the benchmark to Phoenix as an experiment. */
export async function runExperimentPush(folder: string, flags: ExperimentFlags): Promise<void> {
  const run = new RunFolder(folder)
  const plan = run.plan()
  const trials = run.trials().map((trial) => trialOf(plan, run.judgement(trial), trial))
  const pushed = await pushExperiment({ agent: plan.agent, client_dir: flags.client, repeats: plan.repeats, trials, url: flags.url })
  print(flags, pushed, () =>
    pushed.known
      ? `${pushed.experiment_id}: this run was there already, in the dataset ${pushed.dataset}`
      : `${pushed.experiment_id}: ${trials.length} trials of ${plan.agent} as an experiment on the dataset ${pushed.dataset} (${pushed.examples} examples)`,
  )
}
