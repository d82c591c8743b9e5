import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { stateHash } from '@syntropism/economy'
import { Host, SqliteJournal, createMemoryBus, openDatabase, pathsOf, stateAt } from '@syntropism/runtime'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openPostgres } from '../../packages/runtime/src/store/postgres/index.ts'
import { run } from '../program.ts'
import { PostgresServer } from '../servers/postgres-server.ts'
import { type Stage, openStage } from './stage.ts'

const FAIL = (error: unknown): never => {
  throw error
}
let server: PostgresServer
let stage: Stage
let url = ''
beforeAll(async () => {
  server = await PostgresServer.start()
  url = await server.newDatabase()
  const { journal } = await openPostgres({ onLost: FAIL, url })
  stage = await openStage(journal)
})
afterAll(async () => {
  await stage.host.stop()
  await server.remove()
  stage.remove()
})

const beside = (name: string): string => join(dirname(stage.data), name)
/** Runs a command on the economy in PostgreSQL. */
async function ask(...args: string[]): Promise<string> {
  const { code, stderr, stdout } = await run([...args, '--data', stage.data], { DATABASE_URL: url })
  expect([code, stderr]).toEqual([0, ''])
  return stdout
}
const endOf = async (data: string): Promise<string> => {
  const { state } = await stateAt(new SqliteJournal(openDatabase(pathsOf(data).database, true)), { at_ms: Number.MAX_SAFE_INTEGER })
  return stateHash(state)
}

