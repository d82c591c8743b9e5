import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { type Changes, type ReadModel, type Row, columnsOf } from './changes.ts'

/** Rows that one statement writes, where there are so many. */
const ROWS_AT_ONCE = 50

/** Writes changes of the read models into SQLite, by statements prepared once. */
export class SqliteChanges {
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()
  readonly #writes = new Map<string, { readonly columns: readonly string[]; readonly one: StatementSync; readonly many: StatementSync }>()

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  #prepared(sql: string): StatementSync {
    let statement = this.#statements.get(sql)
    if (statement === undefined) this.#statements.set(sql, (statement = this.#database.prepare(sql)))
    return statement
  }

  #writeRows(verb: 'INSERT' | 'REPLACE', table: ReadModel, rows: readonly Row[]): void {
    let write = this.#writes.get(`${verb} ${table}`)
    if (write === undefined) {
      const columns = columnsOf(table).map(([name]) => name)
      const [into, row] = [`${verb} INTO ${table} (${columns.join(', ')}) VALUES `, `(${columns.map(() => '?').join(',')})`]
      const many = this.#prepared(into + Array.from({ length: ROWS_AT_ONCE }, () => row).join(','))
      this.#writes.set(`${verb} ${table}`, (write = { columns, many, one: this.#prepared(into + row) }))
    }
    const { columns, many, one } = write
    let values: Row[string][] = []
    let count = 0
    for (const row of rows) {
      for (const column of columns) values.push(row[column] ?? null)
      count += 1
      if (count % ROWS_AT_ONCE !== 0) continue
      many.run(...values)
      values = []
    }
    for (let first = 0; first < values.length; first += columns.length) one.run(...values.slice(first, first + columns.length))
  }

  write(changes: Changes): void {
    const where = (key: readonly string[]): string => key.map((column) => `${column} = ?`).join(' AND ')
    const valuesOf = (row: Row, columns: readonly string[]): Row[string][] => columns.map((column) => row[column] ?? null)
    for (const { key, row, table } of changes.removed) this.#prepared(`DELETE FROM ${table} WHERE ${where(key)}`).run(...valuesOf(row, key))
    for (const [table, rows] of changes.inserts()) this.#writeRows('INSERT', table, rows)
    for (const [table, , rows] of changes.puts()) this.#writeRows('REPLACE', table, rows)
    for (const { added, key, rows, set, table } of changes.updates()) {
      const sets = [...set.map((column) => `${column} = ?`), ...added.map((column) => `${column} = ${column} + ?`)]
      const statement = this.#prepared(`UPDATE ${table} SET ${sets.join(', ')} WHERE ${where(key)}`)
      for (const row of rows) statement.run(...valuesOf(row, [...set, ...added, ...key]))
    }
  }
}
