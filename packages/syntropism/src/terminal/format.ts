import { microToCredits } from '@syntropism/economy'

/** Credits with up to four decimals. */
export const credits = (micro: number): string => microToCredits(micro).toLocaleString('en-US', { maximumFractionDigits: 4 })
export const percent = (ppm: number): string => `${(ppm / 10_000).toFixed(1)} %`
export const clock = (atMs: number): string => new Date(atMs).toISOString().slice(11, 23)

/** Columns aligned by the widest cell; the first row is the header. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_cell, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
