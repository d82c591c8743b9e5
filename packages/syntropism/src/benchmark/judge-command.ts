import { type Judgement, RunError, RunFolder, askOver, judgeRun, summarise } from '@syntropism/benchmark/run'
import { type BenchmarkFlags, loadItems } from './item-commands.ts'
import { scoreTable } from './tables.ts'
import { openBar } from '../terminal/progress.ts'

export interface JudgeFlags extends BenchmarkFlags {
  readonly keyEnv: string
  readonly model: string[]
  readonly parallel: number
  readonly temperature: number
  readonly timeout: number
  readonly url: string
}

/** `syntropism benchmark judge`: exit code 1 when a trial could not be judged. */
export async function runBenchmarkJudge(path: string, flags: JudgeFlags): Promise<void> {
  const key = process.env[flags.keyEnv]
  if (key === undefined || key === '') throw new RunError(`${flags.keyEnv} is not set: put a key there ("syntropism keys create judge --budget …" makes one)`)
  const folder = new RunFolder(path)
  const bar = openBar('trials')
  await judgeRun({
    ask: askOver({ key, temperature: flags.temperature, timeout_ms: flags.timeout * 1000, url: flags.url }),
    folder,
    items: loadItems(flags),
    models: flags.model,
    onJudged: bar,
    parallel: flags.parallel,
  })
  const trials = folder.trials()
  const find = (trial: (typeof trials)[number]): Judgement | null => folder.judgement(trial)
  const figures = summarise(trials, find)
  const failed = trials.flatMap((trial) => {
    const error = find(trial)?.error ?? null
    return error === null ? [] : [{ error, item: trial.item, repeat: trial.repeat, seed: trial.seed }]
  })
  if (flags.json === true) console.log(JSON.stringify({ agent: folder.plan().agent, failed, ...figures }))
  else {
    console.log(scoreTable(folder.plan().agent, figures))
    for (const { error, item, seed } of failed) console.log(`${item}, seed ${seed}, was not judged: ${error}`)
  }
  if (failed.length > 0) process.exitCode = 1
}
