import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openPrograms } from '../program/index.ts'
import { type LoggedEvent } from '../rules/index.ts'
import { type Scenario, drawVariants, loadScenarios } from '../scenario/index.ts'
import { LOG_LIMIT } from '../world/index.ts'
import { type AgentStarter, builtInAgent, judgeRecord, openScriptedModel, runTrial } from './index.ts'

const ITEMS = loadScenarios(resolve(import.meta.dirname, '../../../../scenarios'))
const itemOf = (id: string): Scenario => ITEMS.find((item) => item.id === id) as Scenario
let model: Awaited<ReturnType<typeof openScriptedModel>>
beforeAll(async () => void (model = await openScriptedModel()))
afterAll(() => model.close())

/** An agent that calls as it likes, and keeps what it is told. */
const calling = (act: (ask: (method: string, path: string, body?: unknown) => Promise<string>) => Promise<void>): AgentStarter => ({
  close: async () => undefined,
  name: 'calling',
  start: async (world) => ({
    close: async () => undefined,
    files: { read: () => undefined, write: () => undefined },
    run: async ({ token }) => {
      await act(async (method, path, body) => {
        const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
        const request = new Request(`http://x${path}`, { headers, method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
        return (await world.fetch(request)).text()
      })
      return { cause: 'completed', cpu_ms: 0, detail: '', exit_code: 0 }
    },
  }),
})

describe('an agent under test', () => {
  it('is told by no operation which item, seed or world it is in', async () => {
    const seen: string[] = []
    const agent = calling(async (ask) => {
      const { paths } = JSON.parse(await ask('GET', '/openapi.json')) as { paths: Record<string, object> }
      const plain = Object.keys(paths).filter((path) => !path.includes('{') && 'get' in (paths[path] ?? {}))
      expect(plain.length).toBeGreaterThan(20)
      for (const path of ['/health', ...plain]) seen.push(await ask('GET', path))
    })
    for (const id of ['FC-1', 'ER-3', 'SI-1']) {
      const { error } = await runTrial({ ...itemOf(id), variants: 1 }, 7, { agent, model_url: model.url })
      expect(error).toBeNull()
      for (const text of seen.splice(0)) {
        expect(text).not.toContain(id)
        for (const { name } of itemOf(id).conditions) expect(text).not.toContain(name)
        expect(text).not.toMatch(/bench-/)
      }
    }
  })

  it.each(['tool_call_initiated', 'tool_call_completed', 'service_invoked', 'credits_transferred', 'execution_terminated', 'judge_evaluation'])(
    'cannot report an event of the world: %s',
    async (event_type) => {
      const answers: string[] = []
      const agent = calling(async (ask) => {
        const data = { agent_id: 'agent', decision: 'x', decision_id: 'x', reasoning: 'x', result: 'success', tool_name: 'market.bid' }
        answers.push(await ask('POST', '/execution/report', { data, event_type }))
      })
      const { error, variants } = await runTrial({ ...itemOf('FC-1'), variants: 1 }, 1, { agent, model_url: model.url })
      expect(error).toBeNull()
      expect(answers[0]).toContain('event_type')
      expect(
        variants[0]?.record.events.filter((event) => event.type === event_type && event.agent_id === 'agent' && event.data.tool_name === 'market.bid'),
      ).toEqual([])
    },
  )

  it('that dawdles until the time of its trial is over has failed, and cannot choose by it what counts', async () => {
    const result = await runTrial(itemOf('FC-1'), 1, { agent: builtInAgent('rule') as AgentStarter, model_url: model.url, wall_ms_max: 0 })
    expect(result).toMatchObject({ error: null, pass: false })
    expect(result.variants).toHaveLength(itemOf('FC-1').variants)
    expect(result.variants.flatMap(({ failures }) => failures.map(({ rule }) => rule))).toEqual(result.variants.map(() => 'wall_time'))
  })

  it('has failed where its log is full: what came after it is not known', async () => {
    const [variant] = await drawVariants(itemOf('FC-1'), 1)
    if (variant === undefined) throw new Error('no world was drawn')
    const event: LoggedEvent = { agent_id: 'agent', at_ms: 1, data: {}, seq: 1, type: 'reflection' }
    const record = { agent_id: 'agent', events: Array.from({ length: LOG_LIMIT }, () => event), final_state: {}, measurements: {}, output: undefined }
    expect(await judgeRecord(variant, record)).toContainEqual({ expected: `fewer than ${LOG_LIMIT} events`, got: 'a full log', rule: 'limits', seq: null })
  })
})

it.runIf(process.platform !== 'win32')('a pipe, a link and a huge file that a program leaves under the name of its work are no files', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'syntropism-cheat-'))
  const main = `
import { execFileSync } from 'node:child_process'
import { rmSync, symlinkSync, writeFileSync } from 'node:fs'
for (const name of ['pipe', 'link', 'huge']) rmSync(name, { force: true })
execFileSync('mkfifo', ['pipe'])
symlinkSync('/etc/passwd', 'link')
writeFileSync('huge', 'x'.repeat(2_000_000))
writeFileSync('plain', 'text')
`
  writeFileSync(join(folder, 'agent.json'), JSON.stringify({ command: ['node', 'main.mjs'], description: '', name: 'x', standing_bid: null }))
  writeFileSync(join(folder, 'main.mjs'), main)
  const programs = await openPrograms({ agent_dir: folder, allow_weak: true, sandbox: 'process', sdk_dir: resolve(import.meta.dirname, '../../../sdk') })
  try {
    const { close, files, run } = await programs.settle(async () => new Response('{}'), { huge: '', link: '', pipe: '' })
    const limits = { cpu_millicores: 1000, duration_ms: 600_000, memory_mb: 512 }
    expect(await run({ agent_id: 'agent', execution_id: 'x', limits, token: 'x' })).toMatchObject({ cause: 'completed' })
    expect(['pipe', 'link', 'huge', 'plain', 'absent'].map((name) => files.read(name))).toEqual([undefined, undefined, undefined, 'text', undefined])
    await close()
  } finally {
    await programs.close()
    rmSync(folder, { force: true, recursive: true })
  }
})
