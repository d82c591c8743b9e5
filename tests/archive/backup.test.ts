import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { History, SqliteJournal, backUp, createQueries, makeFolder, openDatabase, pathsOf, readEvents, restoreBackup, stateAt } from '@syntropism/runtime'
import { stateHash } from '@syntropism/economy'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { finish, run, start } from '../program.ts'
import { type Stage, openStage } from './stage.ts'

let stage: Stage
const beside = (name: string): string => join(dirname(stage.data), name)
const leftovers = (): string[] => readdirSync(dirname(stage.data)).filter((name) => name.includes('partial'))
const endOf = async (data: string): Promise<string> => {
  const database = openDatabase(pathsOf(data).database, true)
  const { state } = await stateAt(new SqliteJournal(database), { at_ms: Number.MAX_SAFE_INTEGER })
  database.close()
  return stateHash(state)
}

beforeAll(async () => {
  stage = await openStage()
  const { agents, tokens } = pathsOf(stage.data)
  writeFileSync(tokens, '[]')
  const history = new History(join(agents, 'history'))
  const events = await readEvents(createQueries(openDatabase(pathsOf(stage.data).database, true)), {
    after_seq: 0,
    agent_id: 'a',
    limit: 1000,
    type: 'execution_terminated',
  })
  const workspace = join(agents, 'workspaces', 'a')
  mkdirSync(workspace, { recursive: true })
  for (const event of events.slice(0, 3)) {
    if (event.type !== 'execution_terminated') continue
    writeFileSync(join(workspace, 'memory.json'), event.data.execution_id)
    await history.commit('a', workspace, `${event.data.execution_id} ${event.data.cause}`)
  }
  // What a program is writing at the moment, and an agent that has not ended a window yet.
  writeFileSync(join(workspace, 'memory.json'), 'half a sent')
  mkdirSync(join(agents, 'workspaces', 'b'))
  writeFileSync(join(agents, 'workspaces', 'b', 'main.js'), 'b')
})
afterAll(async () => {
  await stage.host.stop()
  stage.remove()
})

