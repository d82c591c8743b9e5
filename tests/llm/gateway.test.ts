import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import OpenAI from 'openai'
import { afterEach, describe, expect, it } from 'vitest'
import { until } from '../contracts/events.ts'
import { type World, type WorldOptions, openWorld } from './world.ts'

let world: World
afterEach(() => world.close())

async function open(options: WorldOptions = {}): Promise<OpenAI> {
  world = await openWorld(options)
  return client(world.agentToken)
}
const client = (apiKey: string): OpenAI => new OpenAI({ apiKey, baseURL: `${world.url}/v1`, maxRetries: 0 })
const ask = (model: string) => ({ messages: [{ content: 'hello', role: 'user' as const }], model })

describe('OpenAI’s client', () => {
  it('gets completions with tools, schemas and logprobs passed through, and pays what was reported', async () => {
    const openai = await open()
    const plain = await openai.chat.completions.create({ ...ask('plain'), logprobs: true, max_completion_tokens: 50 })
    expect(plain.choices[0]?.message.content).toBe('Hello wide world')
    expect(plain.choices[0]?.logprobs).toEqual({ content: [] })
    const tools = [{ function: { name: 'look', parameters: { type: 'object' } }, type: 'function' as const }]
    expect((await openai.chat.completions.create({ ...ask('plain'), tools })).choices[0]?.message.tool_calls?.[0]?.id).toBe('t')
    const schema = { json_schema: { name: 's', schema: { type: 'object' } }, type: 'json_schema' as const }
    expect((await openai.chat.completions.create({ ...ask('plain'), response_format: schema })).choices[0]?.message.content).toBe('{"answer":42}')
    expect((await openai.embeddings.create({ encoding_format: 'float', input: 'hello', model: 'plain' })).data[0]?.embedding).toEqual([0.5, 0.25])
    expect((await openai.responses.create({ input: 'hello', max_output_tokens: 20, model: 'plain' })).output_text).toBe('Hi')
    expect((await openai.models.list()).data.map((model) => model.id)).toContain('plain')
    await world.quiet()
    const { input, output } = world.upstream.reported
    expect(world.settled().reduce((sum, one) => sum + one.cost_micro_usd, 0)).toBe(input + output)
    expect(await world.spend('agent')).toMatchObject([{ calls: 5, cost_micro_usd: input + output, name: 'a', overrun_micro_usd: 0 }])
  })

  it('gets streams as they come; the usage only when it was asked for', async () => {
    const openai = await open()
    const read = async (more: object) => {
      const parts: OpenAI.Chat.Completions.ChatCompletionChunk[] = []
      const stream = await openai.chat.completions.create({ ...ask('plain'), ...more, stream: true })
      for await (const part of stream) parts.push(part)
      return parts
    }
    const silent = await read({})
    expect(silent.map((part) => part.choices[0]?.delta.content ?? '').join('')).toBe('Hello wide world')
    expect(silent.some((part) => part.usage !== undefined && part.usage !== null)).toBe(false)
    expect((await read({ stream_options: { include_usage: true } })).at(-1)?.usage).toMatchObject({ completion_tokens: 7, prompt_tokens: 10 })
    await world.quiet()
    expect(world.settled()).toMatchObject([
      { cost_micro_usd: 17, estimated: false },
      { cost_micro_usd: 17, estimated: false },
    ])
  })

  it('is told in its own terms why a call was refused, before anything was sent', async () => {
    const openai = await open({ key: { windows: [{ limit_micro_usd: 10, window_ms: 0 }] } })
    await expect(openai.chat.completions.create(ask('unbounded'))).rejects.toMatchObject({ code: 'llm_request_unbounded', status: 422 })
    await expect(openai.chat.completions.create(ask('unpriced'))).rejects.toMatchObject({ code: 'llm_price_unknown', status: 422 })
    await expect(openai.chat.completions.create(ask('nobody'))).rejects.toMatchObject({ code: 'llm_model_unknown', status: 404 })
    await expect(openai.chat.completions.create({ ...ask('plain'), web_search_options: {} })).rejects.toMatchObject({ code: 'llm_request_unbounded' })
    await expect(client('key-token').chat.completions.create(ask('plain'))).rejects.toMatchObject({ code: 'llm_budget_exhausted', status: 402 })
    await expect(client('wrong').chat.completions.create(ask('plain'))).rejects.toBeInstanceOf(OpenAI.AuthenticationError)
    expect(world.upstream.received).toEqual([])
  })

  it('is told when to come again once the minute is spent', async () => {
    const openai = await open({ usd_per_minute: 0.002 })
    const limited: InstanceType<typeof OpenAI.APIError>[] = []
    const asked = Array.from({ length: 6 }, () =>
      openai.chat.completions.create(ask('slow')).catch((error: InstanceType<typeof OpenAI.APIError>) => limited.push(error)),
    )
    await until(() => limited.length > 0)
    world.upstream.letGo()
    await Promise.all(asked)
    expect(Number(limited[0]?.headers?.get('retry-after'))).toBeGreaterThan(0)
    expect(limited[0]).toBeInstanceOf(OpenAI.RateLimitError)
    expect(limited[0]).toMatchObject({ code: 'llm_rate_limited', status: 429 })
  })
})

