import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { type State, eventText } from '@syntropism/economy'
import { type Batch, type CommandId, type Journal, JournalError, type Maybe, type Moment, type ReadModelRewrite, type StoredBatch } from '../ports/index.ts'
import { READ_MODELS } from './changes.ts'
import { GENESIS_HASH, batchHash } from './hash.ts'
import { MEMORY, type Memory, NOTHING, Projection } from './projection.ts'
import { createQueries } from './queries.ts'
import { type JournalReads, journalReads } from './records.ts'
import { MIGRATIONS } from './schema.ts'
import { SqliteChanges } from './sqlite-changes.ts'
import { SqliteRows } from './sqlite-rows.ts'

function unavailable<T>(what: string, action: () => T): T {
  try {
    return action()
  } catch (error) {
    if (error instanceof JournalError) throw error
    throw new JournalError('unavailable', `${what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}

/** Opens (and when missing creates) a database file with the durable settings: WAL, synchronous FULL. */
export function openDatabase(path: string, readOnly = false): DatabaseSync {
  return unavailable(`cannot open ${path}`, () => {
    const database = new DatabaseSync(path, { readOnly, timeout: 5000 })
    if (!readOnly) {
      database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 16384;')
      migrate(database)
    }
    return database
  })
}

/** What the embedded database is, in words. */
export function describeSqlite(): string {
  const database = new DatabaseSync(':memory:')
  const { version } = database.prepare('SELECT sqlite_version() AS version').get() as { version: string }
  database.close()
  return `SQLite ${version} (embedded); WAL, synchronous FULL`
}

function migrate(database: DatabaseSync): void {
  const version = Number((database.prepare('PRAGMA user_version').get() as { user_version: number }).user_version)
  if (version > MIGRATIONS.length)
    throw new JournalError('corrupt', `the database was written by a newer version (schema ${version}, this one knows ${MIGRATIONS.length})`)
  for (const [index, sql] of MIGRATIONS.entries()) if (index >= version) database.exec(`BEGIN; ${sql}; PRAGMA user_version = ${index + 1}; COMMIT;`)
}

/** The journal in SQLite: one row per batch, read models in the same transaction. */
export class SqliteJournal implements Journal {
  readonly #database: DatabaseSync
  readonly #reads: JournalReads
  readonly #changes: SqliteChanges
  readonly #insert: StatementSync
  readonly #rows: SqliteRows
  readonly #find: StatementSync
  /** Made when the first record is written: a journal that is only read needs none. */
  #projection: Projection | null = null
  #lastHash: string
  last_number: number
  ids_count: number

  constructor(database: DatabaseSync) {
    this.#database = database
    this.#reads = journalReads(createQueries(database))
    this.#rows = new SqliteRows(database)
    this.#changes = new SqliteChanges(database, this.#rows)
    this.#insert = database.prepare('INSERT INTO batches VALUES (?,?,?,?,?,?,?,?)')
    this.#find = database.prepare('SELECT number FROM command_ids WHERE owner = ? AND id = ?')
    const last = database.prepare('SELECT number, hash FROM batches ORDER BY number DESC LIMIT 1').get() as { number: number; hash: string } | undefined
    this.last_number = last?.number ?? 0
    this.ids_count = (database.prepare('SELECT COUNT(*) AS count FROM command_ids').get() as { count: number }).count
    this.#lastHash = last?.hash ?? GENESIS_HASH
  }

  commit(batch: Batch, state: State): Maybe<void> {
    const commandsJson = JSON.stringify(batch.commands)
    const eventsJson = `[${batch.events.map(eventText).join(',')}]`
    const hash = batchHash(this.#lastHash, commandsJson, eventsJson)
    this.#projection ??= unavailable('the read models could not be read', () => this.#project())
    const changes = this.#projection.changesOf(batch, state)
    unavailable('the journal could not be written', () => {
      this.#database.exec('BEGIN IMMEDIATE')
      this.#insert.run(batch.number, batch.events[0]?.seq ?? state.seq, state.seq, state.at_ms, commandsJson, eventsJson, this.#lastHash, hash)
      this.#rows.write(
        'INSERT',
        'command_ids',
        ['owner', 'id', 'number'],
        batch.ids.map(({ id, owner }) => ({ id, number: batch.number, owner })),
      )
      this.#changes.write(changes)
      this.#database.exec('COMMIT')
    })
    this.#lastHash = hash
    this.last_number = batch.number
    this.ids_count += batch.ids.length
  }

  #project(): Projection {
    const read = (sql: string): unknown => this.#database.prepare(sql).all()
    return new Projection({ agents: read(MEMORY.agents), holdings: read(MEMORY.holdings) } as Memory)
  }

  rewriteReadModels(): ReadModelRewrite {
    const projection = new Projection(NOTHING)
    const execute = (sql: string): void => unavailable('the read models could not be written', () => this.#database.exec(sql))
    return {
      abandon: () => execute('ROLLBACK'),
      begin: () => execute(['BEGIN IMMEDIATE', ...READ_MODELS.map((table) => `DELETE FROM ${table}`)].join('; ')),
      finish: () => {
        execute('COMMIT')
        this.#projection = projection
      },
      write: (batch, state) => unavailable('the read models could not be written', () => this.#changes.write(projection.changesOf(batch, state))),
    }
  }

  read(afterNumber: number): AsyncIterable<StoredBatch> {
    return this.#reads.read(afterNumber)
  }

  findCommandIds(ids: readonly CommandId[]): (number | null)[] {
    return unavailable('the journal could not be read', () =>
      ids.map(({ id, owner }) => (this.#find.get(owner, id) as { number: number } | undefined)?.number ?? null),
    )
  }

  saveSnapshot(number: number, text: string): void {
    unavailable('the snapshot could not be written', () => {
      this.#database.exec('BEGIN IMMEDIATE')
      this.#database.prepare('INSERT OR REPLACE INTO snapshots VALUES (?,?)').run(number, text)
      this.#database.prepare('DELETE FROM snapshots WHERE number < (SELECT number FROM snapshots ORDER BY number DESC LIMIT 1 OFFSET 1)').run()
      this.#database.exec('COMMIT')
    })
  }

  latestSnapshot(beforeNumber?: number): ReturnType<JournalReads['latestSnapshot']> {
    return this.#reads.latestSnapshot(beforeNumber)
  }

  recordReaching(moment: Moment): Promise<number | null> {
    return this.#reads.recordReaching(moment)
  }

  close(): void {
    this.#database.close()
  }
}
