import { readFileSync, writeFileSync } from 'node:fs'
import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Watch, removeDir, run, start, tempDir } from '../program.ts'

const folder = tempDir()
const data = join(folder, 'data')
const PRICE = { input: 1, output: 1 }
let live: ReturnType<typeof start>
let server: Server
let env: NodeJS.ProcessEnv = {}
let url = ''
let answers = 0

/** A model that answers nonsense every third time, and otherwise scores whatever criteria it is told. */
function answerOf(body: { messages: { content: string }[] }): string {
  answers += 1
  if (answers % 3 === 1) return 'I cannot decide.'
  const names = [...(body.messages.at(-1)?.content ?? '').matchAll(/^- (\w+):/gm)].map(([, name]) => name)
  return JSON.stringify({ criteria: names.map((criterion) => ({ criterion, justification: 'seen', score: 4 })), feedback: 'well reasoned' })
}

beforeAll(async () => {
  server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk: Buffer) => (text += chunk.toString()))
    request.on('end', () => {
      const message = { content: answerOf(JSON.parse(text) as { messages: { content: string }[] }), role: 'assistant' }
      const usage = { completion_tokens: 20, prompt_tokens: 100, total_tokens: 120 }
      response.setHeader('content-type', 'application/json')
      response.end(
        JSON.stringify({ choices: [{ finish_reason: 'stop', index: 0, message }], created: 1, id: 'c', model: 'm', object: 'chat.completion', usage }),
      )
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const models = Object.fromEntries(
    ['first', 'second'].map((name) => [name, { output_tokens_max: 4000, price: PRICE, upstreams: [{ model: 'm', upstream: 'fake' }] }]),
  )
  const llm = {
    keys_usd_per_minute: 5,
    models,
    upstreams: [{ base_url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, id: 'fake' }],
    usd_per_minute: 6,
  }
  writeFileSync(join(folder, 'syntropism.config.json'), JSON.stringify({ agents: [], cpu_millicores: 500, data, llm, memory_mb: 256, port: 0 }))
  live = start(['live', '--json', '--sandbox', 'node'], {}, folder)
  const started = await new Watch(live).find((line) => line.type === 'started')
  url = `${String(started.url)}/v1`
  env = { SYNTROPISM_TOKEN: (started.tokens as { name: string; token: string }[]).find((one) => one.name === 'operator')?.token }
})
afterAll(async () => {
  const ended = new Promise((done) => live.once('close', done))
  live.kill('SIGTERM')
  await ended
  server.close()
  removeDir(folder)
})

const keyOf = async (name: string, budget: string): Promise<string> =>
  (JSON.parse((await run(['keys', 'create', name, '--budget', budget, '--data', data, '--json'], env)).stdout) as { token: string }).token

it('two judges score a finished run through the gateway; the cost is on the books, and judging again asks nobody', async () => {
  const out = join(folder, 'run')
  expect((await run(['benchmark', 'run', 'ER-1', 'FC-1', '--agent', 'rule', '--out', out])).code).toBe(0)
  const judge = ['benchmark', 'judge', out, '--model', 'first', '--model', 'second', '--url', url, '--json']
  const first = await run(judge, { SYNTROPISM_JUDGE_KEY: await keyOf('judge', '1/day') })
  expect(first).toMatchObject({ code: 0, stderr: '' })
  const figures = JSON.parse(first.stdout) as { agreement: object; failed: object[]; items: { item: string; judge: object | null }[] }
  expect(figures.failed).toEqual([])
  expect(figures.agreement).toEqual({ alpha: null, variance: 0 })
  expect(figures.items.find(({ item }) => item === 'FC-1')?.judge).toBeNull()
  expect(figures.items.find(({ item }) => item === 'ER-1')?.judge).toEqual({ judged: 1, mean_score: 4, passes: 1 })
  const spend = JSON.parse((await run(['spend', '--by', 'model', '--data', data, '--json'])).stdout) as { total_micro_usd: number }
  expect(spend.total_micro_usd).toBe(answers * 120)
  const asked = answers
  expect((await run(judge, { SYNTROPISM_JUDGE_KEY: 'not even a key' })).code).toBe(0)
  expect(answers).toBe(asked)
  const page = join(folder, 'report.html')
  await run(['benchmark', 'report', out, '--out', page])
  expect(readFileSync(page, 'utf8')).toContain('model judge: 4.00 of 5, passed')
})

it('a key without money judges nothing, and no score is made up', async () => {
  const out = join(folder, 'poor')
  await run(['benchmark', 'run', 'ER-1', '--agent', 'rule', '--out', out])
  const judged = await run(['benchmark', 'judge', out, '--model', 'first', '--url', url, '--json'], {
    SYNTROPISM_JUDGE_KEY: await keyOf('poor', '0.000001/day'),
  })
  expect(judged.code).toBe(1)
  const { failed, items } = JSON.parse(judged.stdout) as { failed: { error: string }[]; items: { judge: object }[] }
  expect(failed[0]?.error).toContain('402')
  expect(items[0]?.judge).toEqual({ judged: 0, mean_score: null, passes: 0 })
})

it('no key is said at once', async () => {
  const judged = await run(['benchmark', 'judge', folder, '--model', 'first'], { SYNTROPISM_JUDGE_KEY: '' })
  expect(judged.code).not.toBe(0)
  expect(judged.stderr).toContain('SYNTROPISM_JUDGE_KEY is not set')
})
