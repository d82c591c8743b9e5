import OpenAI from 'openai'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ANTHROPIC_USAGE, GOOGLE_USAGE, type NativeServer, startAnthropic, startGoogle } from './native-upstreams.ts'
import { type World, openWorld } from './world.ts'

/** Dollars per million, each kind its own, so that a wrong kind is a wrong sum. */
const PRICE = { cache_read: 0.1, cache_write: 1.25, input: 1, output: 5, reasoning: 7 }
const CLAUDE = ['claude-plain', 'claude-overloaded', 'claude-refuses', 'claude-breaks-off', 'claude-ends-early', 'claude-endless']
const GEMINI = ['gemini-plain', 'gemini-continues']
const model = (upstream: string, name: string) => ({ output_tokens_max: 100, price: PRICE, upstreams: [{ model: name, upstream }] })

let world: World
let anthropic: NativeServer
let google: NativeServer
let openai: OpenAI
beforeEach(async () => {
  anthropic = await startAnthropic()
  google = await startGoogle()
  world = await openWorld({
    environment: { GOOGLE_KEY: 'g-key', MY_KEY: 'a-key' },
    models: {
      ...Object.fromEntries(CLAUDE.map((name) => [name, model('anthropic', name)])),
      ...Object.fromEntries(GEMINI.map((name) => [name, model('google', name)])),
      'from-the-price-data': { output_tokens_max: 100, upstreams: [{ model: 'claude-3-5-haiku-latest', upstream: 'anthropic' }] },
    },
    upstreams: [
      { api_key_env: 'MY_KEY', base_url: anthropic.url, id: 'anthropic', kind: 'anthropic', timeout_ms: 120_000 },
      { api_key_env: 'GOOGLE_KEY', base_url: google.url, id: 'google', kind: 'google', timeout_ms: 120_000 },
    ],
  })
  openai = new OpenAI({ apiKey: world.agentToken, baseURL: `${world.url}/v1`, maxRetries: 0 })
})
afterEach(async () => {
  await world.close()
  await anthropic.close()
  await google.close()
})

const ask = (name: string, content = 'hello') => ({
  max_tokens: 50,
  messages: [
    { content: 'Be brief.', role: 'system' as const },
    { content, role: 'user' as const },
  ],
  model: name,
})
const tools = [
  {
    function: { description: 'look somewhere', name: 'look', parameters: { properties: { at: { type: 'string' } }, required: ['at'], type: 'object' } },
    type: 'function' as const,
  },
]
const schema = {
  json_schema: { name: 'answer', schema: { additionalProperties: false, properties: { answer: { type: 'integer' } }, required: ['answer'], type: 'object' } },
  type: 'json_schema' as const,
}
async function read(body: object): Promise<OpenAI.Chat.Completions.ChatCompletionChunk[]> {
  const chunks: OpenAI.Chat.Completions.ChatCompletionChunk[] = []
  for await (const chunk of await openai.chat.completions.create({
    ...(body as ReturnType<typeof ask>),
    stream: true,
    stream_options: { include_usage: true },
  }))
    chunks.push(chunk)
  return chunks
}
const textOf = (chunks: OpenAI.Chat.Completions.ChatCompletionChunk[]): string => chunks.map((one) => one.choices[0]?.delta.content ?? '').join('')

/** 50 plain, 30 read, 20 written, 7 out; rounded up once. */
const CLAUDE_COST = Math.ceil(50 * 1 + 30 * 0.1 + 20 * 1.25 + 7 * 5)
/** 28 plain, 12 read, 5 out, 3 of reasoning. */
const GEMINI_COST = Math.ceil(28 * 1 + 12 * 0.1 + 5 * 5 + 3 * 7)