describe('a bad upstream', () => {
  it('that fails is tried again, then another is asked; failures without answer cost nothing', async () => {
    const openai = await open({ upstream: { breaker_failures: 100, retries: 2 } })
    expect((await openai.chat.completions.create(ask('flaky'))).choices[0]?.message.content).toBe('Hello wide world')
    expect((await openai.chat.completions.create(ask('falls-back'))).choices[0]?.message.content).toBe('Hello wide world')
    await expect(openai.chat.completions.create(ask('fails'))).rejects.toMatchObject({ code: 'llm_upstream_failed', status: 502 })
    await expect(openai.chat.completions.create(ask('refuses'))).rejects.toMatchObject({ code: 'bad', status: 400 })
    await world.quiet()
    expect(world.settled().map((one) => [one.upstream_id, one.finish, one.cost_micro_usd])).toEqual([
      ['fake', 'completed', 17],
      ['fake', 'failed', 0],
      ['other', 'completed', 17],
      ['fake', 'failed', 0],
      ['fake', 'failed', 0],
    ])
  })

  it('that fails again and again is left alone for a while', async () => {
    const openai = await open({ upstream: { breaker_failures: 2 } })
    for (let index = 0; index < 4; index++) await expect(openai.chat.completions.create(ask('fails'))).rejects.toMatchObject({ status: 502 })
    expect(world.upstream.received.length).toBe(2)
  })

  it('that dies, hangs, says nothing or nonsense about usage is booked at the bound, to be corrected late', async () => {
    const openai = await open()
    await expect(openai.chat.completions.create(ask('dies'))).rejects.toMatchObject({ status: 502 })
    await expect(openai.chat.completions.create(ask('times-out'))).rejects.toMatchObject({ code: 'llm_upstream_timeout', status: 504 })
    await openai.chat.completions.create(ask('silent'))
    await openai.chat.completions.create(ask('nonsense'))
    await world.quiet()
    for (const one of world.settled()) expect(one).toMatchObject({ cost_micro_usd: one.bound_micro_usd, estimated: true })
    const usage = { cache_read_tokens: 0, cache_write_tokens: 0, image_input_tokens: 0, input_tokens: 10, output_tokens: 7, reasoning_tokens: 0 }
    const late = await fetch(`${world.url}/operator/llm/calls/call-3/usage`, {
      body: JSON.stringify(usage),
      headers: { authorization: 'Bearer operator', 'content-type': 'application/json' },
      method: 'POST',
    })
    expect(late.status).toBe(200)
    expect(world.settled().at(-1)).toMatchObject({ call_id: 'call-3', corrects: true, cost_micro_usd: 17 })
  })

  it('that breaks off in a stream is an error for the caller and booked at the bound', async () => {
    const openai = await open()
    const read = async () => {
      const stream = await openai.chat.completions.create({ ...ask('breaks-off'), stream: true })
      const parts: unknown[] = []
      for await (const part of stream) parts.push(part)
      return parts
    }
    await expect(read()).rejects.toBeInstanceOf(OpenAI.APIError)
    await world.quiet()
    expect(world.settled()).toMatchObject([{ estimated: true, finish: 'failed' }])
  })

  it('that reports usage after the end of the text is settled with it', async () => {
    const openai = await open()
    const parts: unknown[] = []
    for await (const part of await openai.chat.completions.create({ ...ask('late-usage'), stream: true })) parts.push(part)
    expect(parts).toHaveLength(5)
    await world.quiet()
    expect(world.settled()).toMatchObject([{ cost_micro_usd: 17, estimated: false, finish: 'completed' }])
  })

  it('that passes its bound is booked in full and out of rotation until the operator restores it', async () => {
    const openai = await open()
    await openai.chat.completions.create(ask('over-reports'))
    await world.quiet()
    expect(world.settled()[0]?.overrun_micro_usd).toBeGreaterThan(0)
    expect(world.alarms).toHaveLength(1)
    await expect(openai.chat.completions.create(ask('plain'))).rejects.toMatchObject({ code: 'llm_upstream_tripped', status: 503 })
    const headers = { authorization: 'Bearer operator' }
    expect((await fetch(`${world.url}/operator/llm/upstreams/fake/restore`, { headers, method: 'POST' })).status).toBe(200)
    expect((await openai.chat.completions.create(ask('plain'))).choices.length).toBe(1)
  })
})

