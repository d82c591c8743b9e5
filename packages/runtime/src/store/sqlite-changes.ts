import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { type Changes, type ReadModel, type Row, columnsOf } from './changes.ts'

/** Writes changes of the read models into SQLite, by statements prepared once. */
export class SqliteChanges {
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()
  readonly #inserts = new Map<ReadModel, { readonly columns: readonly string[]; readonly statement: StatementSync }>()

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  #prepared(sql: string): StatementSync {
    let statement = this.#statements.get(sql)
    if (statement === undefined) this.#statements.set(sql, (statement = this.#database.prepare(sql)))
    return statement
  }

  #insertInto(table: ReadModel): { readonly columns: readonly string[]; readonly statement: StatementSync } {
    let insert = this.#inserts.get(table)
    if (insert === undefined) {
      const columns = columnsOf(table).map(([name]) => name)
      const sql = `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(',')})`
      this.#inserts.set(table, (insert = { columns, statement: this.#prepared(sql) }))
    }
    return insert
  }

  write(changes: Changes): void {
    const where = (key: readonly string[]): string => key.map((column) => `${column} = ?`).join(' AND ')
    const valuesOf = (row: Row, columns: readonly string[]): Row[string][] => columns.map((column) => row[column] ?? null)
    for (const { key, row, table } of changes.removed) this.#prepared(`DELETE FROM ${table} WHERE ${where(key)}`).run(...valuesOf(row, key))
    for (const [table, rows] of changes.inserts()) {
      const { columns, statement } = this.#insertInto(table)
      for (const row of rows) statement.run(...valuesOf(row, columns))
    }
    for (const { added, key, rows, set, table } of changes.updates()) {
      const sets = [...set.map((column) => `${column} = ?`), ...added.map((column) => `${column} = ${column} + ?`)]
      const statement = this.#prepared(`UPDATE ${table} SET ${sets.join(', ')} WHERE ${where(key)}`)
      for (const row of rows) statement.run(...valuesOf(row, [...set, ...added, ...key]))
    }
  }
}