describe('Anthropic’s own API', () => {
  it('answers a chat completion, with cached tokens paid at their own rates', async () => {
    const answer = await openai.chat.completions.create({ ...ask('claude-plain'), stop: ['END'], temperature: 0.5 })
    expect(answer.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'Hello native world' } })
    expect(answer.usage).toMatchObject({ completion_tokens: 7, prompt_tokens: 100, prompt_tokens_details: { cached_tokens: 30 } })
    expect(answer).toMatchObject({ warnings: [{ feature: 'temperature' }] })
    const [sent] = anthropic.received
    expect(sent?.headers).toMatchObject({ 'anthropic-version': '2023-06-01', 'x-api-key': 'a-key' })
    expect(sent?.body).toMatchObject({
      max_tokens: 50,
      messages: [{ content: [{ text: 'hello', type: 'text' }], role: 'user' }],
      stop_sequences: ['END'],
      system: [{ text: 'Be brief.', type: 'text' }],
    })
    await world.quiet()
    expect(world.settled()).toMatchObject([
      {
        cost_micro_usd: CLAUDE_COST,
        estimated: false,
        usage: { cache_read_tokens: 30, cache_write_tokens: 20, input_tokens: 100, output_tokens: ANTHROPIC_USAGE.output_tokens },
      },
    ])
  })

  it('calls tools, takes their results, and answers in a schema', async () => {
    const called = await openai.chat.completions.create({ ...ask('claude-plain'), tool_choice: 'required', tools })
    expect(called.choices[0]).toMatchObject({ finish_reason: 'tool_calls', message: { tool_calls: [{ function: { name: 'look' }, id: 'toolu_1' }] } })
    expect(anthropic.received[0]?.body).toMatchObject({ tool_choice: { type: 'any' }, tools: [{ input_schema: tools[0]?.function.parameters, name: 'look' }] })
    const message = called.choices[0]?.message as OpenAI.Chat.Completions.ChatCompletionMessage
    await openai.chat.completions.create({
      ...ask('claude-plain'),
      messages: [{ content: 'hello', role: 'user' }, message, { content: 'blue', role: 'tool', tool_call_id: 'toolu_1' }],
    })
    expect(JSON.stringify(anthropic.received[1]?.body.messages)).toContain('"tool_use_id":"toolu_1"')
    const formed = await openai.chat.completions.create({ ...ask('claude-plain'), response_format: schema })
    expect(JSON.parse(formed.choices[0]?.message.content ?? '')).toMatchObject({ answer: 42 })
  })

  it('streams text and the input of tools as they come, and its usage last', async () => {
    const plain = await read(ask('claude-plain'))
    expect(textOf(plain)).toBe('Hello native world')
    expect(plain.at(-1)?.usage).toMatchObject({ completion_tokens: 7, prompt_tokens: 100 })
    const called = await read({ ...ask('claude-plain'), tools })
    const parts = called.flatMap((one) => one.choices[0]?.delta.tool_calls ?? [])
    expect(parts[0]).toMatchObject({ function: { name: 'look' }, id: 'toolu_1', index: 0 })
    expect(parts.map((one) => one.function?.arguments ?? '').join('')).toBe('{"at":"sky"}')
    expect(called.at(-2)?.choices[0]?.finish_reason).toBe('tool_calls')
    await world.quiet()
    expect(world.settled().map((one) => one.cost_micro_usd)).toEqual([CLAUDE_COST, CLAUDE_COST])
  })

  it('that is overloaded is asked again, and what it refuses is said', async () => {
    expect((await openai.chat.completions.create(ask('claude-overloaded'))).choices.length).toBe(1)
    expect(anthropic.received.length).toBe(3)
    await expect(openai.chat.completions.create(ask('claude-refuses'))).rejects.toMatchObject({ status: 400 })
    await expect(openai.chat.completions.create({ ...ask('claude-plain'), logit_bias: { 1: 2 } })).rejects.toMatchObject({ param: 'logit_bias', status: 400 })
    await world.quiet()
    expect(world.settled().map((one) => one.cost_micro_usd)).toEqual([CLAUDE_COST, 0, 0])
    expect(world.gateway.upstreams.find((one) => one.upstream_id === 'anthropic')).toMatchObject({ answers: { 200: 1, 400: 2, 529: 2 }, failures: 0 })
  })

  it('that breaks off or ends early in a stream is an error for the caller and booked at the bound', async () => {
    for (const name of ['claude-breaks-off', 'claude-ends-early']) await expect(read(ask(name))).rejects.toBeInstanceOf(OpenAI.APIError)
    await world.quiet()
    expect(world.settled()).toMatchObject([
      { estimated: true, finish: 'failed' },
      { estimated: true, finish: 'failed' },
    ])
  })

  it('is cancelled when the caller hangs up', async () => {
    const stream = await openai.chat.completions.create({ ...ask('claude-endless'), stream: true })
    await stream[Symbol.asyncIterator]().next()
    stream.controller.abort()
    await world.quiet()
    while (anthropic.cancelled < 1) await new Promise((done) => setTimeout(done, 5))
    expect(world.settled()).toMatchObject([{ estimated: true, finish: 'cancelled' }])
  })

  it('is priced by the price data', async () => {
    await openai.chat.completions.create(ask('from-the-price-data'))
    const admitted = world.events.find((event) => event.type === 'llm_call_admitted')
    expect(admitted?.data).toMatchObject({ price: { cache_read_per_million: 80_000, input_per_million: 800_000, output_per_million: 4_000_000 } })
  })
})