describe('a request of a key that a second upstream takes up', () => {
  const models = {
    'dies-then-answers': {
      output_tokens_max: 100,
      price: { input: 1, output: 1 },
      upstreams: [
        { model: 'dies', upstream: 'fake' },
        { model: 'plain', upstream: 'other' },
      ],
    },
  }

  it('counts once among its requests and tokens of a minute, and once more for what the first may have cost', async () => {
    await open({ key: { requests_per_minute: 2, tokens_per_minute: 1000 }, models, now: () => 1_700_000_040_000 })
    const key = client('key-token')
    await key.chat.completions.create(ask('falls-back'))
    await key.chat.completions.create(ask('dies-then-answers'))
    await expect(key.chat.completions.create(ask('plain'))).rejects.toMatchObject({ code: 'llm_rate_limited', status: 429 })
    await world.quiet()
    expect(world.events.flatMap(({ data, type }) => (type === 'llm_call_admitted' && 'call_id' in data ? [data] : []))).toMatchObject([
      { call_id: 'call-1', upstream_id: 'fake' },
      { call_id: 'call-2', follows_call_id: 'call-1', upstream_id: 'other' },
      { call_id: 'call-3', upstream_id: 'fake' },
      { call_id: 'call-4', follows_call_id: 'call-3', upstream_id: 'other' },
    ])
    const { gauges } = world.host.state.llm
    expect(gauges.get('key:team/requests')).toMatchObject({ counted: 2 })
    expect(gauges.get('key:team/tokens')).toMatchObject({ counted: 34, settled: 34 })
    const [, , mayHaveCost] = world.settled()
    expect(mayHaveCost).toMatchObject({ call_id: 'call-3', estimated: true })
    expect(gauges.get('key:team/0')).toMatchObject({ counted: 34 + (mayHaveCost?.cost_micro_usd ?? 0) })
  })

  it('counts once also when its calls go out ahead of their record', async () => {
    await open({ models, upstream: { breaker_failures: 1000 }, now: () => 1_700_000_040_000 })
    const key = client('key-token')
    const isDrawn = ({ data, type }: World['events'][number]): boolean => type === 'llm_call_admitted' && 'follows_call_id' in data && 'reserve_id' in data
    let requests = 0
    while (!world.events.some(isDrawn)) {
      await key.chat.completions.create(ask('falls-back'))
      await world.quiet()
      requests += 1
    }
    await world.gateway.withoutReserves(() => Promise.resolve())
    await world.quiet()
    expect([...world.host.state.llm.reserves.values()]).toEqual([])
    expect(world.host.state.llm.gauges.get('key:team/requests')).toMatchObject({ counted: requests, settled: requests })
  })
})

