import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { type State, eventText } from '@syntropism/economy'
import { type Batch, type CommandId, type Journal, JournalError, type Maybe, type Moment, type ReadModelRewrite, type StoredBatch } from '../ports/index.ts'
import { READ_MODELS } from './changes.ts'
import { MEMORY, type Memory, NOTHING, Projection } from './projection.ts'
import { type Queries, createQueries } from './queries.ts'
import { type JournalReads, journalReads } from './records.ts'
import { MIGRATIONS } from './schema.ts'
import { DURABLE, type Part, SqliteWriter, type Writer } from './sqlite-writer.ts'
import { ThreadedWriter } from './threaded-writer.ts'
import { unavailable } from './unavailable.ts'
import { insertion, statement, writesOf } from './writes.ts'

function attempt<T>(what: string, action: () => T): T {
  try {
    return action()
  } catch (error) {
    throw unavailable(what, error)
  }
}

/** Opens (and when missing creates) a database file with the durable settings: WAL, synchronous FULL. */
export function openDatabase(path: string, readOnly = false): DatabaseSync {
  return attempt(`cannot open ${path}`, () => {
    const database = new DatabaseSync(path, { readOnly, timeout: 5000 })
    if (!readOnly) {
      database.exec(DURABLE)
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

/**
 * A database file of an economy that runs: what is written goes to the disk on a thread of its own, what is read comes from a connection of this
 * thread, which sees what is committed and nothing else. Throws JournalError.
 */
export function openSqlite(path: string): { readonly journal: SqliteJournal; readonly queries: Queries } {
  const database = openDatabase(path)
  database.exec('PRAGMA cache_size = -16384;')
  return { journal: new SqliteJournal(database, new ThreadedWriter(path)), queries: createQueries(database) }
}

/** The journal in SQLite: one row per batch, read models in the same transaction. */
export class SqliteJournal implements Journal {
  readonly #database: DatabaseSync
  readonly #reads: JournalReads
  readonly #writer: Writer
  readonly #find: StatementSync
  /** Made when the first record is written: a journal that is only read needs none. */
  #projection: Projection | null = null
  last_number: number
  ids_count: number

  /** Reads from a database, and writes into it on this thread unless a writer is given: in memory, or where nothing else goes on meanwhile. */
  constructor(database: DatabaseSync, writer: Writer = new SqliteWriter(database)) {
    this.#database = database
    this.#writer = writer
    this.#reads = journalReads(createQueries(database))
    this.#find = database.prepare('SELECT number FROM command_ids WHERE owner = ? AND id = ?')
    const last = database.prepare('SELECT number FROM batches ORDER BY number DESC LIMIT 1').get() as { number: number } | undefined
    this.last_number = last?.number ?? 0
    this.ids_count = (database.prepare('SELECT COUNT(*) AS count FROM command_ids').get() as { count: number }).count
  }

  /** Has a part carried out; done at once where the writer is on this thread. */
  #carryOut(what: string, part: Part, done: () => void = () => undefined): Maybe<void> {
    const carried = attempt(what, () => this.#writer.carryOut(part))
    return carried === undefined
      ? done()
      : carried.then(done, (error: unknown) => {
          throw unavailable(what, error)
        })
  }

  commit(batch: Batch, state: State): Maybe<void> {
    this.#projection ??= attempt('the read models could not be read', () => this.#project())
    const { events, ids, number } = batch
    const record = {
      at_ms: state.at_ms,
      commands: JSON.stringify(batch.commands),
      events: `[${events.map(eventText).join(',')}]`,
      first_seq: events[0]?.seq ?? state.seq,
      last_seq: state.seq,
      number,
    }
    const used = insertion(
      'INSERT',
      'command_ids',
      ['owner', 'id', 'number'],
      ids.flatMap(({ id, owner }) => [owner, id, number]),
    )
    // A thread hashes and writes the record while this one finds what it changes in the read models.
    this.#writer.handOver({ begin: true, record, writes: [used] })
    const writes = writesOf(this.#projection.changesOf(batch, state))
    return this.#carryOut('the journal could not be written', { end: 'COMMIT', writes }, () => {
      this.last_number = number
      this.ids_count += ids.length
    })
  }

  #project(): Projection {
    const read = (sql: string): unknown => this.#database.prepare(sql).all()
    return new Projection({ agents: read(MEMORY.agents), holdings: read(MEMORY.holdings) } as Memory)
  }

  rewriteReadModels(): ReadModelRewrite {
    const projection = new Projection(NOTHING)
    const carryOut = (part: Part, done?: () => void): Maybe<void> => this.#carryOut('the read models could not be written', part, done)
    return {
      abandon: () => carryOut({ end: 'ROLLBACK' }),
      begin: () => carryOut({ begin: true, writes: READ_MODELS.map((table) => statement(`DELETE FROM ${table}`)) }),
      finish: () => carryOut({ end: 'COMMIT' }, () => void (this.#projection = projection)),
      write: (batch, state) => carryOut({ writes: writesOf(projection.changesOf(batch, state)) }),
    }
  }

  read(afterNumber: number): AsyncIterable<StoredBatch> {
    return this.#reads.read(afterNumber)
  }

  findCommandIds(ids: readonly CommandId[]): (number | null)[] {
    return attempt('the journal could not be read', () =>
      ids.map(({ id, owner }) => (this.#find.get(owner, id) as { number: number } | undefined)?.number ?? null),
    )
  }

  saveSnapshot(number: number, text: string): Maybe<void> {
    const writes = [
      statement('INSERT OR REPLACE INTO snapshots VALUES (?,?)', 2, [number, text]),
      statement('DELETE FROM snapshots WHERE number < (SELECT number FROM snapshots ORDER BY number DESC LIMIT 1 OFFSET 1)'),
    ]
    return this.#carryOut('the snapshot could not be written', { begin: true, end: 'COMMIT', writes })
  }

  latestSnapshot(beforeNumber?: number): ReturnType<JournalReads['latestSnapshot']> {
    return this.#reads.latestSnapshot(beforeNumber)
  }

  recordReaching(moment: Moment): Promise<number | null> {
    return this.#reads.recordReaching(moment)
  }

  /** A thread's connection closes last: the one that does clears the log away. */
  close(): Maybe<void> {
    this.#database.close()
    return this.#writer.close()
  }
}
