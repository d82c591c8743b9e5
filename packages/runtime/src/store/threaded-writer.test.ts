import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { setImmediate as turn } from 'node:timers/promises'
import { DEFAULT_PARAMS } from '@syntropism/economy'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createMemoryBus } from '../bus/index.ts'
import { Host, HostStopped } from '../host/index.ts'
import { openDatabase, openSqlite } from './index.ts'
import { type Part, SqliteWriter, type Writer } from './sqlite-writer.ts'
import { ThreadedWriter } from './threaded-writer.ts'
import { insertion, statement } from './writes.ts'

let folder = ''
let path = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'syntropism-writer-'))
  path = join(folder, 'economy.sqlite')
})
afterEach(() => rmSync(folder, { force: true, recursive: true }))

const line = (...values: (number | string)[]) => insertion('INSERT', 'lines', ['number', 'text'], values)
const numbersIn = (database: DatabaseSync): unknown[] =>
  database
    .prepare('SELECT number FROM lines ORDER BY number')
    .all()
    .map((row) => row.number)

const WRITERS: readonly (readonly [string, (database: DatabaseSync) => Writer])[] = [
  ['on the thread that calls', (database) => new SqliteWriter(database)],
  ['on a thread of its own', () => new ThreadedWriter(path)],
]
describe.each(WRITERS)('writing %s', (_thread, open) => {
  it('makes one transaction of its parts, of any number of rows, and shows it once it is done', async () => {
    const database = openDatabase(path)
    database.exec('CREATE TABLE lines (number INTEGER PRIMARY KEY, text TEXT)')
    const writer = open(database)
    const rows = Array.from({ length: 120 }, (_, index) => [index, `line ${index}`]).flat()
    writer.handOver({ begin: true, writes: [line(...rows)] })
    const changes = [statement('DELETE FROM lines WHERE number >= 110'), statement('UPDATE lines SET number = ? WHERE number = ?', 2, [-1, 0, -2, 1])]
    await writer.carryOut({ end: 'COMMIT', writes: changes })
    expect(numbersIn(database)).toEqual([-2, -1, ...Array.from({ length: 108 }, (_, index) => index + 2)])
    database.close()
    await writer.close()
  })

  it('fails with what went wrong, also in a part that nobody waited for, and carries out nothing more but a roll-back', async () => {
    const database = openDatabase(path)
    database.exec('CREATE TABLE lines (number INTEGER PRIMARY KEY, text TEXT)')
    const writer = open(database)
    const carryOut = async (part: Part): Promise<void> => await writer.carryOut(part)
    writer.handOver({ begin: true, writes: [line(1, 'a', 1, 'again')] })
    await expect(carryOut({ end: 'COMMIT', writes: [line(2, 'b')] })).rejects.toThrow('UNIQUE constraint failed')
    await expect(carryOut({ begin: true, end: 'COMMIT', writes: [line(3, 'c')] })).rejects.toThrow('UNIQUE constraint failed')
    await carryOut({ end: 'ROLLBACK' })
    expect(numbersIn(database)).toEqual([])
    await carryOut({ begin: true, end: 'COMMIT', writes: [line(4, 'd')] })
    expect(numbersIn(database)).toEqual([4])
    database.close()
    await writer.close()
  })
})

describe('the thread that writes', () => {
  it('carries out what it was given before it ends, and nothing afterwards', async () => {
    const database = openDatabase(path)
    database.exec('CREATE TABLE lines (number INTEGER PRIMARY KEY, text TEXT)')
    const writer = new ThreadedWriter(path)
    const written = writer.carryOut({ begin: true, end: 'COMMIT', writes: [line(1, 'a')] })
    await writer.close()
    await written
    expect(numbersIn(database)).toEqual([1])
    await expect(writer.carryOut({ begin: true })).rejects.toThrow('the thread "journal" has ended')
    database.close()
  })

  it('fails everything when it cannot open the file', async () => {
    const writer = new ThreadedWriter(join(folder, 'nowhere', 'economy.sqlite'))
    await expect(writer.carryOut({ begin: true })).rejects.toThrow('unable to open database file')
    await expect(writer.carryOut({ begin: true })).rejects.toThrow('unable to open database file')
    await writer.close()
  })
})

const GENESIS = { economy_id: 'h', owner: 'host', params: DEFAULT_PARAMS, rules_version: 1, type: 'genesis' } as const
const openHost = (journal: ReturnType<typeof openSqlite>['journal'], onFatal: (error: unknown) => void) =>
  Host.open({ bus: createMemoryBus(() => undefined), createClock: (last) => ({ now: () => last + 1 }), journal, onFatal })

describe('a host on a file whose commits wait', () => {
  it('goes on meanwhile, answers nothing before they are durable and shows no reader what is not', async () => {
    const { journal, queries } = openSqlite(path)
    const host = await openHost(journal, (error) => {
      throw error
    })
    await host.submit(GENESIS)
    const other = openDatabase(path)
    other.exec('BEGIN IMMEDIATE')
    let answered = false
    const created = host.submit({ agent_id: 'a', grant_micro: 5, name: 'a', owner: 'host', type: 'create_agent' }).then(() => (answered = true))
    while (!host.state.agents.has('a')) await turn()
    // The commit cannot happen while another connection holds the file: turns pass, and nothing is answered.
    for (let index = 0; index < 20; index++) await turn()
    const agents = () => queries.selectFrom('agents').select('agent_id').execute()
    expect([answered, await agents()]).toEqual([false, []])
    other.exec('ROLLBACK')
    await created
    expect(await agents()).toEqual([{ agent_id: 'a' }])
    other.close()
    await host.stop()
  })

  it('stops when the thread cannot write', async () => {
    const fatal: unknown[] = []
    const { journal } = openSqlite(path)
    const host = await openHost(journal, (error) => fatal.push(error))
    await host.submit(GENESIS)
    const other = openDatabase(path)
    other.exec('DROP TABLE command_ids')
    const refused = host.submit({ agent_id: 'a', grant_micro: 5, id: 'i', name: 'a', owner: 'host', type: 'create_agent' })
    await expect(refused).rejects.toBeInstanceOf(HostStopped)
    expect(fatal).toMatchObject([{ code: 'unavailable', message: expect.stringContaining('the journal could not be written'), name: 'JournalError' }])
    expect(other.prepare('SELECT COUNT(*) AS count FROM batches').get()).toEqual({ count: 1 })
    other.close()
    await journal.close()
  })
})