describe('Google’s own API', () => {
  it('answers, calls tools, keeps to a schema and streams; cached and thinking tokens are paid at their own rates', async () => {
    const answer = await openai.chat.completions.create(ask('gemini-plain'))
    expect(answer.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'Hello native world' } })
    expect(google.received[0]).toMatchObject({
      body: {
        contents: [{ parts: [{ text: 'hello' }], role: 'user' }],
        generationConfig: { maxOutputTokens: 50 },
        systemInstruction: { parts: [{ text: 'Be brief.' }] },
      },
      headers: { 'x-goog-api-key': 'g-key' },
      path: '/v1beta/models/gemini-plain:generateContent',
    })
    const called = await openai.chat.completions.create({ ...ask('gemini-plain'), tools })
    expect(called.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: { tool_calls: [{ function: { arguments: '{"at":"sky"}', name: 'look' } }] },
    })
    const formed = await openai.chat.completions.create({ ...ask('gemini-plain'), response_format: schema })
    expect(JSON.parse(formed.choices[0]?.message.content ?? '')).toEqual({ answer: 42 })
    const chunks = await read({ ...ask('gemini-plain'), tools })
    expect(textOf(chunks)).toBe('Hello native world')
    expect(
      chunks
        .flatMap((one) => one.choices[0]?.delta.tool_calls ?? [])
        .map((one) => one.function?.arguments)
        .join(''),
    ).toBe('{"at":"sky"}')
    await world.quiet()
    expect(world.settled().map((one) => one.cost_micro_usd)).toEqual([GEMINI_COST, GEMINI_COST, GEMINI_COST, GEMINI_COST])
    expect(world.settled()[0]?.usage).toMatchObject({ cache_read_tokens: GOOGLE_USAGE.cachedContentTokenCount, output_tokens: 8, reasoning_tokens: 3 })
  })

  it('embeds, and is booked at the bound, for it reports no usage of embeddings', async () => {
    const { data } = await openai.embeddings.create({ encoding_format: 'float', input: 'hello', model: 'gemini-plain' })
    expect(data[0]?.embedding).toEqual([0.25, 0.5])
    await world.quiet()
    expect(world.settled()).toMatchObject([{ estimated: true, finish: 'completed' }])
  })

  it('is asked once a call: an answer that wants to go on ends there, booked at the bound', async () => {
    await expect(openai.chat.completions.create(ask('gemini-continues'))).rejects.toMatchObject({ code: 'llm_upstream_failed', status: 502 })
    expect(google.received).toHaveLength(1)
    await world.quiet()
    expect(world.settled()).toMatchObject([{ estimated: true, finish: 'failed' }])
  })
})
