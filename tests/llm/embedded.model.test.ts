import { resolve } from 'node:path'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type LiveLlm, startLive } from './live.ts'

/** Folder of `syntropism model install`, where `scripts/parts.sh model` puts it; `SYNTROPISM_MODELS` names another. */
const models_dir = process.env.SYNTROPISM_MODELS ?? resolve(import.meta.dirname, '../../.parts/models')
const FILE = 'SmolLM2-135M-Instruct.Q4_1.gguf'
/** A micro-dollar a token in, two a token out. */
const small = { output_tokens_max: 64, price: { input: 1, output: 2 }, upstreams: [{ model: FILE, upstream: 'local' }] }

let live: LiveLlm
let openai: OpenAI
const costs: number[] = []
const paid = (usage: OpenAI.CompletionUsage | null | undefined): number => (usage?.prompt_tokens ?? Number.NaN) + 2 * (usage?.completion_tokens ?? Number.NaN)

beforeAll(async () => {
  live = await startLive({
    keys_usd_per_minute: 1,
    models: { missing: { ...small, upstreams: [{ model: 'nowhere.gguf', upstream: 'local' }] }, small },
    upstreams: [{ id: 'local', kind: 'embedded', models_dir }],
    usd_per_minute: 1,
  })
  openai = new OpenAI({ apiKey: await live.createKey('team'), baseURL: `${live.url}/v1`, maxRetries: 0 })
})
afterAll(() => live?.stop())

describe('a real model in the process, from OpenAI’s client to the spend book', () => {
  it('completes a chat', async () => {
    const { choices, usage } = await openai.chat.completions.create({
      max_tokens: 24,
      messages: [{ content: 'What is the capital of France?', role: 'user' }],
      model: 'small',
      seed: 1,
      temperature: 0,
    })
    expect(choices[0]?.message.content).toContain('Paris')
    expect(usage?.prompt_tokens).toBeGreaterThan(5)
    expect(usage?.completion_tokens).toBeLessThanOrEqual(24)
    costs.push(paid(usage))
  })

  it('answers as a response', async () => {
    const { output_text, status, usage } = await openai.responses.create({
      input: 'What is the capital of France?',
      max_output_tokens: 24,
      model: 'small',
      temperature: 0,
    })
    expect(output_text).toContain('Paris')
    expect(['completed', 'incomplete']).toContain(status)
    costs.push((usage?.input_tokens ?? Number.NaN) + 2 * (usage?.output_tokens ?? Number.NaN))
  })

  it('answers within a JSON schema', async () => {
    const schema = {
      additionalProperties: false,
      properties: { amount: { type: 'integer' }, resource: { enum: ['cpu', 'memory'] } },
      required: ['amount', 'resource'],
      type: 'object',
    }
    const { choices, usage } = await openai.chat.completions.create({
      max_tokens: 64,
      messages: [{ content: 'Bid for a resource. Answer as JSON.', role: 'user' }],
      model: 'small',
      response_format: { json_schema: { name: 'bid', schema }, type: 'json_schema' },
      temperature: 0,
    })
    const bid = JSON.parse(choices[0]?.message.content ?? '') as { amount: number; resource: string }
    expect(Number.isInteger(bid.amount)).toBe(true)
    expect(['cpu', 'memory']).toContain(bid.resource)
    costs.push(paid(usage))
  })

  it('streams as it thinks', async () => {
    const parts: string[] = []
    let usage: OpenAI.CompletionUsage | null | undefined
    const stream = await openai.chat.completions.create({
      max_tokens: 24,
      messages: [{ content: 'Count from one to five.', role: 'user' }],
      model: 'small',
      stream: true,
      stream_options: { include_usage: true },
      temperature: 0,
    })
    for await (const chunk of stream) {
      const text = chunk.choices[0]?.delta.content ?? ''
      if (text !== '') parts.push(text)
      usage = chunk.usage ?? usage
    }
    expect(parts.length).toBeGreaterThan(3)
    expect(parts.join('').length).toBeGreaterThan(5)
    costs.push(paid(usage))
  })

  it('refuses what it does not have, and says what to install', async () => {
    const ask = (more: object) => openai.chat.completions.create({ messages: [{ content: 'hi', role: 'user' }], model: 'small', ...more })
    await expect(ask({ tools: [{ function: { name: 'look' }, type: 'function' }] })).rejects.toMatchObject({ param: 'tools', status: 400 })
    await expect(ask({ model: 'missing' })).rejects.toMatchObject({ code: 'llm_model_not_installed', status: 503 })
  })

  it('was paid for, to the micro-dollar', async () => {
    const { rows } = await live.spend('model')
    expect(rows.find((row) => row.name === 'small')).toMatchObject({ cost_micro_usd: costs.reduce((sum, cost) => sum + cost, 0), estimated_calls: 0 })
    expect(rows.find((row) => row.name === 'missing')).toMatchObject({ cost_micro_usd: 0 })
  })
})
