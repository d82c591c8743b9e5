import { type Stats, existsSync, readFileSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { extname, join, relative, resolve, sep } from 'node:path'
import { type RunFigures, benchmarkFigures, simulationFigures, sweepFigures } from './figures.ts'

export type RunKind = 'benchmark' | 'comparison' | 'simulation' | 'sweep'

export interface RunSummary {
  readonly kind: RunKind
  readonly modified_at_ms: number
  /** Path below the folder of runs, with forward slashes. */
  readonly path: string
  /** Reports in it, as paths below the folder of runs. */
  readonly reports: readonly string[]
  /** Who was run, as far as the run says. */
  readonly title: string
}

export interface RunFile {
  readonly body: Uint8Array<ArrayBuffer>
  readonly type: string
}

/** A run or file that is not there, or may not be read. */
export class RunsError extends Error {
  override readonly name = 'RunsError'
}

/** Results that lie in a folder: benchmark runs, simulations, sweeps, comparisons. */
export interface Runs {
  list(): RunSummary[]
  /** Throws RunsError. */
  figures(path: string): RunFigures
  /** Throws RunsError. */
  file(path: string): RunFile
}

const TYPES: Readonly<Record<string, string>> = {
  '.csv': 'text/csv; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
}
const FILE_BYTES_MAX = 64 * 1_048_576
const RUNS_MAX = 500
/** Folders are looked into this deep: a run may lie in a folder of runs. */
const DEPTH = 2

function kindOf(folder: string): RunKind | null {
  const has = (name: string): boolean => existsSync(join(folder, name))
  if (has('run.json') && has('trials')) return 'benchmark'
  if (has('results.csv')) return 'sweep'
  return has('series.csv') ? 'simulation' : null
}

function titleOf(folder: string, kind: RunKind, name: string): string {
  if (kind !== 'benchmark') return name
  try {
    const { agent } = JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')) as { agent?: unknown }
    return typeof agent === 'string' ? `${name}: ${agent}` : name
  } catch (error) {
    if (error instanceof SyntaxError) return name
    throw error
  }
}

const isReport = (name: string): boolean => extname(name) === '.html'
const slashed = (path: string): string => path.split(sep).join('/')

/** The folder need not exist yet: it is looked into when somebody asks. Links that lead out of it are not followed. */
export function openRuns(root: string): Runs {
  const inside = (path: string): string => {
    const wanted = resolve(root, path)
    if (!existsSync(wanted)) throw new RunsError(`there is nothing at ${path} in the folder of runs`)
    const [real, base] = [realpathSync(wanted), realpathSync(root)]
    if (real !== base && !real.startsWith(base + sep)) throw new RunsError(`${path} leads out of the folder of runs`)
    return real
  }
  const summary = (folder: string, kind: RunKind, stats: Stats): RunSummary => {
    const path = slashed(relative(root, folder))
    const reports = readdirSync(folder).filter(isReport)
    return {
      kind,
      modified_at_ms: Math.floor(stats.mtimeMs),
      path,
      reports: reports.map((name) => `${path}/${name}`),
      title: titleOf(folder, kind, path),
    }
  }
  const look = (folder: string, depth: number): RunSummary[] =>
    readdirSync(folder, { withFileTypes: true }).flatMap((entry): RunSummary[] => {
      const path = join(folder, entry.name)
      if (entry.isFile() && isReport(entry.name)) {
        const at = slashed(relative(root, path))
        return [{ kind: 'comparison', modified_at_ms: Math.floor(statSync(path).mtimeMs), path: at, reports: [at], title: at.replace(/\.html$/, '') }]
      }
      if (!entry.isDirectory()) return []
      const kind = kindOf(path)
      return kind === null ? (depth < DEPTH ? look(path, depth + 1) : []) : [summary(path, kind, statSync(path))]
    })
  return {
    figures(path) {
      const folder = inside(path)
      const kind = kindOf(folder)
      if (kind === 'benchmark') return benchmarkFigures(folder)
      if (kind === 'sweep') return sweepFigures(readFileSync(join(folder, 'results.csv'), 'utf8'))
      if (kind === 'simulation') return simulationFigures(readFileSync(join(folder, 'series.csv'), 'utf8'))
      throw new RunsError(`${path} is no run: it holds neither run.json with trials, results.csv nor series.csv`)
    },
    file(path) {
      const type = TYPES[extname(path)]
      if (type === undefined) throw new RunsError(`${path} is no report: right would be ${Object.keys(TYPES).join(', ')}`)
      const real = inside(path)
      const stats = statSync(real)
      if (!stats.isFile() || stats.size > FILE_BYTES_MAX) throw new RunsError(`${path} is no file of at most ${FILE_BYTES_MAX} bytes`)
      return { body: new Uint8Array(readFileSync(real)), type }
    },
    list: () =>
      existsSync(root)
        ? look(root, 1)
            .toSorted((one, other) => other.modified_at_ms - one.modified_at_ms)
            .slice(0, RUNS_MAX)
        : [],
  }
}
