import { mkdirSync } from 'node:fs'
import { type Model, Run, type RunResult, UsageError, paramSchema } from '@syntropism/simulation'
import { loadModel, writeRun } from '@syntropism/simulation/node'
import { table } from './format.ts'
import { PROGRESS_EVERY_MS, progressLine, spark } from './progress.ts'

export interface SimulateFlags {
  readonly agents?: number
  readonly steps?: number
  readonly seed: number
  readonly set?: readonly string[]
  readonly activation?: string
  readonly time?: string
  readonly observeEvery?: number
  readonly out?: string
  readonly describe?: boolean
  readonly json?: boolean
}

/** `key=value` pairs of the command line. */
export function settings(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=')
      if (at < 1) throw new UsageError(`--set wants key=value, not "${pair}"`)
      return [pair.slice(0, at), pair.slice(at + 1)]
    }),
  )
}

/** A number for people: whole ones with separators, others with four significant digits. */
const number = (value: number): string =>
  Number.isInteger(value) ? value.toLocaleString('en-US') : Math.abs(value) >= 1000 ? Math.round(value).toLocaleString('en-US') : value.toPrecision(4)

function summary(result: RunResult): string {
  const { columns, rows } = result.series
  const lines = columns.slice(1).map((name, index) => {
    const values = rows.map((row) => row[index + 1] as number)
    return [name, number(values[0] as number), number(values.at(-1) as number), spark(values)]
  })
  return `${result.model}: ${result.agents.toLocaleString('en-US')} agents, ${result.steps.toLocaleString('en-US')} steps, seed ${result.seed}, ${result.activation}, ${result.time}\n${table([['figure', 'first', 'last', 'course'], ...lines])}`
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

/** Runs to the end, or until the first Ctrl-C: then what is done is shown and the exit code is 130. */
async function drive(run: Run, agents: number, steps: number, draw: boolean): Promise<boolean> {
  const stopping = new AbortController()
  const stop = (): void => stopping.abort()
  process.on('SIGINT', stop).on('SIGTERM', stop)
  const began = performance.now()
  let drawn = began
  let more = true
  while (more && !stopping.signal.aborted) {
    more = run.step()
    const now = performance.now()
    if (now - drawn < PROGRESS_EVERY_MS) continue
    drawn = now
    const done = run.world.step
    if (draw) process.stderr.write(`\r${progressLine(done, steps, now - began, `${number((done * agents * 1000) / (now - began))} agent-steps/s`)}\u001B[K`)
    await new Promise((resolve) => setImmediate(resolve))
  }
  if (draw) process.stderr.write('\r\u001B[K')
  process.removeListener('SIGINT', stop).removeListener('SIGTERM', stop)
  if (draw) process.stderr.write(`${number((run.world.step * agents * 1000) / Math.max(1, performance.now() - began))} agent-steps/s\n`)
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
  const run = new Run({
    activation: flags.activation,
    agents: flags.agents,
    model,
    observe_every: flags.observeEvery,
    params: settings(flags.set ?? []),
    seed: flags.seed,
    steps: flags.steps,
    time: flags.time,
  })
  const stopped = await drive(run, run.world.agents, run.world.steps, process.stderr.isTTY && flags.json !== true)
  const result = run.result()
  if (flags.out !== undefined) {
    mkdirSync(flags.out, { recursive: true })
    writeRun(flags.out, result)
  }
  console.log(flags.json === true ? JSON.stringify(result) : summary(result))
  if (!stopped) return
  console.error(`stopped after ${result.steps} of ${run.world.steps} steps`)
  process.exitCode = 130
}
