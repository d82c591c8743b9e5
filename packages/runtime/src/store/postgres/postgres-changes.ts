import type pg from 'pg'
import { type Changes, type ReadModel, type Row, type Value, columnsOf } from '../changes.ts'

const ESCAPED = /["\\\0]/
/** PostgreSQL's text holds no NUL. Read models alone have free text in columns; the journal itself is JSON, which escapes it. */
const quoted = (text: string): string => (ESCAPED.test(text) ? text.replaceAll('\0', '\uFFFD').replace(/["\\]/g, '\\$&') : text)

/** A column of values as the text of an array: faster than element by element. */
export const arrayText = (values: readonly Value[]): string =>
  `{${values.map((value) => (value === null ? 'NULL' : typeof value === 'number' ? String(value) : `"${quoted(value)}"`)).join(',')}}`

const kindOf = (table: ReadModel, column: string): string => (columnsOf(table).find(([name]) => name === column)?.[1] === 'integer' ? 'BIGINT' : 'TEXT')

/** A statement over columns of rows, and the columns. */
interface Bulk {
  readonly columns: readonly string[]
  readonly text: string
}

const bulkInsert = (table: ReadModel): Bulk => {
  const columns = columnsOf(table).map(([name]) => name)
  const arrays = columns.map((column, index) => `$${index + 1}::${kindOf(table, column)}[]`)
  return { columns, text: `INSERT INTO ${table} (${columns.join(', ')}) SELECT * FROM unnest(${arrays.join(', ')})` }
}

/** Tables whose texts are long and full of quotes: their rows go as parameters of their own, so many at once, rather than quoted into arrays. */
const LONG: ReadonlySet<ReadModel> = new Set<ReadModel>(['movement_pages'])
const ROWS_AT_ONCE = 16

const insertText = (table: ReadModel, columns: readonly string[], rows: number): string => {
  const row = (index: number): string => `(${columns.map((_, place) => `$${index * columns.length + place + 1}`).join(',')})`
  return `INSERT INTO ${table} (${columns.join(', ')}) VALUES ${Array.from({ length: rows }, (_, index) => row(index)).join(',')}`
}

const bulkPut = (table: ReadModel, key: string): Bulk => {
  const { columns, text } = bulkInsert(table)
  const sets = columns.filter((column) => column !== key).map((column) => `${column} = EXCLUDED.${column}`)
  return { columns, text: `${text} ON CONFLICT (${key}) DO UPDATE SET ${sets.join(', ')}` }
}

const bulkUpdate = (table: ReadModel, key: readonly string[], set: readonly string[], added: readonly string[]): Bulk => {
  const columns = [...key, ...set, ...added]
  const arrays = columns.map((column, index) => `$${index + 1}::${kindOf(table, column)}[]`)
  const sets = [...set.map((column) => `${column} = v.${column}`), ...added.map((column) => `${column} = ${table}.${column} + v.${column}`)]
  const where = key.map((column) => `${table}.${column} = v.${column}`).join(' AND ')
  return { columns, text: `UPDATE ${table} SET ${sets.join(', ')} FROM unnest(${arrays.join(', ')}) AS v(${columns.join(', ')}) WHERE ${where}` }
}

const bulkDelete = (table: ReadModel, key: readonly string[]): Bulk => ({
  columns: key,
  text: `DELETE FROM ${table} WHERE ${key.map((column, index) => `${column} = ANY($${index + 1}::${kindOf(table, column)}[])`).join(' AND ')}`,
})

/** The statements that write changes of the read models: one for each table and kind of change, whatever the number of rows. */
export class PostgresChanges {
  readonly #bulks = new Map<string, Bulk & { readonly name: string }>()

  #query(key: string, make: () => Bulk, rows: readonly Row[]): pg.QueryConfig {
    let bulk = this.#bulks.get(key)
    if (bulk === undefined) this.#bulks.set(key, (bulk = { ...make(), name: `changes_${this.#bulks.size}` }))
    const { columns, name, text } = bulk
    return { name, text, values: columns.map((column) => arrayText(rows.map((row) => row[column] ?? null))) }
  }

  *#longInserts(table: ReadModel, rows: readonly Row[]): Iterable<pg.QueryConfig> {
    const columns = columnsOf(table).map(([name]) => name)
    for (let first = 0; first < rows.length; ) {
      const count = rows.length - first < ROWS_AT_ONCE ? 1 : ROWS_AT_ONCE
      const values = rows.slice(first, first + count).flatMap((row) => columns.map((column) => row[column] ?? null))
      yield { name: `insert_${count}_${table}`, text: insertText(table, columns, count), values }
      first += count
    }
  }

  *statements(changes: Changes): Iterable<pg.QueryConfig> {
    for (const { key, row, table } of changes.removed) yield this.#query(`delete ${table}`, () => bulkDelete(table, key), [row])
    for (const [table, rows] of changes.inserts())
      if (LONG.has(table)) yield* this.#longInserts(table, rows)
      else yield this.#query(`insert ${table}`, () => bulkInsert(table), rows)
    for (const [table, key, rows] of changes.puts()) yield this.#query(`put ${table}`, () => bulkPut(table, key), rows)
    for (const { added, key, rows, set, table } of changes.updates())
      yield this.#query(`update ${table} ${set.join()} ${added.join()}`, () => bulkUpdate(table, key, set, added), rows)
  }
}
