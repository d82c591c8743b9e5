import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import { Kysely, SqliteDialect } from 'kysely'
import type { Tables } from './schema.ts'

/** node:sqlite in the shape that Kysely's SQLite dialect expects. */
const adapt = (database: DatabaseSync) => ({
  close: () => undefined,
  prepare: (sql: string) => {
    const statement = database.prepare(sql)
    return {
      all: (parameters: readonly unknown[]) => statement.all(...(parameters as SQLInputValue[])),
      iterate: (parameters: readonly unknown[]) => statement.iterate(...(parameters as SQLInputValue[])) as IterableIterator<unknown>,
      reader: statement.columns().length > 0,
      run: (parameters: readonly unknown[]) => statement.run(...(parameters as SQLInputValue[])),
    }
  },
})

export type Queries = Kysely<Tables>
/** Typed queries over the read models. The connection stays the caller's. */
export const createQueries = (database: DatabaseSync): Queries => new Kysely<Tables>({ dialect: new SqliteDialect({ database: adapt(database) as never }) })
