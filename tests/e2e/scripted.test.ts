import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Finished, Watch, finish, removeDir, run, start, tempDir } from '../program.ts'

const folder = tempDir()
const data = join(folder, 'data')
afterAll(() => removeDir(folder))

const INDEX = resolve(import.meta.dirname, '../../packages/simulation/src/index.ts')
/** Bids for itself, pays its neighbour, spawns once; the last role returns NaN at its second turn. */
const MODULE = `import { marketModel } from ${JSON.stringify(INDEX)}
const window = { bundle: { cpu: 200_000, memory: 200_000 }, duration_ms: 500 }
const busy = {
  act(self) {
    if (self.is_running || self.bids().length > 0) return []
    const bid = { ...window, amount_micro: self.reserveMicro(window.bundle, window.duration_ms), type: 'bid' }
    if (self.generation > 0 || self.memory.get('spawned') > 0) return [bid]
    self.memory.set('spawned', 1)
    return [bid, { endowment_micro: 50_000_000, name: 'kid', type: 'spawn' }, { amount_micro: 1_000_000, to_agent_id: 'broken-1', type: 'transfer' }]
  },
  memory: ['spawned'], name: 'busy', start_credits_micro: 500_000_000, weight: 1,
}
const broken = { act: (self) => (self.step < 2 ? [] : [{ ...window, amount_micro: NaN, type: 'bid' }]), name: 'broken', start_credits_micro: 5_000_000, weight: 1 }
export const model = marketModel({
  agents: { default: 2, min: 1 }, economy: () => ({ beat_ms: 100, cpu_millicores: 1000, memory_mb: 2048 }), name: 'two', params: {},
  roles: () => [busy, broken], room: () => 10, source: '', steps: 1, title: 'two',
})`
interface Seen {
  readonly agent_id: string
  readonly data: Record<string, unknown>
  readonly type: string
}

describe('strategies of a simulation, live', () => {
  const path = join(folder, 'two.ts')
  let events: Seen[] = []
  let stderr = ''
  /** Lets the economy run until all of these have happened to their agents so often, and the last of all to fail has. */
  const play = async (wanted: readonly (readonly [type: string, agentId: string, count: number])[], fault: string): Promise<Finished> => {
    const child = start(['live', '--data', data, '--port', '0', '--strategies', path, '--scripted', '2', '--turn-ms', '200', '--json'])
    const ended = finish(child)
    const told = new Promise<void>((done) => {
      let text = ''
      child.stderr?.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')).includes(fault) && done())
    })
    const watch = new Watch(child)
    for (const [type, agentId, count] of wanted) {
      let seen = 0
      await watch.find((line) => line.type === type && line.agent_id === agentId && (seen += 1) >= count)
    }
    if (fault !== '') await told
    child.kill('SIGTERM')
    return ended
  }
  const eventsIn = (stdout: string): Seen[] =>
    stdout
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => JSON.parse(line) as Seen)
  beforeAll(async () => {
    writeFileSync(path, MODULE)
    const wanted = [
      ['execution_started', 'busy-0', 2],
      ['execution_terminated', 'busy-0', 2],
      ['agent_spawned', 'busy-0', 1],
      ['execution_started', 'agent-1', 1],
    ] as const
    const live = await play(wanted, 'this agent acts no more')
    stderr = live.stderr
    events = eventsIn(live.stdout)
    expect(live.code).toBe(0)
  })
  const of = (type: string, agentId: string): Seen[] => events.filter((event) => event.type === type && event.agent_id === agentId)

  it('bid, run windows without a program, pay and spawn; a child plays its parent’s strategy; the journal verifies', async () => {
    expect(of('execution_started', 'busy-0').length).toBeGreaterThan(1)
    expect(of('execution_terminated', 'busy-0')[0]?.data).toMatchObject({ cause: 'completed', cpu_ms_used: 0 })
    expect(of('agent_spawned', 'busy-0')).toHaveLength(1)
    expect(of('resources_allocated', 'agent-1').length).toBeGreaterThan(0)
    expect(events.find((event) => event.data.purpose === 'payment')?.data).toMatchObject({ amount_micro: 1_000_000, to_agent: 'broken-1' })
    expect((await run(['verify', '--data', data])).code).toBe(0)
  })

  it('name agent, turn and value when one returns nonsense, and the others go on', () => {
    expect(stderr.trim()).toBe(
      'syntropism: agent broken-1, step 2: amount_micro of bid is a whole number from 0 to 4503599627370496, not NaN; this agent acts no more',
    )
    expect(of('bid_placed', 'broken-1')).toEqual([])
  })

  it('are taken up again by their names when the economy starts again, children too', async () => {
    const wanted = [
      ['execution_started', 'busy-0', 1],
      ['execution_started', 'agent-1', 1],
    ] as const
    const later = eventsIn((await play(wanted, '')).stdout)
    const count = (type: string, agentId: string): number => later.filter((event) => event.type === type && event.agent_id === agentId).length
    expect(later.filter((event) => event.type === 'agent_created')).toEqual([])
    expect(count('execution_started', 'busy-0')).toBeGreaterThan(0)
    expect(count('execution_started', 'agent-1')).toBeGreaterThan(0)
    expect((await run(['verify', '--data', data])).code).toBe(0)
  })

  it('a model without strategies cannot be played', async () => {
    const refused = await run(['live', '--data', join(folder, 'none'), '--strategies', 'boltzmann'])
    expect(refused.code).toBe(2)
    expect(refused.stderr).toContain('boltzmann has no strategies that run live')
  })

  it('their journal is where a simulation begins: the same agents and credits, at its end or at a sequence number, in an economy of its own', async () => {
    const args = ['simulate', 'market', '--from', data, '--steps', '20', '--set', 'share_ppm=200000', '--set', 'llm_ppm=0', '--observe-every', '1', '--json']
    const [one, other, early, live] = await Promise.all([run(args), run(args), run([...args, '--at', '20']), run(['indicators', '--data', data, '--json'])])
    expect(one.stderr).toBe('')
    expect(other.stdout).toBe(one.stdout)
    const result = JSON.parse(one.stdout) as { agents: number; from: object; series: { columns: string[]; rows: number[][] } }
    const was = JSON.parse(live.stdout) as { economy_id: string; indicators: Record<string, number>; seq: number }
    expect(result).toMatchObject({ agents: was.indicators.population, from: { economy_id: was.economy_id, seq: was.seq } })
    const at = (row: number, name: string): number => result.series.rows[row]?.[result.series.columns.indexOf(name)] as number
    for (const name of ['population', 'circulating_micro', 'burned_micro', 'granted_micro', 'gini', 'births']) expect(at(0, name)).toBe(was.indicators[name])
    expect(at(20, 'jobs')).toBeGreaterThan(0)
    expect((JSON.parse(early.stdout) as typeof result).from).toMatchObject({ economy_id: was.economy_id })
    expect((await run(['verify', '--data', data])).code).toBe(0)
    expect((await run(['simulate', 'boltzmann', '--from', data])).stderr).toContain('boltzmann begins from nothing')
  })

  it.each([
    [
      'changed',
      `UPDATE clearings SET certificate = replace(certificate, '"payment_micro":', '"payment_micro":1') WHERE seq = (SELECT max(seq) FROM clearings)`,
    ],
    ['broken', `UPDATE clearings SET certificate = '{' WHERE seq = (SELECT min(seq) FROM clearings)`],
    ['missing', 'DELETE FROM clearings WHERE seq = (SELECT min(seq) FROM clearings)'],
    ['invented', 'INSERT INTO clearings SELECT seq - 1, at_ms, clearing_id, certificate FROM clearings ORDER BY seq DESC LIMIT 1'],
  ])('a certificate that is shown %s is found by verify, and mended by rebuild', async (_name, statement) => {
    const copy = join(folder, 'tampered')
    rmSync(copy, { force: true, recursive: true })
    cpSync(data, copy, { recursive: true })
    const database = new DatabaseSync(join(copy, 'economy.sqlite'))
    expect(database.prepare(statement).run().changes).toBe(1)
    database.close()
    const found = await run(['verify', '--data', copy])
    expect([found.code, found.stdout]).toEqual([1, expect.stringMatching(/NOT verified, first bad sequence number \d+: .* shown/)])
    expect((await run(['rebuild', '--data', copy])).code).toBe(0)
    expect((await run(['verify', '--data', copy])).code).toBe(0)
  })
})

