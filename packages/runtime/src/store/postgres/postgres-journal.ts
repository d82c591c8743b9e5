import { setImmediate as leave } from 'node:timers/promises'
import { type State, eventText } from '@syntropism/economy'
import type pg from 'pg'
import { type Batch, type CommandId, type Journal, JournalError, type Moment, type ReadModelRewrite, type StoredBatch } from '../../ports/index.ts'
import { READ_MODELS } from '../changes.ts'
import { GENESIS_HASH, batchHash } from '../hash.ts'
import { MEMORY, type Memory, NOTHING, Projection } from '../projection.ts'
import type { Queries } from '../queries.ts'
import { type JournalReads, journalReads } from '../records.ts'
import { unavailable } from '../unavailable.ts'
import { DEPOSED } from './migrate.ts'
import { PostgresChanges, arrayText } from './postgres-changes.ts'

const INSERT = {
  name: 'insert_batch',
  text: 'INSERT INTO batches (number, first_seq, last_seq, at_ms, commands, events, previous_hash, hash) VALUES ($1,$2,$3,$4,$5,$6,$7,$8)',
}
const REMEMBER = {
  name: 'remember',
  text: 'INSERT INTO command_ids (owner, id, number) SELECT o, i, $3 FROM unnest($1::TEXT[], $2::TEXT[]) AS v(o, i)',
}
const FIND = {
  name: 'find',
  text: `SELECT c.number FROM unnest($1::TEXT[], $2::TEXT[]) WITH ORDINALITY AS v(owner, id, place)
    LEFT JOIN command_ids c ON c.owner = v.owner COLLATE "C" AND c.id = v.id COLLATE "C" ORDER BY place`,
}

/** Says of a failed write what it means. */
const refused = (what: string, error: unknown): JournalError =>
  (error as { code?: unknown }).code === DEPOSED
    ? new JournalError('deposed', `${what}: another process leads this economy (${(error as Error).message})`, { cause: error })
    : unavailable(what, error)

/** The journal in PostgreSQL: one row per batch, read models in the same transaction. The session that writes leads in one epoch. */
export class PostgresJournal implements Journal {
  readonly #client: pg.Client
  readonly #reads: JournalReads
  readonly #changes = new PostgresChanges()
  readonly #end: () => Promise<void>
  #projection: Projection | null = null
  #lastHash: string
  last_number: number
  ids_count: number

  private constructor(
    client: pg.Client,
    queries: Queries,
    last: { readonly hash: string; readonly ids: number; readonly number: number },
    end: () => Promise<void>,
  ) {
    this.#client = client
    this.#reads = journalReads(queries)
    this.#lastHash = last.hash
    this.last_number = last.number
    this.ids_count = last.ids
    this.#end = end
  }

  /** Opens the journal for a session that has the lead; `end` is called when it is closed. */
  static async open(client: pg.Client, queries: Queries, end: () => Promise<void>): Promise<PostgresJournal> {
    const [last] = (await client.query<{ hash: string; number: number }>('SELECT number, hash FROM batches ORDER BY number DESC LIMIT 1')).rows
    const [counted] = (await client.query<{ count: number }>('SELECT COUNT(*) AS count FROM command_ids')).rows
    return new PostgresJournal(client, queries, { ...(last ?? { hash: GENESIS_HASH, number: 0 }), ids: counted?.count ?? 0 }, end)
  }

