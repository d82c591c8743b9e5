import { execFile } from 'node:child_process'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type LiveLlm, startLive } from './live.ts'
import { type FakeUpstream, startFakeUpstream } from './upstream.ts'

const INSTALLED = resolve(import.meta.dirname, '../../.parts/openai/bin/python')
/** A Python that has OpenAI's client, as `scripts/parts.sh openai` installs it; `SYNTROPISM_PYTHON` names another. */
const python = process.env.SYNTROPISM_PYTHON ?? INSTALLED
let live: LiveLlm
let upstream: FakeUpstream
let token = ''

beforeAll(async () => {
  upstream = await startFakeUpstream()
  live = await startLive({
    keys_usd_per_minute: 1,
    models: { plain: { output_tokens_max: 50, price: { input: 1, output: 1 }, upstreams: [{ model: 'plain', upstream: 'fake' }] } },
    upstreams: [{ base_url: upstream.url, id: 'fake' }],
    usd_per_minute: 1,
  })
  token = await live.createKey('team')
})
afterAll(async () => {
  await live?.stop()
  await upstream.close()
})

describe('OpenAI’s Python client', () => {
  it('works with nothing set but its base URL and key, and its calls are booked', async () => {
    const env = { ...process.env, OPENAI_API_KEY: token, OPENAI_BASE_URL: `${live.url}/v1` }
    const { stdout } = await promisify(execFile)(python, [join(import.meta.dirname, 'openai_client.py')], { env })
    expect(JSON.parse(stdout)).toEqual({
      embedding: [0.5, 0.25],
      json: { answer: 42 },
      logprobs: [],
      model: 'plain',
      models: ['plain'],
      refused: [404, 'llm_model_unknown'],
      response: 'Hi',
      streamed: 'Hello wide world',
      streamed_tokens: 17,
      text: 'Hello wide world',
      tokens: 17,
      tool: 'look',
    })
    expect((await live.spend('agent')).total_micro_usd).toBe(upstream.reported.input + upstream.reported.output)
  })
})
