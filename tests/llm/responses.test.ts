import OpenAI from 'openai'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type NativeServer, startAnthropic, startGoogle } from './native-upstreams.ts'
import { type World, openWorld } from './world.ts'

const PRICE = { cache_read: 0.1, cache_write: 1.25, input: 1, output: 5 }
const NAMES = { anthropic: ['claude-plain', 'claude-breaks-off', 'claude-endless'], google: ['gemini-plain'] }
/** 50 plain, 30 read, 20 written, 7 out; rounded up once. */
const CLAUDE_COST = Math.ceil(50 * 1 + 30 * 0.1 + 20 * 1.25 + 7 * 5)

let world: World
let anthropic: NativeServer
let google: NativeServer
let openai: OpenAI
beforeEach(async () => {
  anthropic = await startAnthropic()
  google = await startGoogle()
  const models = Object.entries(NAMES).flatMap(([upstream, names]) =>
    names.map((name) => [name, { image_tokens_max: 1000, output_tokens_max: 100, price: PRICE, upstreams: [{ model: name, upstream }] }]),
  )
  world = await openWorld({
    models: Object.fromEntries(models) as Record<string, object>,
    upstreams: [
      { base_url: anthropic.url, id: 'anthropic', kind: 'anthropic', timeout_ms: 120_000 },
      { base_url: google.url, id: 'google', kind: 'google', timeout_ms: 120_000 },
    ],
  })
  openai = new OpenAI({ apiKey: world.agentToken, baseURL: `${world.url}/v1`, maxRetries: 0 })
})
afterEach(async () => {
  await world.close()
  await anthropic.close()
  await google.close()
})

const tool = {
  description: 'look somewhere',
  name: 'look',
  parameters: { properties: { at: { type: 'string' } }, required: ['at'], type: 'object' },
  strict: false,
  type: 'function' as const,
}