describe('an economy in PostgreSQL', () => {
  it('is backed up by its records while it runs, and restored into a data folder', async () => {
    const [backup, data] = [beside('backup'), beside('restored')]
    await ask('backup', backup)
    expect([existsSync(join(backup, 'journal.jsonl')), existsSync(join(backup, 'economy.sqlite'))]).toEqual([true, false])
    expect(await run(['restore', backup, '--data', data])).toMatchObject({ code: 0, stderr: '' })
    expect(await endOf(data)).toBe(stateHash(stage.host.state))
    expect((await run(['verify', '--data', data])).code).toBe(0)
  })

  it.each([['--records'], []])('is restored into an empty database from a backup of either kind (%s), and goes on there', async (...kind) => {
    const twin = await openStage()
    try {
      const address = await server.newDatabase()
      const [backup, data] = [join(dirname(twin.data), 'backup'), join(dirname(twin.data), 'restored')]
      expect(await run(['backup', backup, '--data', twin.data, ...kind])).toMatchObject({ code: 0, stderr: '' })
      expect(await run(['restore', backup, '--data', data, '--database-url', address])).toMatchObject({ code: 0, stderr: '' })
      expect(existsSync(pathsOf(data).database)).toBe(false)
      const there = { DATABASE_URL: address }
      expect((await run(['verify', '--data', data], there)).stdout).toContain('Verified')
      const shown = async (where: string, environment: Record<string, string>) =>
        JSON.parse((await run(['agents', '--json', '--data', where], environment)).stdout) as unknown
      expect(await shown(data, there)).toEqual(await shown(twin.data, {}))
      const { journal } = await openPostgres({ onLost: FAIL, url: address })
      const host = await Host.open({ bus: createMemoryBus(FAIL), createClock: () => ({ now: () => twin.host.state.at_ms }), journal, onFatal: FAIL })
      expect(stateHash(host.state)).toBe(stateHash(twin.host.state))
      expect((await host.submit({ agent_id: 'late', grant_micro: 1_000_000, name: 'n', owner: 'operator', type: 'create_agent' })).ok).toBe(true)
      await host.stop()
      expect((await run(['verify', '--data', data], there)).code).toBe(0)
    } finally {
      await twin.host.stop()
      twin.remove()
    }
  })

  it('is forked into an empty database of its own', async () => {
    const [address, data] = [await server.newDatabase(), beside('fork-there')]
    const made = JSON.parse(await ask('fork', data, '--at', '60', '--set', 'spawn_cost_micro=7', '--database-url', address, '--json')) as { economy_id: string }
    expect((await run(['verify', '--data', data], { DATABASE_URL: address })).stdout).toContain('Verified')
    const diff = JSON.parse((await run(['diff', url, address, '--json'])).stdout) as { one: { economy_id: string }; other: { economy_id: string } }
    expect([diff.one.economy_id, diff.other.economy_id]).toEqual(['stage', made.economy_id])
  })

  it('is not written over, and nothing of a restore that fails is left, in the folder or in the database', async () => {
    const backup = beside('backup-for-nothing')
    await ask('backup', backup)
    const refused = await run(['restore', backup, '--data', beside('nowhere'), '--database-url', url])
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('is not empty')])
    expect(await run(['fork', beside('nowhere'), '--database-url', url], { DATABASE_URL: url }).then(({ code }) => code)).toBe(2)
    const address = await server.newDatabase()
    const name = new URL(address).pathname.slice(1)
    const lines = readFileSync(join(backup, 'journal.jsonl'), 'utf8').split('\n')
    const about = JSON.parse(readFileSync(join(backup, 'backup.json'), 'utf8')) as { files: Record<string, { bytes: number; sha256: string }> }
    writeFileSync(join(backup, 'journal.jsonl'), [...lines.slice(0, 5), ...lines.slice(6)].join('\n'))
    const text = readFileSync(join(backup, 'journal.jsonl'))
    about.files['journal.jsonl'] = { bytes: text.length, sha256: createHash('sha256').update(text).digest('hex') }
    writeFileSync(join(backup, 'backup.json'), JSON.stringify(about))
    const failed = await run(['restore', backup, '--data', beside('nowhere'), '--database-url', address])
    expect([failed.code, failed.stderr]).toEqual([1, expect.stringContaining('record 6 is missing')])
    expect(existsSync(beside('nowhere'))).toBe(false)
    expect(
      await server.query(
        `SELECT nspname, relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname IN ('public', 'syntropism_partial')`,
        name,
      ),
    ).toEqual([])
    // What a process left that was killed on the way is no economy, and the next one clears it away.
    await server.query('CREATE SCHEMA syntropism_partial; CREATE TABLE syntropism_partial.batches (number BIGINT)', name)
    const whole = beside('backup-whole')
    await ask('backup', whole)
    expect(await run(['restore', whole, '--data', beside('at-last'), '--database-url', address])).toMatchObject({ code: 0, stderr: '' })
    expect((await run(['verify', '--data', beside('at-last')], { DATABASE_URL: address })).code).toBe(0)
  })

  it('is exported, shown as it was, and followed from mint to burn as one in SQLite is', async () => {
    const twin = await openStage()
    try {
      const [one, other] = [beside('export'), join(dirname(twin.data), 'export')]
      const mine = JSON.parse(await ask('export', one, '--json')) as { files: object }
      const theirs = JSON.parse((await run(['export', other, '--data', twin.data, '--json'])).stdout) as { files: object }
      expect(mine.files).toEqual(theirs.files)
      expect(JSON.parse(await ask('replay', '--to', '60', '--json'))).toEqual(
        JSON.parse((await run(['replay', '--to', '60', '--data', twin.data, '--json'])).stdout),
      )
      expect(await ask('provenance')).toBe((await run(['provenance', '--data', twin.data])).stdout)
    } finally {
      await twin.host.stop()
      twin.remove()
    }
  })

  it('is forked into a data folder, and compared with its fork by its address', async () => {
    const data = beside('fork')
    await ask('fork', data, '--at', '60', '--set', 'spawn_cost_micro=7')
    expect((await run(['verify', '--data', data])).code).toBe(0)
    const diff = JSON.parse((await run(['diff', url, data, '--json'], { DATABASE_URL: url })).stdout) as { differences: object[]; one: { economy_id: string } }
    expect(diff.one.economy_id).toBe('stage')
    expect(diff.differences.length).toBeGreaterThan(0)
  })
})
