import { createState } from '@syntropism/economy'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { journalCases } from '../contracts/journal.ts'
import { MIGRATIONS } from '../../packages/runtime/src/store/schema.ts'
import { type Movement, balanceAt, lastMovements, movementsOf } from '../../packages/runtime/src/store/index.ts'
import { describePostgres, openPostgres, readPostgres } from '../../packages/runtime/src/store/postgres/index.ts'
import { OWN_MIGRATIONS, translated } from '../../packages/runtime/src/store/postgres/migrate.ts'
import { PostgresServer } from './postgres-server.ts'

let server: PostgresServer
const ends: (() => Promise<void>)[] = []
beforeAll(async () => {
  server = await PostgresServer.start()
})
afterAll(async () => {
  for (const end of ends) await end()
  await server.remove()
})

const onLost = (error: Error): never => {
  throw error
}
/** Closed after the tests, so that the server may go. */
async function open(url: string, whenLost: (error: Error) => void = onLost): ReturnType<typeof openPostgres> {
  const store = await openPostgres({ onLost: whenLost, url })
  let closed = false
  const close = store.journal.close.bind(store.journal)
  store.journal.close = async () => {
    if (!closed) await close()
    closed = true
  }
  ends.push(() => store.journal.close())
  return store
}

journalCases('PostgreSQL', async () => {
  const url = await server.newDatabase()
  return { open: () => open(url), remove: async () => undefined }
})

/** Opens a database whose leader is made to look silent, again where that one renewed its lead just then. */
async function takeOver(url: string): ReturnType<typeof openPostgres> {
  for (;;) {
    await server.query(`UPDATE leadership SET renewed_at = '-infinity'`, new URL(url).pathname.slice(1))
    try {
      return await open(url)
    } catch (error) {
      if ((error as { code?: string }).code !== 'locked') throw error
    }
  }
}