  /**
   * Sends the statements of one transaction without waiting for answers in between; done when it is durable. `more` are made while the database
   * carries out the first ones.
   */
  async #transaction(what: string, first: readonly pg.QueryConfig[], more: () => Iterable<pg.QueryConfig> = () => []): Promise<void> {
    const send = (statement: pg.QueryConfig | string): Promise<pg.QueryResult> => {
      const answer = this.#client.query(statement)
      // Each is looked at below, all together.
      answer.catch(() => undefined)
      return answer
    }
    try {
      const sent = ['BEGIN', ...first].map(send)
      await leave()
      sent.push(...[...more(), 'COMMIT'].map(send))
      const results = await Promise.all(sent)
      // After a failed statement the database answers COMMIT with a roll-back.
      if (results.at(-1)?.command !== 'COMMIT') throw new JournalError('unavailable', `${what}: the database rolled back`)
    } catch (error) {
      throw refused(what, error)
    }
  }

  async commit(batch: Batch, state: State): Promise<void> {
    const commandsJson = JSON.stringify(batch.commands)
    const eventsJson = `[${batch.events.map(eventText).join(',')}]`
    const hash = batchHash(this.#lastHash, commandsJson, eventsJson)
    const { events, ids, number } = batch
    this.#projection ??= await this.#project()
    const statements: pg.QueryConfig[] = [
      { ...INSERT, values: [number, events[0]?.seq ?? state.seq, state.seq, state.at_ms, commandsJson, eventsJson, this.#lastHash, hash] },
    ]
    if (ids.length > 0) statements.push({ ...REMEMBER, values: [arrayText(ids.map(({ owner }) => owner)), arrayText(ids.map(({ id }) => id)), number] })
    const projection = this.#projection
    await this.#transaction('the journal could not be written', statements, () => this.#changes.statements(projection.changesOf(batch, state)))
    this.#lastHash = hash
    this.last_number = number
    this.ids_count += ids.length
  }

  async #project(): Promise<Projection> {
    try {
      const [agents, holdings] = [await this.#client.query(MEMORY.agents), await this.#client.query(MEMORY.holdings)]
      return new Projection({ agents: agents.rows, holdings: holdings.rows } as Memory)
    } catch (error) {
      throw unavailable('the read models could not be read', error)
    }
  }

  rewriteReadModels(): ReadModelRewrite {
    const projection = new Projection(NOTHING)
    const execute = async (...statements: (pg.QueryConfig | string)[]): Promise<void> => {
      try {
        await Promise.all(statements.map((statement) => this.#client.query(statement)))
      } catch (error) {
        throw refused('the read models could not be written', error)
      }
    }
    return {
      abandon: () => execute('ROLLBACK'),
      // Only in the time as leader: a record written meanwhile by another would be missing in what is made here.
      begin: () =>
        execute(
          'BEGIN',
          'SET LOCAL idle_in_transaction_session_timeout = 0',
          'LOCK TABLE batches IN SHARE MODE',
          ...READ_MODELS.map((table) => `DELETE FROM ${table}`),
        ),
      finish: async () => {
        await execute('COMMIT')
        this.#projection = projection
      },
      write: (batch, state) => execute(...this.#changes.statements(projection.changesOf(batch, state))),
    }
  }

  read(afterNumber: number): AsyncIterable<StoredBatch> {
    return this.#reads.read(afterNumber)
  }

  async findCommandIds(ids: readonly CommandId[]): Promise<(number | null)[]> {
    try {
      const values = [arrayText(ids.map(({ owner }) => owner)), arrayText(ids.map(({ id }) => id))]
      return (await this.#client.query<{ number: number | null }>({ ...FIND, values })).rows.map((row) => row.number)
    } catch (error) {
      throw unavailable('the journal could not be read', error)
    }
  }

  async saveSnapshot(number: number, text: string): Promise<void> {
    await this.#transaction('the snapshot could not be written', [
      { text: 'INSERT INTO snapshots (number, state) VALUES ($1, $2) ON CONFLICT (number) DO UPDATE SET state = EXCLUDED.state', values: [number, text] },
      { text: 'DELETE FROM snapshots WHERE number < (SELECT number FROM snapshots ORDER BY number DESC LIMIT 1 OFFSET 1)' },
    ])
  }

  latestSnapshot(beforeNumber?: number): ReturnType<JournalReads['latestSnapshot']> {
    return this.#reads.latestSnapshot(beforeNumber)
  }

  recordReaching(moment: Moment): Promise<number | null> {
    return this.#reads.recordReaching(moment)
  }

  close(): Promise<void> {
    return this.#end()
  }
}
