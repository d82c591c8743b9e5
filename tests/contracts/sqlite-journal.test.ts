import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SqliteJournal, createQueries, openDatabase } from '../../packages/runtime/src/store/index.ts'
import { journalCases } from './journal.ts'

journalCases('SQLite', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'syntropism-store-'))
  return {
    open: async () => {
      const database = openDatabase(join(folder, 'economy.sqlite'))
      return { journal: new SqliteJournal(database), queries: createQueries(database) }
    },
    remove: async () => rmSync(folder, { force: true, recursive: true }),
  }
})
