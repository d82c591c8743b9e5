import { microToCredits } from '@syntropism/economy'

/** Credits with up to four decimals. */
export const credits = (micro: number): string => microToCredits(micro).toLocaleString('en-US', { maximumFractionDigits: 4 })
/** Credits for a column: always two decimals, so that the points stand below each other. */
export const amount = (micro: number): string => microToCredits(micro).toLocaleString('en-US', { maximumFractionDigits: 2, minimumFractionDigits: 2 })
/** What a resource's capacity is counted in. */
const UNITS: Readonly<Record<string, string>> = { attention: 'slots', cpu: 'milli-cores', llm: 'micro-dollars a minute', memory: 'MB' }
export const capacityOf = (resource: string, capacity: number): string =>
  `${capacity.toLocaleString('en-US')} ${capacity === 1 ? (UNITS[resource] ?? '').replace(/s$/, '') : (UNITS[resource] ?? '')}`
export const percent = (ppm: number): string => `${(ppm / 10_000).toFixed(1)} %`
export const clock = (atMs: number): string => new Date(atMs).toISOString().slice(11, 23)

/** Control characters that an agent's text might steer a terminal with, taken out; lines stay. */
// oxlint-disable-next-line no-control-regex
export const tame = (text: string): string => text.replaceAll(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F]/g, '')

/** A line no wider than this; that something is left out shows. */
export function cut(line: string, columns: number): string {
  const characters = [...line]
  return characters.length <= columns ? line : `${characters.slice(0, Math.max(0, columns - 1)).join('')}…`
}

/** Lines of a text no wider than this, broken between words where there is a place. */
export const wrap = (text: string, columns: number): string[] =>
  tame(text)
    .split('\n')
    .flatMap((line) => {
      const lines: string[] = []
      let rest = [...line]
      while (rest.length > columns) {
        const space = rest.lastIndexOf(' ', columns)
        const end = space > 0 ? space : columns
        lines.push(rest.slice(0, end).join(''))
        rest = rest.slice(space > 0 ? end + 1 : end)
      }
      return [...lines, rest.join('')]
    })

const NUMBER = /^[+−-]?[\d,]*\.?\d+( %| MB| ms)?$/

/** Columns aligned by the widest cell, those of numbers to the right; the first row is the header. Names from files and agents stay in their line and steer nothing. */
export function table(all: readonly (readonly string[])[]): string {
  const rows = all.map((row) => row.map((cell) => tame(cell).replaceAll('\n', ' ')))
  const widths = (rows[0] ?? []).map((_cell, column) => rows.reduce((widest, row) => Math.max(widest, (row[column] ?? '').length), 0))
  const isNumbers = widths.map((_width, column) => {
    const cells = rows.slice(1).map((row) => row[column] ?? '')
    return cells.some((cell) => NUMBER.test(cell)) && cells.every((cell) => cell === '' || cell === '–' || NUMBER.test(cell))
  })
  return rows
    .map((row) =>
      row
        .map((cell, column) => (isNumbers[column] === true ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