describe('where nothing of the cap is kept for keys', () => {
  it('no key is created, and a call with one is refused by the same sentence', async () => {
    await open()
    await world.host.submit({ changes: { llm_keys_micro_usd_per_minute: 0 }, owner: 'operator', type: 'tune_rules' })
    const terms = {
      expires_at_ms: null,
      models: [],
      parallel_max: 1,
      requests_per_minute: 1,
      tokens_per_minute: 1,
      windows: [{ limit_micro_usd: 1, window_ms: 0 }],
    }
    const created = await fetch(`${world.url}/operator/llm/keys`, {
      body: JSON.stringify({ ...terms, key_id: 'late', name: 'late' }),
      headers: { authorization: 'Bearer operator', 'content-type': 'application/json' },
      method: 'POST',
    })
    const told = (await created.json()) as { code: string; detail: string }
    expect(told).toMatchObject({ code: 'llm_keys_not_offered', figures: { setting: 'llm.keys_usd_per_minute' }, status: 422 })
    expect(told.detail).toContain('set "keys_usd_per_minute" under "llm" in syntropism.config.json')
    expect(world.host.state.llm.keys.has('late')).toBe(false)
    await expect(client('key-token').chat.completions.create(ask('plain'))).rejects.toMatchObject({ code: told.code, message: `422 ${told.detail}` })
    expect(world.upstream.received).toEqual([])
  })
})

describe('a caller that hangs up', () => {
  it('cancels the upstream call, in a stream and while it waits', async () => {
    const openai = await open()
    const stream = await openai.chat.completions.create({ ...ask('endless'), stream: true })
    const parts = stream[Symbol.asyncIterator]()
    await parts.next()
    stream.controller.abort()
    const controller = new AbortController()
    const waiting = openai.chat.completions.create(ask('hangs'), { signal: controller.signal })
    const outcome = expect(waiting).rejects.toBeInstanceOf(OpenAI.APIUserAbortError)
    while (world.upstream.received.length < 2) await new Promise((done) => setTimeout(done, 5))
    controller.abort()
    await outcome
    await world.quiet()
    while (world.upstream.cancelled < 2) await new Promise((done) => setTimeout(done, 5))
    expect(world.settled()).toMatchObject([
      { estimated: true, finish: 'cancelled' },
      { estimated: true, finish: 'cancelled' },
    ])
  })
})

describe('under load', () => {
  it('spend never passes the cap, and equals what the upstream reported to the micro-dollar', async () => {
    await open({ usd_per_minute: 0.004 })
    const key = client('key-token')
    const before = Math.floor(world.host.now() / 60_000)
    const results = await Promise.all(
      Array.from({ length: 400 }, () =>
        key.chat.completions.create(ask('plain')).then(
          () => 'ok',
          (error: { code: string }) => error.code,
        ),
      ),
    )
    await world.quiet()
    const settled = world.settled()
    for (let minute = before; minute <= Math.floor(world.host.now() / 60_000); minute++)
      expect(settled.filter((one) => one.minute === minute).reduce((sum, one) => sum + one.cost_micro_usd, 0)).toBeLessThanOrEqual(2000)
    expect(new Set(results)).toEqual(new Set(['ok', 'llm_rate_limited']))
    expect(settled.reduce((sum, one) => sum + one.cost_micro_usd, 0)).toBe(world.upstream.reported.input + world.upstream.reported.output)
  })
})

describe('recordings', () => {
  it('answer a run again without any upstream, byte for byte', async () => {
    const recordings_dir = mkdtempSync(join(tmpdir(), 'syntropism-recordings-'))
    const run = async (): Promise<string[]> => {
      const texts: string[] = []
      for (const stream of [false, true, false]) {
        const answer = await fetch(`${world.url}/v1/chat/completions`, {
          body: JSON.stringify({ ...ask('plain'), stream }),
          headers: { authorization: `Bearer ${world.agentToken}`, 'content-type': 'application/json' },
          method: 'POST',
        })
        texts.push(await answer.text())
      }
      await world.quiet()
      return texts
    }
    await open({ recording: 'record', recordings_dir })
    const recorded = await run()
    const costs = world.settled().map((one) => one.cost_micro_usd)
    await world.close()
    await open({ recording: 'replay', recordings_dir })
    expect(await run()).toEqual(recorded)
    expect(world.settled().map((one) => one.cost_micro_usd)).toEqual(costs)
    expect(world.upstream.received).toEqual([])
    await expect(client(world.agentToken).chat.completions.create({ ...ask('plain'), seed: 1 })).rejects.toMatchObject({ code: 'llm_recording_missing' })
    rmSync(recordings_dir, { force: true, recursive: true })
  })
})
