import { setTimeout as wait } from 'node:timers/promises'
import type pg from 'pg'
import { JournalError, type TokenShelf } from '../../ports/index.ts'
import type { Queries } from '../queries.ts'
import { connect, createPool, createPostgresQueries, describeUrl, unavailable } from './connection.ts'
import { createTokenShelf } from './kept-tokens.ts'
import { Lead, type Leader, readLeader, takeLead } from './leadership.ts'
import { isReadable, migratePostgres } from './migrate.ts'
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

/** What the database is, in words: version, how durable it is set, who leads. */
export async function describePostgres(url: string): Promise<string> {
  const client = await connect(url, () => undefined)
  try {
    const setting = async (name: string): Promise<string> => String(Object.values((await client.query(`SHOW ${name}`)).rows[0] as object)[0])
    const durable = ['fsync', 'full_page_writes', 'synchronous_commit']
    const values = await Promise.all(durable.map(setting))
    const leader = (await isReadable(client)) ? await readLeader(client) : null
    const led =
      leader === null ? 'no economy yet' : leader.alive ? `led by ${leader.holder} (epoch ${leader.epoch})` : `led by nobody (last epoch ${leader.epoch})`
    const settings = durable.map((name, index) => `${name} ${values[index] ?? ''}`).join(', ')
    return `PostgreSQL ${await setting('server_version')} at ${describeUrl(url)}; ${settings}${values[0] === 'off' ? ' (NOT durable: a crash of the server can lose what was acknowledged)' : ''}; ${led}`
  } finally {
    await client.end()
  }
}