describe('a database in PostgreSQL', () => {
  const columnsOf = async (url: string): Promise<Record<string, unknown>[]> =>
    server.query(
      `SELECT table_name, column_name, data_type, collation_name FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2`,
      new URL(url).pathname.slice(1),
    )

  it('of an older schema is told as one, and a newer one is refused', async () => {
    const url = await server.newDatabase()
    await (await open(url)).journal.close()
    const name = new URL(url).pathname.slice(1)
    expect((await describePostgres(url)).database).not.toContain('schema')
    await server.query('UPDATE schema_version SET shared = shared - 1', name)
    const { database, problems } = await describePostgres(url)
    expect(database).toContain(`; schema ${MIGRATIONS.length - 1}.${OWN_MIGRATIONS.length}, which the next start of "live" brings up to`)
    expect(problems).toEqual([])
    await server.query('UPDATE schema_version SET shared = 999', name)
    await expect(describePostgres(url)).rejects.toThrow('was written by a newer version (schema 999.')
  })

  it('that cannot hold every text is refused before anything is written', async () => {
    await server.query(`CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'`)
    await expect(open(server.url('latin'))).rejects.toThrow('has encoding LATIN1; make one with UTF8')
    expect(await columnsOf(server.url('latin'))).toEqual([])
  })

  it('of the first schema is brought up to the newest, with what it holds', async () => {
    const [old, fresh] = [await server.newDatabase(), await server.newDatabase()]
    const client = new pg.Client({ connectionString: old })
    await client.connect()
    await client.query(translated(MIGRATIONS[0] ?? ''))
    await client.query(OWN_MIGRATIONS[0] ?? '')
    await client.query('CREATE TABLE schema_version (shared BIGINT NOT NULL, own BIGINT NOT NULL); INSERT INTO schema_version VALUES (1, 1)')
    await client.query(`INSERT INTO postings VALUES (1, 2, 3, 'cpu', 'offered', 'agent:a', 4, 'grant', 'c', '')`)
    await client.query(`INSERT INTO agents VALUES ('a', 'a', NULL, '[]', 'waiting', '', 3, 93, 4, 0, 0)`)
    // 100 granted, then moved to and fro between balance and holds, 3 burned at the end.
    const moves: Movement[] = Array.from({ length: 202 }, (_, index) => {
      const number = index + 1
      const [from, to] =
        number === 1 ? ['mint', 'balance'] : number === 202 ? ['balance', 'burn'] : number % 2 === 0 ? ['balance', 'holds'] : ['holds', 'balance']
      const [amount_micro, seq] = [number === 1 ? 100 : number === 202 ? 3 : number === 200 ? 4 : 1, number * 2]
      const [from_agent, to_agent] = [from === 'mint' ? 'mint' : 'a', to === 'burn' ? 'burn' : 'a']
      const hold_id = number === 1 || number === 202 ? null : 'bid-"1"'
      const accounts = { from_account: from as string, from_agent, to_account: to as string, to_agent }
      return { ...accounts, amount_micro, at_ms: 3, entry_id: number, hold_id, number, purpose: 'ü', seq, transfer_id: `transfer-${number}` }
    })
    for (const { amount_micro, at_ms, entry_id, from_account, from_agent, hold_id, number, purpose, seq, to_account, to_agent, transfer_id } of moves)
      await client.query('INSERT INTO transfers VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12)', [
        ...[number, transfer_id, seq, at_ms, from_agent, from_account],
        ...[to_agent, to_account, amount_micro, purpose, entry_id, hold_id],
      ])
    await client.end()
    const { queries } = await open(old)
    await (await open(fresh)).journal.close()
    expect(await columnsOf(old)).toEqual(await columnsOf(fresh))
    expect(await server.query('SELECT entry_id, traceparent FROM postings ORDER BY seq LIMIT 1', new URL(old).pathname.slice(1))).toEqual([
      { entry_id: '1', traceparent: '' },
    ])
    expect(await lastMovements(queries, 1000)).toEqual(moves.toReversed())
    expect(await movementsOf(queries, 'a', { before_seq: 200, limit: 10 })).toEqual(moves.slice(89, 99).reverse())
    expect(await movementsOf(queries, 'burn', { limit: 10 })).toEqual([moves[201]])
    expect(await balanceAt(queries, 'a', 4)).toEqual({ balance_micro: 99, held_micro: 1 })
    expect(await balanceAt(queries, 'a', 1000)).toEqual({ balance_micro: 94, held_micro: 3 })
  })

  it('of a newer program is refused, for writing and for reading', async () => {
    const url = await server.newDatabase()
    await (await open(url)).journal.close()
    await server.query('UPDATE schema_version SET shared = 99', new URL(url).pathname.slice(1))
    await expect(open(url)).rejects.toMatchObject({ code: 'corrupt', message: expect.stringContaining('newer version') })
    await expect(readPostgres(url)).rejects.toMatchObject({ code: 'corrupt' })
  })

  it('without an economy has nothing to read, and one that is not there says so', async () => {
    expect(await readPostgres(await server.newDatabase())).toBeNull()
    await expect(readPostgres(server.url('nowhere'))).rejects.toMatchObject({ code: 'unavailable', message: expect.stringContaining('nowhere') })
  })

  it('refuses a record of a session that does not lead, whoever sends it', async () => {
    const url = await server.newDatabase()
    // It notices by itself as well, at its next renewal: sooner or later, as the machine is fast.
    const first = await open(url, () => undefined)
    const insert = `INSERT INTO batches VALUES (1, 1, 1, 1, '[]', '[]', '', '')`
    await expect(server.query(insert, new URL(url).pathname.slice(1))).rejects.toMatchObject({ code: 'SY001' })
    await expect(open(url)).rejects.toMatchObject({ code: 'locked', message: expect.stringContaining(`process ${process.pid}`) })
    // Another takes over although the first is alive and believes that it leads: the database alone stops it.
    const second = await takeOver(url)
    expect(second.epoch).toBe(first.epoch + 1)
    const write = async (): Promise<void> => first.journal.commit({ commands: [], events: [], ids: [], number: 1, postings: [] }, createState())
    await expect(write()).rejects.toMatchObject({ code: 'deposed', message: expect.stringContaining('epoch 1 may not write') })
    await expect(first.journal.saveSnapshot(1, '')).rejects.toMatchObject({ code: 'deposed' })
    await (async () => second.journal.commit({ commands: [], events: [], ids: [], number: 1, postings: [] }, createState()))()
    expect(second.journal.last_number).toBe(1)
  })
})
