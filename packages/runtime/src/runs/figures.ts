import { type Dirent, existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** One figure of a run, to be set beside the same of another. */
export interface RunFigures {
  readonly columns: readonly string[]
  /** Rows by name; cells in the order of the columns, null where a run has none. */
  readonly rows: readonly { readonly cells: readonly (number | null)[]; readonly name: string }[]
}

const TRIALS_MAX = 20_000

interface Trial {
  readonly item?: unknown
  readonly pass?: unknown
  readonly spend_micro_usd?: unknown
}

function readTrial(path: string): Trial | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Trial
  } catch (error) {
    // One that is being written, or was cut off.
    if (error instanceof SyntaxError) return null
    throw error
  }
}

const names = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true })
        .filter((entry: Dirent) => entry.isFile() && entry.name.endsWith('.json'))
        .map((entry) => entry.name)
        .slice(0, TRIALS_MAX)
    : []

/** A benchmark run: per item the trials, those that passed and what their models cost. */
export function benchmarkFigures(folder: string): RunFigures {
  const items = new Map<string, { passed: number; spend: number; trials: number }>()
  for (const name of names(join(folder, 'trials'))) {
    const trial = readTrial(join(folder, 'trials', name))
    if (typeof trial?.item !== 'string') continue
    const sum = items.get(trial.item) ?? { passed: 0, spend: 0, trials: 0 }
    sum.trials += 1
    sum.passed += trial.pass === true ? 1 : 0
    sum.spend += typeof trial.spend_micro_usd === 'number' ? trial.spend_micro_usd : 0
    items.set(trial.item, sum)
  }
  const rows = [...items]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, { passed, spend, trials }]) => ({ cells: [passed / trials, passed, trials, spend / 1_000_000], name }))
  return { columns: ['passed, part', 'passed', 'trials', 'spend, $'], rows }
}

/** Cells of a line of CSV without quoted commas, which the tables of runs have none of in numbers. */
const cellsOf = (line: string): string[] => line.split(',').map((cell) => cell.replaceAll('"', ''))

function numbersOf(header: readonly string[], line: string): Map<string, number> {
  const cells = cellsOf(line)
  return new Map(header.flatMap((name, index) => (cells[index] !== '' && Number.isFinite(Number(cells[index])) ? [[name, Number(cells[index])] as const] : [])))
}

/** A simulation: every figure as it was at the end. */
export function simulationFigures(text: string): RunFigures {
  const lines = text.trimEnd().split('\n')
  const last = lines.length < 2 ? new Map<string, number>() : numbersOf(cellsOf(lines[0] as string), lines.at(-1) as string)
  return { columns: ['at the end'], rows: [...last].map(([name, value]) => ({ cells: [value], name })) }
}

/** A sweep: every figure of its runs, its mean, least and most. */
export function sweepFigures(text: string): RunFigures {
  const [head = '', ...lines] = text.trimEnd().split('\n')
  const values = new Map<string, number[]>()
  for (const line of lines) for (const [name, value] of numbersOf(cellsOf(head), line)) values.set(name, [...(values.get(name) ?? []), value])
  const rows = [...values].map(([name, found]) => ({
    cells: [found.reduce((sum, value) => sum + value, 0) / found.length, Math.min(...found), Math.max(...found), found.length],
    name,
  }))
  return { columns: ['mean', 'least', 'most', 'runs'], rows }
}
