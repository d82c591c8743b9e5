import { createHash } from 'node:crypto'
import { PhoenixError, type PhoenixLibrary, type StoredExample, loadLibrary, pushDataset } from './client.ts'

/** One trial of a benchmark, as far as Phoenix shows it. */
export interface ExperimentTrial {
  readonly item: string
  /** Tells versions of an item apart. */
  readonly item_hash: string
  readonly seed: number
  /** From 0. */
  readonly repeat: number
  readonly task: Readonly<Record<string, unknown>>
  readonly output: Readonly<Record<string, unknown>>
  /** Why there is no verdict; null when there is one. */
  readonly error: string | null
  readonly pass: boolean
  /** Share of the trial's worlds in which every rule held, from 0 to 1. */
  readonly worlds_passed: number
  readonly explanation: string
  /** What model judges gave it, from 1 to 5; null when none judged. */
  readonly judge: { readonly score: number; readonly pass: boolean; readonly explanation: string } | null
}

export interface ExperimentOptions {
  readonly agent: string
  /** Folder whose node_modules has the client library. */
  readonly client_dir: string
  readonly repeats: number
  readonly trials: readonly ExperimentTrial[]
  readonly url: string
}

/** What was pushed. `known` when the same run was there already: then nothing changed. */
export interface PushedExperiment {
  readonly dataset: string
  readonly examples: number
  readonly experiment_id: string
  readonly known: boolean
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const exampleId = ({ item, item_hash, seed }: ExperimentTrial): string => `${item} seed ${seed} ${item_hash.slice(0, 8)}`
const keyOf = (id: string, repeat: number): string => `${id} run ${repeat}`
const silent = (): void => undefined
const SILENT = { debug: silent, error: silent, info: silent, log: silent, table: silent, warn: silent }

/** Trials under the same seeds and repeats, or PhoenixError: an experiment asks every example as often. */
function checkWhole(trials: readonly ExperimentTrial[], repeats: number): void {
  if (trials.length === 0) throw new PhoenixError('the run has no finished trial; nothing was pushed')
  const counts = new Map<string, number>()
  for (const trial of trials) counts.set(exampleId(trial), (counts.get(exampleId(trial)) ?? 0) + 1)
  for (const [id, count] of counts)
    if (count !== repeats)
      throw new PhoenixError(`the run has ${count} of ${repeats} runs of "${id}"; finish it first ("syntropism benchmark run" goes on with --out)`)
}

async function find(library: PhoenixLibrary, client: object, dataset: string, runHash: string): Promise<string | null> {
  const { id } = await library.getDatasetInfo({ client, dataset: { datasetName: dataset } })
  return (await library.listExperiments({ client, datasetId: id })).find((one) => one.metadata.run_hash === runHash)?.id ?? null
}

/**
 * Pushes a finished run of the benchmark: its items and seeds as a dataset, its trials as an experiment on it with a verdict for each.
 * Runs over the same items and seeds share the dataset, so that Phoenix can compare them. Pushing again changes nothing.
 */
export async function pushExperiment({ agent, client_dir, repeats, trials, url }: ExperimentOptions): Promise<PushedExperiment> {
  checkWhole(trials, repeats)
  const library = await loadLibrary(client_dir)
  const client = library.createClient({ options: { baseUrl: url } })
  const first = trials.filter((trial) => trial.repeat === 0)
  const dataset = `syntropism-benchmark-${sha256(first.map(exampleId).join('\n')).slice(0, 12)}`
  const examples = first.map((trial) => ({
    id: exampleId(trial),
    input: { item: trial.item, seed: trial.seed, ...trial.task },
    metadata: { id: exampleId(trial), item: trial.item, item_hash: trial.item_hash, seed: trial.seed },
    output: { pass: true },
    spanId: null,
    splits: 'benchmark',
  }))
  await pushDataset(library, client, dataset, 'Items of the benchmark under the seeds of a run', examples)
  const runHash = sha256(JSON.stringify({ agent, trials }))
  const known = await find(library, client, dataset, runHash)
  if (known !== null) return { dataset, examples: examples.length, experiment_id: known, known: true }
  const byKey = new Map(trials.map((trial) => [keyOf(exampleId(trial), trial.repeat), trial]))
  const asked = new Map<string, number>()
  const task = async (example: StoredExample): Promise<object> => {
    const id = String(example.metadata?.id)
    const repeat = asked.get(id) ?? 0
    asked.set(id, repeat + 1)
    const trial = byKey.get(keyOf(id, repeat))
    if (trial === undefined) throw new PhoenixError(`the dataset ${dataset} asks for "${id}", which the run does not have`)
    if (trial.error !== null) throw new PhoenixError(trial.error)
    return { key: keyOf(id, repeat), ...trial.output }
  }
  const of = (output: unknown): ExperimentTrial => byKey.get(String((output as { key: string }).key)) as ExperimentTrial
  const ran = await library.runExperiment({
    client,
    concurrency: 4,
    dataset: { datasetName: dataset },
    evaluators: [
      {
        evaluate: ({ output }) => ({ explanation: of(output).explanation, label: of(output).pass ? 'passed' : 'failed', score: Number(of(output).pass) }),
        kind: 'CODE',
        name: 'passed',
      },
      {
        evaluate: ({ output }) => ({ explanation: of(output).explanation, label: '', score: of(output).worlds_passed }),
        kind: 'CODE',
        name: 'worlds passed',
      },
      ...(trials.every((trial) => trial.judge !== null)
        ? [
            {
              evaluate: ({ output }: { output: unknown }) => {
                const judge = of(output).judge as NonNullable<ExperimentTrial['judge']>
                return { explanation: judge.explanation, label: judge.pass ? 'passed' : 'failed', score: judge.score }
              },
              kind: 'LLM' as const,
              name: 'model judge',
            },
          ]
        : []),
    ],
    experimentMetadata: { agent, run_hash: runHash },
    experimentName: agent,
    logger: SILENT,
    repetitions: repeats,
    setGlobalTracerProvider: false,
    task,
  })
  const lost = (ran.evaluationRuns ?? []).filter((one) => one.error !== null).length
  if (ran.missingRunCount > 0 || lost > 0)
    throw new PhoenixError(`Phoenix did not take the whole run: ${ran.missingRunCount} trials and ${lost} verdicts are missing in experiment ${ran.id}`)
  return { dataset, examples: examples.length, experiment_id: ran.id, known: false }
}
