import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { loadConfig } from '../config/index.ts'
import { openDatabase } from '../store/index.ts'
import { lockDataDir, pathsOf } from './data-dir.ts'
import { inspectStore } from './store.ts'

let folder = ''
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'syntropism-store-'))))
afterEach(() => {
  vi.useRealTimers()
  rmSync(folder, { force: true, recursive: true })
})

const inspect = (env: Record<string, string> = {}) => inspectStore(loadConfig({ data: folder }, env), pathsOf(folder))

it('a data folder that cannot be made is named, with what would be right', () => {
  writeFileSync(join(folder, 'file'), '')
  expect(() => lockDataDir(pathsOf(join(folder, 'file', 'data')))).toThrow(
    /the data folder .*file\/data cannot be made or written: .*; name another with --data/,
  )
})

it.each([
  ['DATABASE_URL', 'mysql://db/economy', 'must begin with postgres://'],
  ['NATS_URL', 'http://host:4222', 'must be one address or several'],
  ['NATS_URL', 'nats://one:4222 nats://two:4222', 'must be one address or several'],
])('%s=%s is refused with what would be right', (name, value, said) => {
  expect(() => loadConfig({}, { [name]: value })).toThrow(said)
})
it.each(['nats://one:4222', 'one:4222,tls://user:secret@two:4222', 'nats://one:4222, nats://two:4222'])('%s is an address of NATS', (value) => {
  expect(loadConfig({}, { NATS_URL: value }).nats_url).toBe(value)
})

describe('what a doctor finds where an economy is kept', () => {
  it('is nothing in an empty folder, and in one that is not there yet', async () => {
    expect(await inspect()).toEqual({ database: expect.stringMatching(/^SQLite 3/) as string, problems: [] })
    rmSync(folder, { recursive: true })
    expect(await inspect()).toMatchObject({ problems: [] })
  })

  it('is a journal that ends after now', async () => {
    vi.useFakeTimers({ now: 1_700_000_000_000, toFake: ['Date'] })
    openDatabase(pathsOf(folder).database).close()
    const database = new DatabaseSync(pathsOf(folder).database)
    database.prepare('INSERT INTO batches VALUES (1, 1, 1, ?, ?, ?, ?, ?)').run(Date.now() + 3_600_000, '[]', '[]', '', '')
    database.close()
    expect((await inspect()).problems).toEqual([expect.stringMatching(/^the journal ends 3600 s after now/)])
  })

  it('is a file that is no database, and a server that does not answer', async () => {
    writeFileSync(pathsOf(folder).database, 'not a database at all, though long enough to be looked at as one')
    expect((await inspect()).problems).toEqual([expect.stringContaining('not a database')])
    expect(await inspect({ DATABASE_URL: 'postgres://economy@127.0.0.1:1/economy' })).toEqual({
      database: 'PostgreSQL',
      problems: [expect.stringContaining('cannot open the database 127.0.0.1:1/economy') as string],
    })
  })
})
