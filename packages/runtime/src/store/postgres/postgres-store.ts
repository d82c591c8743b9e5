import { setTimeout as wait } from 'node:timers/promises'
import type pg from 'pg'
import { JournalError, type TokenShelf } from '../../ports/index.ts'
import type { Queries } from '../queries.ts'
import { unavailable } from '../unavailable.ts'
import { connect, createPool, createPostgresQueries, describeUrl } from './connection.ts'
import { createTokenShelf } from './kept-tokens.ts'
import { Lead, type Leader, readLeader, takeLead } from './leadership.ts'
import { describeSchema, isReadable, migratePostgres } from './migrate.ts'
import { PostgresJournal } from './postgres-journal.ts'

export interface PostgresStore {
  readonly journal: PostgresJournal
  readonly queries: Queries
  readonly tokens: TokenShelf
  /** Number of this process's time as leader. */
  readonly epoch: number
}

export interface PostgresOptions {
  readonly url: string
  /** Called once when the lead is lost: to another process, or because the database cannot be asked. */
  onLost(error: JournalError): void
  /** Called once before waiting, with the one that leads; a caller that does not give it is refused at once instead. */
  onStandby?(leader: Leader): void
  /** Ends the wait for the lead. */
  readonly signal?: AbortSignal
}

/** How often a standby looks whether the leader is still there. */
const POLL_MS = 200

/** Waits until this session has the lead. A standby that finds the database gone for a moment keeps asking. */
async function lead(client: pg.Client, { onStandby, signal, url }: PostgresOptions): Promise<number> {
  let told = false
  for (;;) {
    const epoch = await takeLead(client)
    if (epoch !== null) return epoch
    const leader = await readLeader(client)
    if (onStandby === undefined)
      throw new JournalError(
        'locked',
        `${describeUrl(url)} is led by ${leader.holder} (epoch ${leader.epoch}); without --no-standby this process waits and takes over when it ends`,
      )
    if (!told) onStandby(leader)
    told = true
    await wait(POLL_MS, undefined, signal === undefined ? {} : { signal })
  }
}

/** Opens the database for writing: migrates it, takes the lead, or waits for it. Throws JournalError. */
export async function openPostgres(options: PostgresOptions): Promise<PostgresStore> {
  let lost = options.onLost
  const client = await connect(options.url, (error) => lost(unavailable('the session with the database was lost', error)))
  const pool = createPool(options.url)
  const end = async (): Promise<void> => {
    lost = () => undefined
    await pool.end()
    await client.end()
  }
  try {
    await requireUtf8(client, options.url)
    // A new database needs its schema first; an old one is brought up to date by the one that leads, not under it.
    if (!(await isReadable(client))) await migratePostgres(client)
    const epoch = await lead(client, options)
    await migratePostgres(client)
    const holding = new Lead(pool, epoch, (error) => lost(error))
    const queries = createPostgresQueries(pool)
    const journal = await PostgresJournal.open(client, queries, async () => {
      await holding.resign()
      await end()
    })
    return { epoch, journal, queries, tokens: createTokenShelf(client) }
  } catch (error) {
    await end()
    throw unavailable(`cannot open the database ${describeUrl(options.url)}`, error)
  }
}

export interface PostgresReading {
  readonly queries: Queries
  close(): Promise<void>
}

/** Opens the database for reading; null when no economy is in it. Throws JournalError. */
export async function readPostgres(url: string): Promise<PostgresReading | null> {
  const pool = createPool(url)
  try {
    const client = await pool.connect()
    const readable = await isReadable(client).finally(() => client.release())
    if (readable) return { close: () => pool.end(), queries: createPostgresQueries(pool) }
    await pool.end()
    return null
  } catch (error) {
    await pool.end()
    throw unavailable(`cannot open the database ${describeUrl(url)}`, error)
  }
}

/** Refuses a database that cannot hold every text: one would end the economy in the middle of a commit. */
async function requireUtf8(client: pg.ClientBase, url: string): Promise<void> {
  const [found] = (await client.query<{ server_encoding: string }>('SHOW server_encoding')).rows
  if (found?.server_encoding !== 'UTF8')
    throw new JournalError(
      'unavailable',
      `the database ${describeUrl(url)} has encoding ${found?.server_encoding ?? '?'}; make one with UTF8: createdb --encoding UTF8 --template template0 …`,
    )
}

/** What a database is, in words, and what is not as it should be. */
export interface StoreReport {
  readonly database: string
  readonly problems: readonly string[]
}

/** Clocks of two machines differ by less. */
const SKEW_MS_MAX = 5000

/** What the database is: version, how durable it is set, who leads. Throws JournalError when it cannot be asked, or used. */
export async function describePostgres(url: string): Promise<StoreReport> {
  const client = await connect(url, () => undefined)
  try {
    await requireUtf8(client, url)
    const setting = async (name: string): Promise<string> => String(Object.values((await client.query(`SHOW ${name}`)).rows[0] as object)[0])
    const durable = ['fsync', 'full_page_writes', 'synchronous_commit']
    const values = await Promise.all(durable.map(setting))
    const leader = (await isReadable(client)) ? await readLeader(client) : null
    const led =
      leader === null ? 'no economy yet' : leader.alive ? `led by ${leader.holder} (epoch ${leader.epoch})` : `led by nobody (last epoch ${leader.epoch})`
    const settings = durable.map((name, index) => `${name} ${values[index] ?? ''}`).join(', ')
    const [clock] = (await client.query<{ now_ms: number }>('SELECT (extract(epoch FROM clock_timestamp()) * 1000)::BIGINT AS now_ms')).rows
    const skewMs = Math.round((clock?.now_ms ?? 0) - Date.now())
    return {
      database: `PostgreSQL ${await setting('server_version')} at ${describeUrl(url)}; ${settings}; ${led}${await describeSchema(client)}`,
      problems: [
        ...durable.flatMap((name, index) => (values[index] === 'off' ? [`${name} is off: a crash of the server can lose what was acknowledged`] : [])),
        ...(Math.abs(skewMs) > SKEW_MS_MAX ? [`the clock of the database's machine is ${skewMs / 1000} s off this machine's`] : []),
      ],
    }
  } finally {
    await client.end()
  }
}