describe('a response of an upstream that has chat completions alone', () => {
  it('is answered by Anthropic and Google, and paid as reported', async () => {
    const answer = await openai.responses.create({ input: 'hello', instructions: 'Be brief.', max_output_tokens: 50, model: 'claude-plain' })
    expect(answer.output_text).toBe('Hello native world')
    expect(answer).toMatchObject({ incomplete_details: null, max_output_tokens: 50, object: 'response', status: 'completed', store: false })
    expect(answer.usage).toMatchObject({ input_tokens: 100, input_tokens_details: { cached_tokens: 30 }, output_tokens: 7, total_tokens: 107 })
    expect(anthropic.received[0]?.body).toMatchObject({ max_tokens: 50, system: [{ text: 'Be brief.' }] })
    expect((await openai.responses.create({ input: [{ content: 'hello', role: 'user' }], model: 'gemini-plain' })).output_text).not.toBe('')
    await world.quiet()
    expect(world.settled()).toMatchObject([{ cost_micro_usd: CLAUDE_COST, estimated: false }, { estimated: false }])
  })

  it('calls tools, takes their results and images, and answers in a schema', async () => {
    const called = await openai.responses.create({ input: 'hello', model: 'claude-plain', tool_choice: { name: 'look', type: 'function' }, tools: [tool] })
    const call = called.output.find((item) => item.type === 'function_call')
    expect(call).toMatchObject({ call_id: 'toolu_1', name: 'look', status: 'completed' })
    expect(anthropic.received[0]?.body).toMatchObject({ tool_choice: { name: 'look', type: 'tool' }, tools: [{ input_schema: tool.parameters, name: 'look' }] })
    const image = { detail: 'auto' as const, image_url: 'data:image/png;base64,iVBORw0KGgo=', type: 'input_image' as const }
    await openai.responses.create({
      input: [
        { content: [{ text: 'what is this?', type: 'input_text' }, image], role: 'user' },
        ...called.output.filter((item) => item.type === 'message' || item.type === 'function_call'),
        { call_id: 'toolu_1', output: 'blue', type: 'function_call_output' },
      ],
      model: 'claude-plain',
    })
    const sent = JSON.stringify(anthropic.received[1]?.body.messages)
    for (const part of ['"tool_use_id":"toolu_1"', '"type":"image"', '"name":"look"', 'Hello native world']) expect(sent).toContain(part)
    const format = {
      name: 'answer',
      schema: { additionalProperties: false, properties: { answer: { type: 'integer' } }, required: ['answer'], type: 'object' },
    }
    const formed = await openai.responses.create({ input: 'hello', model: 'claude-plain', text: { format: { ...format, type: 'json_schema' } } })
    expect(JSON.parse(formed.output_text)).toMatchObject({ answer: 42 })
  })

  it('streams in the events of its API, each item whole at its end', async () => {
    const stream = openai.responses.stream({ input: 'hello', model: 'claude-plain', tools: [tool] })
    const types: string[] = []
    for await (const event of stream) types.push(event.type)
    const final = await stream.finalResponse()
    expect(final.output_text).toBe('Hello native world')
    expect(final.output).toMatchObject([{ type: 'message' }, { arguments: '{"at":"sky"}', call_id: 'toolu_1', name: 'look', type: 'function_call' }])
    expect(final.usage).toMatchObject({ input_tokens: 100, output_tokens: 7 })
    expect(types.slice(0, 2)).toEqual(['response.created', 'response.in_progress'])
    expect(types.filter((type) => type === 'response.output_text.delta')).toHaveLength(3)
    expect(types.at(-1)).toBe('response.completed')
    await world.quiet()
    expect(world.settled()).toMatchObject([{ cost_micro_usd: CLAUDE_COST, finish: 'completed' }])
  })

  it('that breaks off is an error for the caller and booked at the bound; who hangs up cancels it', async () => {
    const broken = openai.responses.stream({ input: 'hello', model: 'claude-breaks-off' })
    await expect(broken.finalResponse()).rejects.toThrow()
    const endless = await openai.responses.create({ input: 'hello', model: 'claude-endless', stream: true })
    for await (const event of endless) if (event.type === 'response.output_text.delta') break
    while (anthropic.cancelled === 0) await new Promise((done) => setTimeout(done, 5))
    await world.quiet()
    expect(world.settled()).toMatchObject([
      { estimated: true, finish: 'failed' },
      { estimated: true, finish: 'cancelled' },
    ])
  })

  it('is refused before anything is sent where a chat completion has nothing for it', async () => {
    const ask = { input: 'hello', model: 'claude-plain' }
    await expect(openai.responses.create({ ...ask, store: true })).rejects.toMatchObject({ param: 'store', status: 400 })
    await expect(openai.responses.create({ ...ask, reasoning: { effort: 'low' } })).rejects.toMatchObject({ param: 'reasoning', status: 400 })
    await expect(openai.responses.create({ ...ask, previous_response_id: 'resp_1' })).rejects.toMatchObject({ status: 422 })
    await world.quiet()
    expect(anthropic.received).toEqual([])
    expect(world.settled().map((one) => one.cost_micro_usd)).toEqual([0, 0])
  })
})

it('a caller of the simple form that hangs up cancels the upstream call, which is settled', async () => {
  const controller = new AbortController()
  const asked = fetch(`${world.url}/intelligence/inference`, {
    body: JSON.stringify({ max_tokens: 20, model: 'hangs', prompt: 'hello' }),
    headers: { authorization: `Bearer ${world.agentToken}`, 'content-type': 'application/json' },
    method: 'POST',
    signal: controller.signal,
  })
  const outcome = expect(asked).rejects.toMatchObject({ name: 'AbortError' })
  while (world.upstream.received.length < 1) await new Promise((done) => setTimeout(done, 5))
  controller.abort()
  await outcome
  while (world.upstream.cancelled < 1) await new Promise((done) => setTimeout(done, 5))
  await world.quiet()
  expect(world.settled()).toMatchObject([{ estimated: true, finish: 'cancelled' }])
})