describe('a backup', () => {
  it('taken while commands are committed is one moment of the journal, and verifies', async () => {
    const target = beside('running')
    const child = start(['backup', target, '--data', stage.data, '--json'])
    const done = finish(child)
    const writing = { goes_on: true }
    void done.then(() => (writing.goes_on = false))
    while (writing.goes_on) await stage.beats(1)
    const { code, stderr, stdout } = await done
    expect([code, stderr]).toEqual([0, ''])
    const about = JSON.parse(stdout) as { last_seq: number; head_hash: string; records: number }
    const database = openDatabase(pathsOf(stage.data).database, true)
    expect(database.prepare('SELECT hash FROM batches WHERE number = ?').get(about.records)).toEqual({ hash: about.head_hash })
    // The folder reads like a data folder.
    const verdict = await run(['verify', '--data', target, '--json'])
    expect(JSON.parse(verdict.stdout)).toMatchObject({ ok: true, records: about.records })
    expect(readdirSync(target).toSorted()).toEqual(['agents', 'backup.json', 'configured-rules.json', 'economy.sqlite', 'tokens.json'])
  })

  it('is restored as it was at that moment: state, tokens, workspaces after the last window that had ended', async () => {
    const [target, data] = [beside('sound'), beside('restored')]
    await backUp({ from: pathsOf(stage.data), records: null, to: target })
    const restored = await run(['restore', target, '--data', data])
    expect([restored.code, restored.stderr]).toEqual([0, ''])
    expect(await endOf(data)).toBe(await endOf(stage.data))
    const agents = join(data, 'agents')
    expect(readFileSync(join(data, 'tokens.json'), 'utf8')).toBe('[]')
    expect(readFileSync(join(agents, 'workspaces', 'a', 'memory.json'), 'utf8')).toMatch(/^lease-\d+$/)
    expect((await new History(join(agents, 'history')).log('a', 10)).length).toBe(3)
    expect(readFileSync(join(agents, 'workspaces', 'b', 'main.js'), 'utf8')).toBe('b')
    expect(existsSync(join(data, 'there'))).toBe(false)
  })

  it('of the records alone makes the database anew, read models and all', async () => {
    const [target, data] = [beside('records'), beside('anew')]
    const database = openDatabase(pathsOf(stage.data).database, true)
    await backUp({ from: pathsOf(stage.data), records: { journal: new SqliteJournal(database), through_record: Number.MAX_SAFE_INTEGER }, to: target })
    expect(existsSync(pathsOf(target).database)).toBe(false)
    await restoreBackup(target, { folder: data })
    const other = openDatabase(pathsOf(data).database, true)
    for (const table of [
      'batches',
      'command_ids',
      'postings',
      'movement_pages',
      'movement_marks',
      'holdings',
      'agents',
      'prices',
      'clearings',
      'receipts',
      'prompts',
      'messages',
      'llm_calls',
      'orders',
    ])
      expect(other.prepare(`SELECT * FROM ${table}`).all(), table).toEqual(database.prepare(`SELECT * FROM ${table}`).all())
  })

  it('that is damaged is refused, with the file that is', async () => {
    const [sound, damaged] = [beside('sound-2'), beside('damaged')]
    await backUp({ from: pathsOf(stage.data), records: null, to: sound })
    const refuse = async (spoil: () => void, says: string, code = 'damaged'): Promise<void> => {
      rmSync(damaged, { force: true, recursive: true })
      cpSync(sound, damaged, { recursive: true })
      spoil()
      await expect(restoreBackup(damaged, { folder: beside('never') })).rejects.toMatchObject({ code, message: expect.stringContaining(says) })
      expect(existsSync(beside('never'))).toBe(false)
    }
    await refuse(() => rmSync(join(damaged, 'tokens.json')), 'tokens.json is missing')
    await refuse(() => {
      const bytes = readFileSync(join(damaged, 'economy.sqlite'))
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 1
      writeFileSync(join(damaged, 'economy.sqlite'), bytes)
    }, 'economy.sqlite is not as it was written')
    await refuse(() => writeFileSync(join(damaged, 'backup.json'), '{'), 'backup.json is not as it was written')
    // Somebody who changes a record also writes the hashes of the files anew: the chain is broken all the same.
    await refuse(
      () => {
        const database = openDatabase(join(damaged, 'economy.sqlite'))
        database.exec(`PRAGMA journal_mode = DELETE; UPDATE batches SET commands = replace(commands, '"grant_micro":900000000', '"grant_micro":910000000')`)
        database.close()
        const about = JSON.parse(readFileSync(join(damaged, 'backup.json'), 'utf8')) as { files: Record<string, object> }
        const bytes = readFileSync(join(damaged, 'economy.sqlite'))
        about.files['economy.sqlite'] = { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }
        writeFileSync(join(damaged, 'backup.json'), JSON.stringify(about))
      },
      'breaks the hash chain',
      'corrupt',
    )
  })

  it('into a place that is taken, of a folder that is none, or from one that is none, is refused', async () => {
    const refused = async (says: string, ...args: string[]) => {
      const { code, stderr } = await run(args)
      expect([code, stderr]).toEqual([2, expect.stringContaining(says)])
    }
    writeFileSync(join(stage.data, 'service.json'), JSON.stringify({ pid: 4711, started_at: '', url: 'http://127.0.0.1:1' }))
    await refused('there is no economy in', 'backup', beside('x'), '--data', beside('nowhere'))
    await refused('exists already', 'backup', stage.data, '--data', stage.data)
    await refused('process 4711 runs an economy on it', 'restore', beside('x'), '--data', stage.data)
    await refused('is no backup', 'restore', beside('nowhere'), '--data', beside('x'))
    rmSync(join(stage.data, 'service.json'))
    expect(leftovers()).toEqual([])
  })

  it('on a disk that takes no more says so, and leaves nothing behind', async () => {
    const target = beside('full')
    const command = [
      '--conditions=@syntropism/source',
      '--disable-warning=ExperimentalWarning',
      join(import.meta.dirname, '../../packages/syntropism/src/main.ts'),
    ]
    const args = ['backup', target, '--data', stage.data]
    const child = spawn('prlimit', ['--fsize=65536', process.execPath, ...command, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    const { code, stderr } = await finish(child)
    expect([code, stderr]).toEqual([1, expect.stringContaining('there is not enough room for')])
    expect([existsSync(target), leftovers()]).toEqual([false, []])
  })

  it('that is interrupted leaves no half of itself: nothing after SIGTERM, and after SIGKILL what the next one removes', async () => {
    const target = beside('interrupted')
    const begin = async (signal: NodeJS.Signals): Promise<void> => {
      const child = spawn(
        process.execPath,
        ['--conditions=@syntropism/source', '--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'hanging-folder.ts'), target],
        {
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      )
      await new Promise((begun) => child.stdout?.once('data', begun))
      const ended = finish(child)
      child.kill(signal)
      await ended
    }
    await begin('SIGTERM')
    expect([existsSync(target), leftovers()]).toEqual([false, []])
    await begin('SIGKILL')
    expect([existsSync(target), leftovers().length]).toEqual([false, 1])
    await expect(makeFolder(target, async () => Promise.reject(new Error('it fails')))).rejects.toThrow('it fails')
    expect([existsSync(target), leftovers()]).toEqual([false, []])
  })
})
