import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { type Changes, type ReadModel, type Row, columnsOf } from './changes.ts'
import type { SqliteRows } from './sqlite-rows.ts'

const namesOf = (table: ReadModel): string[] => columnsOf(table).map(([name]) => name)

/** Writes changes of the read models into SQLite, by statements prepared once. */
export class SqliteChanges {
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()
  readonly #rows: SqliteRows

  constructor(database: DatabaseSync, rows: SqliteRows) {
    this.#database = database
    this.#rows = rows
  }

  #prepared(sql: string): StatementSync {
    let statement = this.#statements.get(sql)
    if (statement === undefined) this.#statements.set(sql, (statement = this.#database.prepare(sql)))
    return statement
  }

  write(changes: Changes): void {
    const where = (key: readonly string[]): string => key.map((column) => `${column} = ?`).join(' AND ')
    const valuesOf = (row: Row, columns: readonly string[]): Row[string][] => columns.map((column) => row[column] ?? null)
    for (const { key, row, table } of changes.removed) this.#prepared(`DELETE FROM ${table} WHERE ${where(key)}`).run(...valuesOf(row, key))
    for (const [table, rows] of changes.inserts()) this.#rows.write('INSERT', table, namesOf(table), rows)
    for (const [table, , rows] of changes.puts()) this.#rows.write('REPLACE', table, namesOf(table), rows)
    for (const { added, key, rows, set, table } of changes.updates()) {
      const sets = [...set.map((column) => `${column} = ?`), ...added.map((column) => `${column} = ${column} + ?`)]
      const statement = this.#prepared(`UPDATE ${table} SET ${sets.join(', ')} WHERE ${where(key)}`)
      for (const row of rows) statement.run(...valuesOf(row, [...set, ...added, ...key]))
    }
  }
}
