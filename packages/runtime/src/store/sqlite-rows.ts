import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Row } from './changes.ts'

/** Rows that one statement writes, where there are so many. */
const ROWS_AT_ONCE = 50

interface Write {
  readonly columns: readonly string[]
  readonly many: StatementSync
  readonly one: StatementSync
}

/** Writes rows into tables of SQLite, many at a time, by statements prepared once. */
export class SqliteRows {
  readonly #database: DatabaseSync
  readonly #writes = new Map<string, Write>()

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  #prepare(verb: string, table: string, columns: readonly string[]): Write {
    const [into, row] = [`${verb} INTO ${table} (${columns.join(', ')}) VALUES `, `(${columns.map(() => '?').join(',')})`]
    const many = this.#database.prepare(into + Array.from({ length: ROWS_AT_ONCE }, () => row).join(','))
    return { columns, many, one: this.#database.prepare(into + row) }
  }

  /** `columns` are the same for a verb and table each time. */
  write(verb: 'INSERT' | 'REPLACE', table: string, columns: readonly string[], rows: readonly Row[]): void {
    let write = this.#writes.get(`${verb} ${table}`)
    if (write === undefined) this.#writes.set(`${verb} ${table}`, (write = this.#prepare(verb, table, columns)))
    let values: Row[string][] = []
    for (const [index, row] of rows.entries()) {
      for (const column of write.columns) values.push(row[column] ?? null)
      if ((index + 1) % ROWS_AT_ONCE !== 0) continue
      write.many.run(...values)
      values = []
    }
    for (let first = 0; first < values.length; first += columns.length) write.one.run(...values.slice(first, first + columns.length))
  }
}
