import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { canonicalJson, restore, snapshot, stateHash } from '@syntropism/economy'
import {
  History,
  SqliteJournal,
  balanceAt,
  batchHash,
  createQueries,
  fork,
  GENESIS_HASH,
  openDatabase,
  pathsOf,
  readEvents,
  stateAt,
  verify,
} from '@syntropism/runtime'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run } from '../program.ts'
import { type Stage, openStage } from './stage.ts'

let stage: Stage
let folders = 0
const newFolder = (): string => join(dirname(stage.data), `fork-${(folders += 1)}`)
const reading = (data: string) => {
  const database = openDatabase(pathsOf(data).database, true)
  return { database, journal: new SqliteJournal(database), queries: createQueries(database) }
}
async function recordsOf({ journal }: ReturnType<typeof reading>): Promise<{ hash: string }[]> {
  const records: { hash: string }[] = []
  for await (const record of journal.read(0)) records.push(record)
  return records
}
type Options = Omit<Partial<Parameters<typeof fork>[0]>, 'to'>
const forkOf = ({ to, ...options }: Options & { to: string }) =>
  fork({ at: null, changes: {}, from: pathsOf(stage.data), journal: reading(stage.data).journal, to: { folder: to }, with_inputs: false, ...options })

beforeAll(async () => {
  stage = await openStage()
})
afterAll(async () => {
  await stage.host.stop()
  stage.remove()
})

