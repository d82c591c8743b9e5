import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { JournalError } from '../../ports/index.ts'
import type { Queries } from '../queries.ts'
import type { Tables } from '../schema.ts'
import { unavailable } from '../unavailable.ts'

const INT8 = 20
const NUMERIC = 1700

/** Integers as numbers: every amount of the economy is a safe integer, and what is not was not written by it. */
function toNumber(text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && !Number.isSafeInteger(value))
    throw new JournalError('corrupt', `the database holds ${text}, which no amount of the economy reaches`)
  return value
}

const parserOf = pg.types.getTypeParser as (oid: number, format?: string) => unknown
const types = {
  getTypeParser: (oid: number, format?: 'binary' | 'text') =>
    oid === INT8 || oid === NUMERIC ? toNumber : (parserOf(oid, format) as (value: string) => unknown),
}

/** Settings of every session: an acknowledged commit is on disk. */
const settings = (url: string) => ({
  application_name: 'syntropism',
  connectionString: url,
  connectionTimeoutMillis: 10_000,
  keepAlive: true,
  options: '-c synchronous_commit=on -c idle_in_transaction_session_timeout=3000',
  types: types as pg.CustomTypesConfig,
})

/** Where a connection string leads, without its password. */
export function describeUrl(url: string): string {
  if (!URL.canParse(url)) return 'PostgreSQL'
  const { hostname, pathname, port, searchParams } = new URL(url)
  return `${searchParams.get('host') ?? hostname}${port === '' ? '' : `:${port}`}${pathname}`
}

/** One session of its own: the writer's. Throws JournalError. */
export async function connect(url: string, onLost: (error: Error) => void): Promise<pg.Client> {
  // The statements of a transaction leave together and cost one round trip.
  const client = new pg.Client({ ...settings(url), pipeline: true } as pg.ClientConfig)
  client.on('error', onLost)
  try {
    await client.connect()
    return client
  } catch (error) {
    throw unavailable(`cannot open the database ${describeUrl(url)}`, error)
  }
}

/** Sessions for queries, opened as they are needed. A session that is lost while idle is replaced; a query on it fails by itself. */
export function createPool(url: string): pg.Pool {
  const pool = new pg.Pool({ ...settings(url), allowExitOnIdle: true, max: 8 })
  pool.on('error', () => undefined)
  return pool
}

/** Typed queries over the read models, the same as over SQLite. */
export const createPostgresQueries = (pool: pg.Pool): Queries => new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
