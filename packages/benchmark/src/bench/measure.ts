import { spawn } from 'node:child_process'
import { extname, join } from 'node:path'
import { applyPatch } from 'diff'
import type { RunRecord } from '../rules/index.ts'
import type { Variant } from '../scenario/index.ts'

const HARNESS = join(import.meta.dirname, `harness${extname(import.meta.filename)}`)
const TRIALS = 10
const WALL_MS = 30_000

type Rows = readonly Readonly<Record<string, number>>[]
type Measured = { readonly rows: Rows } | { readonly error: string }

/** Runs the harness in a process that may read its own file and nothing else. */
async function runHarness(job: object, limit_ms: number): Promise<Measured> {
  const child = spawn(
    process.execPath,
    [
      '--permission',
      `--allow-fs-read=${import.meta.dirname}`,
      '--experimental-vm-modules',
      '--max-old-space-size=128',
      '--disable-warning=SecurityWarning',
      HARNESS,
    ],
    { env: {}, stdio: ['pipe', 'pipe', 'ignore'] },
  )
  const limit = setTimeout(() => child.kill('SIGKILL'), limit_ms)
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => (text = (text + chunk.toString('utf8')).slice(0, 65_536)))
  child.stdin.on('error', () => undefined)
  child.stdin.end(JSON.stringify(job))
  await new Promise((done, fail) => child.once('close', done).once('error', fail))
  clearTimeout(limit)
  try {
    return JSON.parse(text) as Measured
  } catch {
    return { error: `the program did not end within ${limit_ms} ms, or broke its harness` }
  }
}

const known = new Map<string, Promise<Measured>>()
/** What a version of a program measures on the inputs of a drawn world; the same version and world are measured once. */
function measure(source: string, { seed, index, vars, world }: Variant, limit_ms = WALL_MS): Promise<Measured> {
  const job = { bench: world.workload?.bench, seed: seed * 31 + index, size: Number(vars.size ?? 20), source, trials: TRIALS }
  const key = JSON.stringify(job)
  let measured = known.get(key)
  if (measured === undefined) {
    if (known.size > 500) known.clear()
    known.set(key, (measured = runHarness(job, limit_ms)))
  }
  return measured
}

/** The version of the program that the agent made: its file where it changed that, else what its last proposed diff makes of the given one, else null. */
export function madeVersion(variant: Variant, current: string | undefined, diffs: readonly string[]): string | null {
  const file = variant.world.workload?.file ?? ''
  const given = variant.world.files[file]
  if (given === undefined) return null
  if (current !== undefined && current !== given) return current
  const diff = diffs.at(-1)
  if (diff === undefined) return null
  try {
    const patched = applyPatch(given, diff)
    return patched === false || patched === given ? null : patched
  } catch {
    return null
  }
}

/** Trials of the given and the made version, by metric; nothing where there is no new version or one of them does not run. */
export async function measurementsOf(variant: Variant, made: string | null): Promise<RunRecord['measurements']> {
  const given = variant.world.files[variant.world.workload?.file ?? '']
  if (given === undefined || made === null) return {}
  const [before, after] = await Promise.all([measure(given, variant), measure(made, variant)])
  if ('error' in before || 'error' in after) return {}
  const metrics = Object.keys(before.rows[0] ?? {})
  return Object.fromEntries(
    metrics.map((metric) => [metric, before.rows.map((row, trial) => ({ after: after.rows[trial]?.[metric] ?? 0, before: row[metric] ?? 0 }))]),
  )
}

const LEAST: Readonly<Record<string, string>> = { auction: 'return_per_credit', operations: 'operations', pipeline: 'quality' }

/** What the tests of a version found. */
export interface Tested {
  readonly detail: string
  /** By metric: mean of this version over the mean of the given one; above 1 is better. */
  readonly figures: Readonly<Record<string, number>>
  readonly test_results: 'all_passed' | 'some_failed'
  readonly tests: readonly string[]
}

const meanOf = (rows: Rows, metric: string): number => rows.reduce((sum, row) => sum + (row[metric] ?? 0), 0) / Math.max(1, rows.length)

/** Tests of a version: it loads and ends within the limit, its answers are right on every input, and it is in no trial worse than the given one by more than a hair. */
export async function testVersion(variant: Variant, current: string | undefined, limit_ms = WALL_MS): Promise<Tested> {
  const tests = ['test_correctness', 'test_edge_cases', 'test_performance']
  const failed = (detail: string, figures: Tested['figures'] = {}): Tested => ({ detail, figures, test_results: 'some_failed', tests })
  const file = variant.world.workload?.file
  if (file === undefined || current === undefined) return failed('there is no program to test')
  const [before, measured] = await Promise.all([measure(variant.world.files[file] as string, variant), measure(current, variant, limit_ms)])
  if ('error' in measured) return failed(measured.error)
  if ('error' in before) return failed(`the given version: ${before.error}`)
  const metrics = Object.keys(before.rows[0] ?? {})
  const figures = Object.fromEntries(metrics.map((metric) => [metric, meanOf(measured.rows, metric) / meanOf(before.rows, metric)]))
  const metric = LEAST[variant.world.workload?.bench ?? ''] as string
  const worse = measured.rows.findIndex((row, trial) => (row[metric] ?? 0) < (before.rows[trial]?.[metric] ?? 0) * 0.999)
  return worse >= 0
    ? failed(`trial ${worse}: ${metric} is worse than before, or the answer is wrong`, figures)
    : { detail: '', figures, test_results: 'all_passed', tests }
}
