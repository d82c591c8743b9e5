export { type Queries, balanceAt, createQueries } from './queries.ts'
export { type SpendRow, spendBy } from './spend.ts'
export type { Tables } from './schema.ts'
export { GENESIS_HASH, SqliteJournal, batchHash, openDatabase } from './sqlite.ts'
