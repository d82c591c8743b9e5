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

/** Agents with what they have. */
export const selectAgents = (queries: Queries) =>
  queries
    .selectFrom('agents')
    .innerJoin('holdings', 'holdings.party', 'agents.agent_id')
    .selectAll('agents')
    .select(['holdings.balance_micro', 'holdings.held_micro'])

/** Sequence number of the last event at or before an economy time; 0 when there is none. Times rise with the records, so halving finds it. */
export async function seqAt(queries: Queries, atMs: number): Promise<number> {
  const before = (number: number) =>
    queries.selectFrom('batches').select(['at_ms', 'last_seq', 'number']).where('number', '<=', number).orderBy('number', 'desc').limit(1).executeTakeFirst()
  let [low, high] = [0, Number((await before(Number.MAX_SAFE_INTEGER))?.number ?? 0)]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    const row = await before(middle)
    if (row !== undefined && Number(row.at_ms) > atMs) high = Math.min(middle, Number(row.number)) - 1
    else low = middle
  }
  const row = await before(low)
  return row === undefined || Number(row.at_ms) > atMs ? 0 : Number(row.last_seq)
}
