import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'
import {
  GENESIS_HASH,
  SqliteJournal,
  balanceAt,
  batchHash,
  createQueries,
  lastMovements,
  movementsOf,
  openDatabase,
  selectAgents,
} from '../../packages/runtime/src/store/index.ts'
import { createState } from '@syntropism/economy'
import { removeDir, tempDir } from '../program.ts'

/** A file of the first schema: its records are those of `populate`, carried into the tables that there were then. */
const OLD = join(import.meta.dirname, '../golden/schema-1.sqlite')

const columnsIn = (database: DatabaseSync): unknown[] =>
  database
    .prepare(`SELECT m.name AS in_table, c.name, c.type, c."notnull" FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY 1, 2`)
    .all()
const versionOf = (database: DatabaseSync): number => (database.prepare('PRAGMA user_version').get() as { user_version: number }).user_version

it('a database file of the first schema is brought up to the newest, keeps what it holds and can be written', async () => {
  const folder = tempDir()
  try {
    const path = join(folder, 'economy.sqlite')
    copyFileSync(OLD, path)
    const before = new DatabaseSync(path, { readOnly: true })
    expect(versionOf(before)).toBe(1)
    const count = (database: DatabaseSync, table: string): unknown => database.prepare(`SELECT COUNT(*) AS count FROM ${table}`).get()
    const counts = ['batches', 'command_ids', 'postings', 'receipts'].map((table) => [table, count(before, table)] as const)
    const moved = before
      .prepare('SELECT * FROM transfers ORDER BY number DESC')
      .all()
      .map((row) => ({ ...row }))
    const agents = before.prepare('SELECT agent_id, balance_micro, held_micro FROM agents ORDER BY agent_id').all()
    before.close()

    const database = openDatabase(path)
    const fresh = openDatabase(':memory:')
    expect(versionOf(database)).toBe(versionOf(fresh))
    expect(columnsIn(database)).toEqual(columnsIn(fresh))
    for (const [table, was] of counts) expect(count(database, table), table).toEqual(was)
    const journal = new SqliteJournal(database)
    let hash = GENESIS_HASH
    for await (const record of journal.read(0)) {
      expect(record.previous_hash).toBe(hash)
      hash = batchHash(hash, record.commands_json, record.events_json)
      expect(record.hash).toBe(hash)
    }
    const queries = createQueries(database)
    expect(await lastMovements(queries, moved.length + 1)).toEqual(moved)
    expect(moved.length).toBeGreaterThan(100)
    const now = await selectAgents(queries).orderBy('agent_id').execute()
    expect(now.map(({ agent_id, balance_micro, held_micro }) => ({ agent_id, balance_micro, held_micro }))).toEqual(agents.map((row) => ({ ...row })))
    for (const { agent_id, balance_micro, held_micro } of now) {
      expect(await balanceAt(queries, agent_id, Number.MAX_SAFE_INTEGER)).toEqual({ balance_micro, held_micro })
      const own = moved.filter(({ from_agent, to_agent }) => from_agent === agent_id || to_agent === agent_id)
      expect(await movementsOf(queries, agent_id, { limit: 1000 })).toEqual(own)
      const half = Number(own[own.length >> 1]?.seq)
      expect(await movementsOf(queries, agent_id, { before_seq: half, limit: 3 })).toEqual(own.filter(({ seq }) => Number(seq) < half).slice(0, 3))
    }
    const number = journal.last_number + 1
    await journal.commit({ commands: [], events: [], ids: [{ id: 'new', owner: 'test' }], number, postings: [] }, createState())
    expect(journal.findCommandIds([{ id: 'new', owner: 'test' }])).toEqual([number])
    await journal.close()
  } finally {
    removeDir(folder)
  }
})

it('a database file of a newer program is refused', () => {
  const folder = tempDir()
  try {
    const path = join(folder, 'economy.sqlite')
    const database = openDatabase(path)
    database.exec('PRAGMA user_version = 99')
    database.close()
    expect(() => openDatabase(path)).toThrow('newer version (schema 99')
  } finally {
    removeDir(folder)
  }
})
