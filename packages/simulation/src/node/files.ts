import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RunResult } from '../index.ts'
import { type Sheet, csvOf, parquetOf, runsSheet, seriesSheet } from './results.ts'
import type { Group } from './statistics.ts'
import type { Outcome } from './store.ts'

// The report and the Parquet writer are loaded when files are written: a run without a folder does without their memory.

async function writeSheet(folder: string, name: string, sheet: Sheet): Promise<void> {
  writeFileSync(join(folder, `${name}.csv`), csvOf(sheet))
  writeFileSync(join(folder, `${name}.parquet`), await parquetOf(sheet))
}

/** Files of a sweep: results (a row per run) and series (a row per observation) as CSV and Parquet, report.html. */
export async function writeSweep(folder: string, title: string, groups: readonly Group[], outcomes: readonly Outcome[]): Promise<void> {
  const results = outcomes.flatMap(({ point, result }) => (result === null ? [] : [{ result, run: point.index }]))
  await writeSheet(folder, 'results', runsSheet(outcomes))
  await writeSheet(folder, 'series', seriesSheet(results))
  const { sweepReport } = await import('./report.ts')
  writeFileSync(join(folder, 'report.html'), sweepReport(title, groups, outcomes))
}

/** Files of one run: series and each further table as CSV and Parquet, report.html. */
export async function writeRun(folder: string, result: RunResult): Promise<void> {
  await writeSheet(folder, 'series', seriesSheet([{ result, run: 0 }]))
  for (const { columns, name, rows } of result.extras)
    await writeSheet(folder, name, {
      columns: columns.map((column, index) => ({
        cells: rows.map((row) => row[index] ?? null),
        kind: rows.some((row) => typeof row[index] === 'string') ? 'text' : 'number',
        name: column,
      })),
    })
  const { runReport } = await import('./report.ts')
  writeFileSync(join(folder, 'report.html'), runReport(result))
}
