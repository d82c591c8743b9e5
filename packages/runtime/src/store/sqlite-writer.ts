import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Maybe } from '../ports/index.ts'
import { GENESIS_HASH, batchHash } from './hash.ts'
import type { Write } from './writes.ts'

/** Settings under which a commit is done once it is on the disk, and memory for pages in KiB. */
export const DURABLE = 'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -49152; PRAGMA wal_autocheckpoint = 16384;'

/** A record's own row, but for the hashes. */
export interface RecordRow {
  readonly number: number
  readonly first_seq: number
  readonly last_seq: number
  readonly at_ms: number
  readonly commands: string
  readonly events: string
}

/** A part of what is written, carried out in the order of its members. A transaction may come in several parts. */
export interface Part {
  readonly begin?: true
  readonly record?: RecordRow
  readonly writes?: readonly Write[]
  readonly end?: 'COMMIT' | 'ROLLBACK'
}

/** Carries out what is to be written into a database, part after part. */
export interface Writer {
  /** Hands over a part that nobody waits for: its failure is that of the next `carryOut`. */
  handOver(part: Part): void
  /** Carries out a part; done when it is, which after a COMMIT is durably. Throws what the database said; after that everything but a ROLLBACK fails. */
  carryOut(part: Part): Maybe<void>
  close(): Maybe<void>
}

/** Rows that one statement writes, where there are so many. */
const ROWS_AT_ONCE = 50

/** Writes on the thread that it is called on, by statements prepared once. */
export class SqliteWriter implements Writer {
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()
  #failure: unknown = null
  #lastHash: string | null = null

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  handOver(part: Part): void {
    try {
      this.carryOut(part)
    } catch {
      // Kept, and thrown by what follows.
    }
  }

  carryOut(part: Part): void {
    if (part.end === 'ROLLBACK') this.#failure = this.#lastHash = null
    else if (this.#failure !== null) throw this.#failure
    try {
      this.#write(part)
    } catch (error) {
      this.#failure = error
      throw error
    }
  }

  #write({ begin, end, record, writes }: Part): void {
    if (begin === true) this.#database.exec('BEGIN IMMEDIATE')
    if (record !== undefined) this.#record(record)
    for (const write of writes ?? []) this.#rows(write)
    if (end !== undefined) this.#database.exec(end)
  }

  #record({ at_ms, commands, events, first_seq, last_seq, number }: RecordRow): void {
    const previous = (this.#lastHash ??= this.#readLastHash())
    const hash = batchHash(previous, commands, events)
    this.#prepared('INSERT INTO batches VALUES (?,?,?,?,?,?,?,?)').run(number, first_seq, last_seq, at_ms, commands, events, previous, hash)
    this.#lastHash = hash
  }

  #readLastHash(): string {
    const last = this.#database.prepare('SELECT hash FROM batches ORDER BY number DESC LIMIT 1').get() as { hash: string } | undefined
    return last?.hash ?? GENESIS_HASH
  }

  #prepared(sql: string): StatementSync {
    let prepared = this.#statements.get(sql)
    if (prepared === undefined) this.#statements.set(sql, (prepared = this.#database.prepare(sql)))
    return prepared
  }

  #rows({ columns, is_insert, sql, values }: Write): void {
    if (columns === 0) {
      this.#prepared(sql).run()
      return
    }
    let place = 0
    if (is_insert) {
      const size = columns * ROWS_AT_ONCE
      const row = `,(${Array.from({ length: columns }, () => '?').join(',')})`
      for (; place + size <= values.length; place += size) this.#prepared(sql + row.repeat(ROWS_AT_ONCE - 1)).run(...values.slice(place, place + size))
    }
    if (place === values.length) return
    const one = this.#prepared(sql)
    for (; place < values.length; place += columns) one.run(...values.slice(place, place + columns))
  }

  /** The connection stays the caller's. */
  close(): void {
    this.#statements.clear()
  }
}
