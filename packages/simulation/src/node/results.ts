import type { RunResult } from '../index.ts'
import type { Outcome } from './store.ts'

export type Cell = number | string | null
/** A table by columns: what CSV and Parquet are written from. */
export interface Sheet {
  readonly columns: readonly { readonly name: string; readonly kind: 'number' | 'text' | 'whole'; readonly cells: readonly Cell[] }[]
}

const union = (lists: Iterable<readonly string[]>): string[] => [...new Set([...lists].flat())]

/** What is asked of a run is whole where it can be counted; what is observed is a number, whatever its values, so that a column has the same type in every file. */
const COUNTED: readonly string[] = ['run', 'agents', 'seed', 'step']

function kindOf(name: string, cells: readonly Cell[], params: ReadonlySet<string>): Sheet['columns'][number]['kind'] {
  if (cells.some((cell) => typeof cell === 'string')) return 'text'
  return (COUNTED.includes(name) || params.has(name)) && cells.every((cell) => cell === null || Number.isSafeInteger(cell)) ? 'whole' : 'number'
}

function sheetOf(rows: readonly Readonly<Record<string, Cell>>[], params: ReadonlySet<string>): Sheet {
  return {
    columns: union(rows.map((row) => Object.keys(row))).map((name) => {
      const cells = rows.map((row) => row[name] ?? null)
      return { cells, kind: kindOf(name, cells, params), name }
    }),
  }
}

const paramsOf = (results: Iterable<RunResult | null>): Set<string> => new Set([...results].flatMap((result) => Object.keys(result?.params ?? {})))

const heading = (result: RunResult): Record<string, Cell> => ({
  activation: result.activation,
  agents: result.agents,
  model: result.model,
  seed: result.seed,
  time: result.time,
  ...result.params,
})

/** One row per run: request, status, last figures. */
export const runsSheet = (outcomes: readonly Outcome[]): Sheet =>
  sheetOf(
    outcomes
      .filter((outcome) => outcome.status !== 'missing')
      .map(({ error, point, result, status }) => ({
        run: point.index,
        status,
        ...(result === null ? { ...point.chosen, seed: point.seed } : { ...heading(result), ...result.figures }),
        error,
      })),
    paramsOf(outcomes.map(({ result }) => result)),
  )

/** One row per run and observation. */
export const seriesSheet = (results: readonly { readonly run: number; readonly result: RunResult }[]): Sheet =>
  sheetOf(
    results.flatMap(({ result, run }) =>
      result.series.rows.map((row) => ({
        run,
        seed: result.seed,
        ...result.params,
        ...Object.fromEntries(result.series.columns.map((name, index) => [name, row[index] ?? null])),
      })),
    ),
    paramsOf(results.map(({ result }) => result)),
  )

const quoted = (cell: Cell): string =>
  cell === null ? '' : typeof cell === 'number' ? String(cell) : /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell

/** RFC 4180, with a header. */
export function csvOf(sheet: Sheet): string {
  const rows = sheet.columns[0]?.cells.length ?? 0
  const lines = [sheet.columns.map((column) => quoted(column.name)).join(',')]
  for (let row = 0; row < rows; row++) lines.push(sheet.columns.map((column) => quoted(column.cells[row] ?? null)).join(','))
  return `${lines.join('\n')}\n`
}

const PARQUET_TYPES = { number: 'DOUBLE', text: 'STRING', whole: 'INT64' } as const

function parquetCell(cell: Cell, kind: Sheet['columns'][number]['kind']): bigint | Cell {
  if (cell === null) return null
  if (kind === 'text') return String(cell)
  return kind === 'whole' ? BigInt(cell) : cell
}

/** Apache Parquet, whole numbers, doubles and UTF-8 text, Snappy. The writer is loaded here: a run that writes no files, and a sweep's worker, do without its memory. */
export async function parquetOf(sheet: Sheet): Promise<Uint8Array> {
  const { parquetWriteBuffer } = await import('hyparquet-writer')
  const columnData = sheet.columns.map(({ cells, kind, name }) => ({
    data: cells.map((cell) => parquetCell(cell, kind)),
    name,
    nullable: true,
    type: PARQUET_TYPES[kind],
  }))
  return new Uint8Array(parquetWriteBuffer({ columnData }))
}
