import { accessSync, constants, existsSync, statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Config } from '../config/index.ts'
import { type Journal, JournalError, type TokenShelf, reasonOf } from '../ports/index.ts'
import { type Queries, createQueries, describeSqlite, openDatabase, openSqlite } from '../store/index.ts'
import type { Leader, PostgresOptions, StoreReport } from '../store/postgres/index.ts'
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

/** Room that a file system should have left. */
const FREE_MB_MIN = 64
const MB = 1_048_576
/** A journal may end this much after now: another machine wrote it, or this one's clock was set back. */
const AHEAD_MS_MAX = 5000

/** The folder, or the nearest above it that is there. */
const existing = (folder: string): string => (existsSync(folder) || dirname(folder) === folder ? folder : existing(dirname(folder)))

function folderProblems({ root }: Paths): string[] {
  const folder = existing(root)
  const { bavail, bsize } = statfsSync(folder)
  const freeMb = Math.floor((bavail * bsize) / MB)
  const problems = freeMb < FREE_MB_MIN ? [`${freeMb} MB are free where ${root} lies: an economy that can write no more stops (exit code 75)`] : []
  try {
    accessSync(folder, constants.W_OK)
    return problems
  } catch (error) {
    return [...problems, `${folder} cannot be written: ${reasonOf(error)}`]
  }
}

async function journalProblems(config: Config, paths: Paths): Promise<string[]> {
  const store = await readStore(config, paths)
  try {
    const last = await store?.queries.selectFrom('batches').select('at_ms').orderBy('number', 'desc').limit(1).executeTakeFirst()
    const aheadMs = (last?.at_ms ?? 0) - Date.now()
    return aheadMs > AHEAD_MS_MAX
      ? [`the journal ends ${Math.round(aheadMs / 1000)} s after now by this machine's clock: economy time goes on from there, so set the clock right first`]
      : []
  } finally {
    await store?.close()
  }
}

/** What the database is, in words, and what is wrong with it and with the data folder. */
export async function inspectStore(config: Config, paths: Paths): Promise<StoreReport> {
  const problems = folderProblems(paths)
  try {
    const found =
      config.database_url === undefined ? { database: describeSqlite(), problems: [] } : await (await postgres()).describePostgres(config.database_url)
    return { database: found.database, problems: [...found.problems, ...problems, ...(await journalProblems(config, paths))] }
  } catch (error) {
    const message = reasonOf(error)
    return { database: config.database_url === undefined ? describeSqlite() : 'PostgreSQL', problems: [message, ...problems] }
  }
}
