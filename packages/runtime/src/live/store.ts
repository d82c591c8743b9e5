import { existsSync } from 'node:fs'
import type { Config } from '../config/index.ts'
import { type Journal, JournalError, type TokenShelf } from '../ports/index.ts'
import { type Queries, createQueries, describeSqlite, openDatabase, openSqlite } from '../store/index.ts'
import type { Leader, PostgresOptions } from '../store/postgres/index.ts'
import { type Paths, fileShelf, mirroredShelf } from './data-dir.ts'

/** Where one economy is kept: its journal, and queries over what is made from it. */
export interface Store {
  readonly journal: Journal
  readonly queries: Queries
  readonly tokens: TokenShelf
}

/** How to wait for the lead while another process has it. */
export interface Standby {
  /** Called once, with the one that leads. */
  onWait(leader: Leader): void
  readonly signal: AbortSignal
}

/** PostgreSQL is loaded only where it is configured. */
const postgres = () => import('../store/postgres/index.ts')

/** Opens the economy's database for writing: PostgreSQL where one is configured, else the file in the data folder. Throws JournalError. */
export async function openStore(config: Config, paths: Paths, onLost: (error: JournalError) => void, standby?: Standby): Promise<Store> {
  if (config.database_url === undefined) return { ...openSqlite(paths.database), tokens: fileShelf(paths) }
  const { openPostgres } = await postgres()
  const options: PostgresOptions = { onLost, url: config.database_url }
  const store = await openPostgres(standby === undefined ? options : { ...options, onStandby: (leader) => standby.onWait(leader), signal: standby.signal })
  return { ...store, tokens: mirroredShelf(store.tokens, fileShelf(paths)) }
}

/** Opens the economy's database for reading, while it runs or not; null when there is none yet. Throws JournalError. */
export async function readStore(config: Config, paths: Paths): Promise<{ readonly queries: Queries; close(): Promise<void> } | null> {
  if (config.database_url !== undefined) return (await postgres()).readPostgres(config.database_url)
  if (!existsSync(paths.database)) return null
  const database = openDatabase(paths.database, true)
  return { close: async () => database.close(), queries: createQueries(database) }
}

/** What the database is, in words. */
export async function describeStore(config: Config): Promise<string> {
  if (config.database_url === undefined) return describeSqlite()
  try {
    return await (await postgres()).describePostgres(config.database_url)
  } catch (error) {
    if (error instanceof JournalError) return error.message
    throw error
  }
}
