import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { stateHash } from '@syntropism/economy'
import { SqliteJournal, openDatabase, pathsOf, stateAt } from '@syntropism/runtime'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openPostgres } from '../../packages/runtime/src/store/postgres/index.ts'
import { run } from '../program.ts'
import { PostgresServer } from '../servers/postgres-server.ts'
import { type Stage, openStage } from './stage.ts'

let server: PostgresServer
let stage: Stage
let url = ''
beforeAll(async () => {
  server = await PostgresServer.start()
  url = await server.newDatabase()
  const { journal } = await openPostgres({
    onLost: (error) => {
      throw error
    },
    url,
  })
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
