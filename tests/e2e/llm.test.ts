import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startFakeUpstream } from '../llm/upstream.ts'
import { Watch, removeDir, run, start, tempDir } from '../program.ts'

const folder = tempDir()
const data = join(folder, 'data')
let upstream: Awaited<ReturnType<typeof startFakeUpstream>>
let live: ReturnType<typeof start>
let url = ''
let env: NodeJS.ProcessEnv = {}

beforeAll(async () => {
  upstream = await startFakeUpstream()
  const llm = {
    keys_usd_per_minute: 0.5,
    models: { small: { output_tokens_max: 50, price: { input: 1, output: 1 }, upstreams: [{ model: 'plain', upstream: 'fake' }] } },
    upstreams: [{ base_url: upstream.url, id: 'fake' }],
    usd_per_minute: 1,
  }
  writeFileSync(join(folder, 'syntropism.config.json'), JSON.stringify({ agents: [], cpu_millicores: 500, data, llm, memory_mb: 256, port: 0 }))
  live = start(['live', '--json', '--sandbox', 'node'], {}, folder)
  const started = await new Watch(live).find((line) => line.type === 'started')
  url = String(started.url)
  env = { SYNTROPISM_TOKEN: (started.tokens as { name: string; token: string }[]).find((one) => one.name === 'operator')?.token }
})
afterAll(async () => {
  const ended = new Promise((done) => live.once('close', done))
  live.kill('SIGTERM')
  await ended
  await upstream.close()
  removeDir(folder)
})

describe('a running economy with an LLM', () => {
  it('makes a key, serves OpenAI’s client with it, and reports what it spent', async () => {
    const created = await run(['keys', 'create', 'team', '--budget', '1/day', '--budget', '0.5/hour', '--data', data, '--json'], env)
    expect(created.stderr).toBe('')
    const { token } = JSON.parse(created.stdout) as { token: string }
    const openai = new OpenAI({ apiKey: token, baseURL: `${url}/v1`, maxRetries: 0 })
    const answer = await openai.chat.completions.create({ messages: [{ content: 'hello', role: 'user' }], model: 'small' })
    expect(answer.choices[0]?.message.content).toBe('Hello wide world')
    const simple = await fetch(`${url}/intelligence/inference`, {
      body: JSON.stringify({ max_tokens: 20, prompt: 'hello' }),
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      method: 'POST',
    })
    expect(await simple.json()).toMatchObject({ completion: 'Hello wide world', tokens_used: 17 })
    const spend = await run(['spend', '--by', 'model', '--data', data, '--json'])
    expect(JSON.parse(spend.stdout)).toMatchObject({ rows: [{ calls: 2, cost_micro_usd: 34, name: 'small' }], total_micro_usd: 34 })
    expect((await run(['keys', 'rotate', 'team', '--data', data], env)).code).toBe(0)
    await expect(openai.models.list()).rejects.toMatchObject({ status: 401 })
    expect((await run(['keys', 'revoke', 'team', '--data', data], env)).stdout).toContain('revoked')
    const listed = JSON.parse((await run(['keys', 'list', '--data', data, '--json'], env)).stdout) as { keys: object[] }
    expect(listed.keys).toMatchObject([{ key_id: 'team', revoked: true }])
    expect(JSON.stringify(listed)).not.toContain('token_hash')
  })

  it('makes no key that could not call, and says what to change', async () => {
    expect((await run(['operator', 'tune', 'llm_keys_micro_usd_per_minute=0', '--reason', 'a test', '--data', data], env)).code).toBe(0)
    const create = ['keys', 'create', 'useless', '--budget', '1/day', '--data', data]
    const refused = await run(create, env)
    expect(refused).toMatchObject({ code: 1, stdout: '' })
    expect(refused.stderr).toContain('llm_keys_not_offered: Nothing of the cap on spend is kept for keys: set "keys_usd_per_minute" under "llm"')
    const asJson = await run([...create, '--json'], env)
    expect(asJson.code).toBe(1)
    expect(JSON.parse(asJson.stdout)).toMatchObject({ code: 'llm_keys_not_offered', figures: { setting: 'llm.keys_usd_per_minute' }, status: 422 })
  })
})
