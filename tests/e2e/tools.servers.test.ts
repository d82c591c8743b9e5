import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { Watch, finish, removeDir, start, tempDir } from '../program.ts'
import { NatsServer } from '../servers/nats-server.ts'
import { callsIn, createCallsFile } from '../tools/world.ts'

const BAD_SERVER = resolve(import.meta.dirname, '../tools/bad-server.mjs')
const AGENT = `import { connect } from '@syntropism/sdk/node'
const client = connect()
const answer = await client.callTool('bad', process.argv[2], { n: Number(process.argv[3]) }, 'a test').catch((error) => ({ status: error.code }))
await client.report('reasoning_trace', { decision: JSON.stringify(answer), decision_id: 'd', reasoning: 'r' }).catch(() => undefined)
`
let server: NatsServer
let folder = ''
let calls = ''
beforeAll(async () => void (server = await NatsServer.start()))
afterAll(() => server.remove())
beforeEach(() => {
  folder = tempDir()
  calls = createCallsFile(folder)
})
afterEach(() => removeDir(folder))

/** A folder with an agent that calls one tool in its first window, and a configuration with the tool's server. */
function prepare(tool: string, n: number, retries: number): string[] {
  const agent = join(folder, 'agent')
  mkdirSync(agent)
  const bundle = { cpu_millicores: 500, memory_mb: 128 }
  const standing_bid = { bundle, duration_ms: 60_000, limit_micro: 900_000_000, margin_ppm: 100_000, pause_ms: 3_600_000 }
  writeFileSync(join(agent, 'agent.json'), JSON.stringify({ command: ['node', 'main.mjs', tool, String(n)], name: 'caller', standing_bid }))
  writeFileSync(join(agent, 'main.mjs'), AGENT)
  const tools = {
    servers: [
      {
        allow: ['*'],
        command: [process.execPath, BAD_SERVER, calls],
        read: [resolve(import.meta.dirname, '../..')],
        write: [dirname(calls)],
        id: 'bad',
        price: 3,
        retries,
        timeout_ms: 60_000,
      },
    ],
  }
  writeFileSync(join(folder, 'syntropism.config.json'), JSON.stringify({ tools }))
  return ['live', '--data', join(folder, 'data'), '--port', '0', '--agents', agent, '--sandbox', 'node', '--json']
}
const live = (args: string[]) => {
  const child = start(args, { NATS_URL: server.url }, folder)
  return { child, ended: finish(child), watch: new Watch(child) }
}
const burned = (seen: Record<string, unknown>[]): object[] =>
  seen.filter((line) => line.type === 'credits_transferred' && (line.data as { purpose: string }).purpose === 'tool_burn')

it('a live agent calls an outside tool through the queue on NATS and pays once', async () => {
  const { child, ended, watch } = live(prepare('add-one', 41, 0))
  const trace = await watch.find((line) => line.type === 'reasoning_trace')
  expect(JSON.parse((trace.data as { decision: string }).decision)).toMatchObject({
    charged_micro: 3_000_000,
    result: { structuredContent: { n: 42 } },
    status: 'answered',
  })
  child.kill('SIGTERM')
  expect(await ended).toMatchObject({ code: 0 })
  expect(burned(watch.seen)).toHaveLength(1)
  expect(callsIn(calls)).toEqual(['add-one 41'])
})

it.each([
  [0, ['hang-once 1'], 'failed', 0],
  [1, ['hang-once 1', 'hang-once 1'], 'answered', 3_000_000],
])(
  'a call whose economy was killed while the tool ran, with %d retries, is made %j and charged at most once',
  async (retries, made, outcome, charged_micro) => {
    const args = prepare('hang-once', 1, retries)
    const first = live(args)
    await first.watch.find((line) => line.type === 'tool_call_started')
    while (callsIn(calls).length === 0) await new Promise((done) => setTimeout(done, 10))
    first.child.kill('SIGKILL')
    await first.ended
    const second = live(args)
    const settled = await second.watch.find((line) => line.type === 'tool_call_settled')
    expect(settled.data).toMatchObject({ call_id: 'tool-call-1', charged_micro, outcome })
    expect(readFileSync(calls, 'utf8').trim().split('\n')).toEqual(made)
    second.child.kill('SIGTERM')
    await second.ended
    expect([...burned(first.watch.seen), ...burned(second.watch.seen)]).toHaveLength(charged_micro === 0 ? 0 : 1)
  },
)
