import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SqliteJournal, createQueries, openDatabase, openSqlite } from '../../packages/runtime/src/store/index.ts'
import { type Place, journalCases } from './journal.ts'

const place =
  (open: (path: string) => Awaited<ReturnType<Place['open']>>): (() => Promise<Place>) =>
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'syntropism-store-'))
    return { open: async () => open(join(folder, 'economy.sqlite')), remove: async () => rmSync(folder, { force: true, recursive: true }) }
  }

journalCases('SQLite', place(openSqlite))
journalCases(
  'SQLite on this thread',
  place((path) => {
    const database = openDatabase(path)
    return { journal: new SqliteJournal(database), queries: createQueries(database) }
  }),
)