describe('syntropism simulate', () => {
  it('stops on Ctrl-C with what is done kept, and goes on to the bytes of a run that was never stopped', async () => {
    const [path, sign] = [join(folder, 'signs.ts'), join(folder, 'at-step-50')]
    writeFileSync(
      path,
      `import { writeFileSync } from 'node:fs'
import { MODELS } from ${JSON.stringify(INDEX)}
const whole = MODELS.boltzmann
export const model = { ...whole, setup: (world) => ({ ...whole.setup(world), begin: (step) => step === 50 && writeFileSync(${JSON.stringify(sign)}, '') }) }`,
    )
    const args = (out: string): string[] => ['simulate', path, '--agents', '10000', '--steps', '4000', '--seed', '3', '--out', join(folder, out)]
    const child = start(args('stopped'))
    const ended = finish(child)
    while (!existsSync(sign)) await new Promise((done) => setTimeout(done, 5))
    child.kill('SIGINT')
    const stopped = await ended
    expect([stopped.code, stopped.stderr]).toEqual([130, expect.stringMatching(/stopped after \d+ of 4000 steps; the same command with --resume goes on/)])
    expect(existsSync(join(folder, 'stopped', 'report.html'))).toBe(true)
    const wrong = await run([...args('stopped'), '--resume', '--set', 'start_units=2'])
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('another run was kept')])
    expect((await run([...args('stopped'), '--resume'])).code).toBe(0)
    expect((await run(args('whole'))).code).toBe(0)
    for (const name of ['series.csv', 'series.parquet', 'report.html'])
      expect(readFileSync(join(folder, 'stopped', name)).equals(readFileSync(join(folder, 'whole', name))), name).toBe(true)
    expect(existsSync(join(folder, 'stopped', 'run.state'))).toBe(false)
    expect((await run([...args('whole'), '--resume'])).stderr).toContain('holds no run that was stopped')
  })
})
