import type { State } from '@syntropism/economy'
import { type Model, Run, type RunResult, UsageError, paramSchema } from '@syntropism/simulation'
import { forgetRun, keepRun, loadModel, makeFolder, resumeRun, solverFor, writeRun } from '@syntropism/simulation/node'
import { table } from '../terminal/format.ts'
import { PROGRESS_EVERY_MS, progressLine, spark } from '../terminal/progress.ts'
import { RUN_SOLVER } from '../lab/run-solver.ts'
import { settings } from '../terminal/settings.ts'

export interface SimulateFlags {
  readonly agents?: number
  readonly steps?: number
  readonly seed: number
  readonly set?: readonly string[]
  readonly activation?: string
  readonly time?: string
  readonly observeEvery?: number
  readonly from?: string
  readonly at?: string
  readonly resume?: boolean
  readonly out?: string
  readonly describe?: boolean
  readonly json?: boolean
}

/** A whole number with separators. By hand: the formatter of the runtime loads 6 MB of languages. */
const grouped = (value: number): string => String(value).replace(/\B(?=(?:\d{3})+$)/g, ',')

/** A number for people: whole ones with separators, others with four significant digits. */
const number = (value: number): string =>
  Number.isInteger(value) ? grouped(value) : Math.abs(value) >= 1000 ? grouped(Math.round(value)) : value.toPrecision(4)

function summary(result: RunResult): string {
  const { columns, rows } = result.series
  const lines = columns.slice(1).map((name, index) => {
    const values = rows.map((row) => row[index + 1] as number)
    return [name, number(values[0] as number), number(values.at(-1) as number), spark(values)]
  })
  return `${result.model}: ${grouped(result.agents)} agents, ${grouped(result.steps)} steps, seed ${result.seed}, ${result.activation}, ${result.time}\n${table([['figure', 'first', 'last', 'course'], ...lines])}`
}

function describe(model: Model): string {
  const params = Object.entries(model.params).map(([name, spec]) => [
    name,
    String(spec.default),
    spec.kind === 'choice' ? spec.choices.join(' | ') : `${spec.min} … ${spec.max}`,
    spec.description,
  ])
  return `${model.title}\n${model.source}\n\nactivation: ${model.activations.join(' | ')}; time: ${model.times.join(' | ')}; agents ${model.agents.default}, steps ${model.steps}\n\n${table([['parameter', 'default', 'allowed', 'meaning'], ...params])}`
}

/** Time after which a run with a folder is kept while it goes on, in case the process is killed. */
const KEEP_EVERY_MS = 30_000

/** Runs to the end, or until the first Ctrl-C: then what is done is shown and the exit code is 130. */
async function drive(run: Run, draw: boolean, keep: () => void): Promise<boolean> {
  const stopping = new AbortController()
  const stop = (): void => stopping.abort()
  process.on('SIGINT', stop).on('SIGTERM', stop)
  const { agents, steps } = run.world
  const before = run.world.step
  const began = performance.now()
  let [drawn, kept] = [began, began]
  let more = before < steps
  while (more && !stopping.signal.aborted) {
    more = run.step()
    const now = performance.now()
    if (now - drawn < PROGRESS_EVERY_MS) continue
    drawn = now
    if (now - kept > KEEP_EVERY_MS && more) {
      kept = now
      keep()
    }
    const done = run.world.step - before
    if (draw)
      process.stderr.write(`\r${progressLine(done, steps - before, now - began, `${number((done * agents * 1000) / (now - began))} agent-steps/s`)}\u001B[K`)
    await new Promise((resolve) => setImmediate(resolve))
  }
  if (draw) process.stderr.write('\r\u001B[K')
  process.removeListener('SIGINT', stop).removeListener('SIGTERM', stop)
  if (draw) process.stderr.write(`${number(((run.world.step - before) * agents * 1000) / Math.max(1, performance.now() - began))} agent-steps/s\n`)
  return stopping.signal.aborted
}

/** `syntropism simulate <model>`. */
export async function runSimulate(name: string, flags: SimulateFlags): Promise<void> {
  const model = await loadModel(name)
  if (flags.describe === true) {
    const { activations, agents, name: called, source, steps, times, title } = model
    console.log(
      flags.json === true
        ? JSON.stringify({ activations, agents, name: called, params: paramSchema(model.params), source, steps, times, title }, null, 2)
        : describe(model),
    )
    return
  }
  const start = await startOf(flags)
  const params = settings(flags.set ?? [])
  const run = new Run({
    activation: flags.activation,
    agents: flags.agents,
    model,
    observe_every: flags.observeEvery,
    params,
    seed: flags.seed,
    solve: await solverFor(model, params, RUN_SOLVER),
    start,
    steps: flags.steps,
    time: flags.time,
  })
  const { out } = flags
  if (flags.resume === true) resumeRun(out as string, run)
  if (out !== undefined) makeFolder(out)
  const keep = (): boolean => out !== undefined && keepRun(out, run)
  const stopped = await drive(run, process.stderr.isTTY && flags.json !== true, keep)
  const result = run.result()
  console.log(flags.json === true ? JSON.stringify(result) : summary(result))
  if (out !== undefined) await writeRun(out, result)
  if (stopped) sayStopped(run, keep(), out)
  else if (out !== undefined) forgetRun(out)
}

/** The state that `--from` and `--at` name. */
async function startOf(flags: SimulateFlags): Promise<State | undefined> {
  if (flags.resume === true && flags.out === undefined) throw new UsageError('--resume needs --out: the folder of the run that was stopped')
  if (flags.from === undefined) {
    if (flags.at !== undefined) throw new UsageError('--at needs --from: the data folder of the economy')
    return undefined
  }
  // The journal's readers load the whole runtime: a run that begins with nothing does without.
  const [{ openLocal }, { pastState }] = await Promise.all([import('../terminal/local.ts'), import('../archive/past.ts')])
  const local = await openLocal({ data: flags.from })
  try {
    return await pastState(local, flags)
  } finally {
    await local.close()
  }
}

function sayStopped(run: Run, kept: boolean, out: string | undefined): void {
  const next = kept
    ? 'the same command with --resume goes on'
    : out === undefined
      ? 'with --out it could have been resumed'
      : 'its model cannot be taken up again'
  console.error(`stopped after ${run.world.step} of ${run.world.steps} steps; ${next}`)
  process.exitCode = 130
}