describe('a fork', () => {
  it('has the past of its parent byte for byte, verifies from its first record, and goes on under its own name', async () => {
    const to = newFolder()
    const at = [...stage.hashes.keys()][Math.floor(stage.hashes.size / 2)] as number
    const made = await forkOf({ at: { seq: at }, to })
    const child = reading(to)
    const verdict = await verify(child.journal, batchHash, GENESIS_HASH)
    expect(verdict).toMatchObject({ ok: true, problem: null })
    const own = await recordsOf(child)
    const parents = await recordsOf(reading(stage.data))
    expect(own.slice(0, -1)).toEqual(parents.slice(0, own.length - 1))
    expect(own.length).toBeLessThan(parents.length)
    const events = await readEvents(child.queries, { after_seq: at, limit: 10 })
    expect(events.map((event) => [event.type, event.data])).toEqual([
      ['economy_forked', { economy_id: made.economy_id, parent_economy_id: 'stage', parent_hash: own.at(-2)?.hash, parent_seq: at }],
    ])
    const parentIds = new Set((await readEvents(reading(stage.data).queries, { after_seq: 0, limit: 100_000 })).map((event) => event.event_id))
    expect(parentIds.has(events[0]?.event_id as string)).toBe(false)
    const before = await stateAt(child.journal, { seq: at })
    expect(stateHash(before.state)).toBe(stage.hashes.get(at))
    expect(made).toMatchObject({ parent_economy_id: 'stage', parent_seq: at, seq: at + 1 })
  })

  it('can leave its parent in the middle of a record; the read models are those of that moment', async () => {
    const to = newFolder()
    const created = await readEvents(reading(stage.data).queries, { after_seq: 0, limit: 3, type: 'agent_created' })
    await forkOf({ at: { seq: created[1]?.seq as number }, to })
    const child = reading(to)
    expect((await verify(child.journal, batchHash, GENESIS_HASH)).ok).toBe(true)
    expect(child.database.prepare('SELECT agent_id, balance_micro FROM agents JOIN holdings ON party = agent_id').all()).toEqual([
      { agent_id: 'a', balance_micro: 900_000_000 - stagedHold(child.database, 'a') },
      { agent_id: 'b', balance_micro: 900_000_000 - stagedHold(child.database, 'b') },
    ])
  })

  it('takes other rules on, and no one takes them back at the first start', async () => {
    const to = newFolder()
    await forkOf({ changes: { curves: { cpu: { floor_micro_per_s: 9_000_000 } }, spawn_cost_micro: 7 }, to })
    const { state } = await stateAt(reading(to).journal, { at_ms: Number.MAX_SAFE_INTEGER })
    expect([state.params.spawn_cost_micro, state.params.curves.cpu.floor_micro_per_s]).toEqual([7, 9_000_000])
    expect(state.meters.cpu.price_micro_per_s).toBeGreaterThanOrEqual(9_000_000)
    expect(existsSync(pathsOf(to).configured_rules)).toBe(true)
    expect(canonicalJson(stage.host.state.params)).not.toBe(canonicalJson(state.params))
  })

  it('given the inputs that followed, becomes its parent but for the name; under another rule it becomes something else', async () => {
    const [same, other] = [newFolder(), newFolder()]
    const at = { seq: [...stage.hashes.keys()][12] as number }
    const copy = await forkOf({ at, to: same, with_inputs: true })
    expect(copy.inputs_left_out).toBe(0)
    const end = { at_ms: Number.MAX_SAFE_INTEGER }
    const stripped = (text: string): object => {
      const state = JSON.parse(text) as { economy_id: string; event_id_prefix: string; seq: number; deadlines: object[] }
      return { ...state, economy_id: '', event_id_prefix: '', seq: 0 }
    }
    const { state: child } = await stateAt(reading(same).journal, end)
    expect(child.seq).toBe(stage.host.state.seq + 1)
    const parent = await stateAt(reading(stage.data).journal, end)
    expect(stripped(snapshot(child))).toEqual(stripped(snapshot(restore(snapshot(parent.state)))))

    const dear = await forkOf({ at, changes: { curves: { cpu: { floor_micro_per_s: 12_000_000 } } }, to: other, with_inputs: true })
    expect((await verify(reading(other).journal, batchHash, GENESIS_HASH)).ok).toBe(true)
    const diff = JSON.parse((await run(['diff', same, other, '--json'])).stdout) as {
      differences: { what: string; one: number; other: number }[]
      other: { economy_id: string }
    }
    expect(diff.other.economy_id).toBe(dear.economy_id)
    expect(diff.differences.map(({ what }) => what)).toEqual(expect.arrayContaining(['supply burned_micro', 'price cpu', 'a balance_micro']))
    for (const { one, other: another, what } of diff.differences) expect(one, what).not.toBe(another)
    expect((await run(['diff', same, same])).stdout).toContain('are the same')
  })

  it('has the workspaces as they were after the last window that had ended', async () => {
    const paths = pathsOf(stage.data)
    const workspace = join(paths.agents, 'workspaces', 'a')
    mkdirSync(workspace, { recursive: true })
    const history = new History(join(paths.agents, 'history'))
    const events = await readEvents(reading(stage.data).queries, { after_seq: 0, agent_id: 'a', limit: 1000, type: 'execution_terminated' })
    for (const event of events.slice(0, 4)) {
      if (event.type !== 'execution_terminated') continue
      writeFileSync(join(workspace, 'memory.json'), event.data.execution_id)
      await history.commit('a', workspace, `${event.data.execution_id} ${event.data.cause}`)
    }
    const to = newFolder()
    await forkOf({ at: { seq: events[1]?.seq as number }, to })
    const forked = pathsOf(to)
    expect(readdirSync(join(forked.agents, 'workspaces'))).toEqual(['a'])
    const log = await new History(join(forked.agents, 'history')).log('a', 10)
    expect(log.map((one) => one.message.split(' ')[0])).toEqual(
      [events[1], events[0]].map((event) => (event?.type === 'execution_terminated' ? event.data.execution_id : '')),
    )
  })

  it('that cannot be is refused before anything is made', async () => {
    const to = newFolder()
    const refused = (options: Options & { to?: string }, name: string, message: string) =>
      expect(forkOf({ to, ...options })).rejects.toMatchObject({ message: expect.stringContaining(message), name })
    await refused({ changes: { spawn_price: 3 } }, 'ConfigError', 'Known are agents_max')
    await refused({ changes: { curves: { cpu: { floor_micro_per_s: 99_999_999_999 } } } }, 'ConfigError', 'curves.cpu.floor_micro_per_s')
    await refused({ at: { seq: stage.host.state.seq + 100 } }, 'MomentError', `the last is ${stage.host.state.seq}`)
    await refused({ at: { at_ms: 0 } }, 'MomentError', 'before the economy began')
    await refused({ to: dirname(stage.data) }, 'ConfigError', 'exists already')
    const wrong = async (says: string, ...args: string[]) => {
      const { code, stderr } = await run(['fork', to, ...args])
      expect([code, stderr]).toEqual([2, expect.stringContaining(says)])
    }
    await wrong('is no moment', '--data', stage.data, '--at', 'yesterday')
    await wrong('there is no economy in', '--data', join(stage.data, 'nowhere'))
    expect(existsSync(to)).toBe(false)
    expect(readdirSync(dirname(stage.data)).filter((name) => name.includes('partial'))).toEqual([])
  })
})

describe('replay', () => {
  it('shows the state as it was: balances as the ledger tells them, windows, book and prices', async () => {
    const at = [...stage.hashes.keys()][30] as number
    const shown = await run(['replay', '--to', String(at), '--data', stage.data, '--json'])
    const picture = JSON.parse(shown.stdout) as {
      agents: { agent_id: string; balance_micro: number; held_micro: number }[]
      seq: number
      supply: { circulating_micro: number }
    }
    expect(picture.seq).toBe(at)
    const queries = reading(stage.data).queries
    for (const agent of picture.agents) {
      expect(await balanceAt(queries, agent.agent_id, at)).toEqual({ balance_micro: agent.balance_micro, held_micro: agent.held_micro })
    }
    expect(picture.agents.reduce((sum, agent) => sum + agent.balance_micro + agent.held_micro, 0)).toBe(picture.supply.circulating_micro)
    const text = (await run(['replay', '--to', new Date(1_700_000_000_000 + 1500).toISOString(), '--data', stage.data])).stdout
    expect(text).toContain('Economy stage after #')
    expect(text).toContain('lease-')
  })
})

/** Micro-credits that an agent had in holds. */
function stagedHold(database: ReturnType<typeof openDatabase>, agentId: string): number {
  return (database.prepare('SELECT held_micro FROM holdings WHERE party = ?').get(agentId) as { held_micro: number }).held_micro
}
