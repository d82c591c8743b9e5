import { type Server, type Socket, type AddressInfo, connect, createServer } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { type World, type WorldOptions, openWorld } from './world.ts'

const DOORS = ['direct', 'routes'] as const
const EDGE = 1_700_000_040_000

let world: World
let upstream: Server | null = null
afterEach(async () => {
  await world.close()
  upstream?.close()
  upstream = null
})

const chat = (more: object = {}): string => JSON.stringify({ messages: [{ content: 'hello', role: 'user' }], model: 'plain', ...more })
const head = (...lines: string[]): string =>
  `${['POST /v1/chat/completions HTTP/1.1', 'Host: x', 'Authorization: Bearer key-token', 'Content-Type: application/json', ...lines].join('\r\n')}\r\n\r\n`
const whole = (body: string): string => head('Connection: close', `Content-Length: ${Buffer.byteLength(body)}`) + body

/** Sends raw bytes; returns what came until the connection closed. */
const exchange = (bytes: string, onOpen: (socket: Socket) => void = () => undefined): Promise<string> =>
  new Promise((done) => {
    const socket = connect(Number(new URL(world.url).port), '127.0.0.1')
    let answer = ''
    socket.on('data', (chunk) => (answer += chunk.toString('utf8')))
    socket.on('error', () => undefined)
    socket.on('close', () => done(answer))
    socket.write(bytes, () => onOpen(socket))
  })
const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1])
const ask = (body: string, token = 'key-token'): Promise<Response> =>
  fetch(`${world.url}/v1/chat/completions`, { body, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, method: 'POST' })
const order = (path: string, method = 'POST'): Promise<Response> => fetch(`${world.url}${path}`, { headers: { authorization: 'Bearer operator' }, method })
const openCalls = (): number => world.host.state.llm.keys.get('team')?.open_calls ?? -1

/** What the model `odd` is served by: bytes that need be no answer. */
let bytes = ''
const answerWith = (status: string, body: string): void => {
  bytes = `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}
const PATIENT = { upstream: { timeout_ms: 60_000 } }

async function openOdd(options: WorldOptions = {}): Promise<void> {
  upstream = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => socket.end(bytes))
  })
  const server = upstream
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const base_url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
  world = await openWorld({
    environment: { ODD_KEY: 'sk-secret' },
    models: { odd: { output_tokens_max: 200, price: { input: 1, output: 1 }, upstreams: [{ model: 'odd', upstream: 'odd' }] } },
    upstreams: [{ api_key_env: 'ODD_KEY', base_url, breaker_failures: 1000, id: 'odd', retries: 0, timeout_ms: 60_000 }],
    ...options,
  })
}

/** Asks the model `odd`; what was said, and how that call was settled. */
async function askOdd(): Promise<{ readonly status: number; readonly text: string; readonly settled: unknown }> {
  const before = world.settled().length
  const answer = await ask(chat({ model: 'odd' }))
  const text = await answer.text()
  await world.quiet()
  return { settled: world.settled().slice(before), status: answer.status, text }
}

describe('an agent', () => {
  it.each(DOORS)('that breaks its body off, or never sends it, holds nothing (%s)', async (door) => {
    world = await openWorld({ door, ...PATIENT })
    await exchange(head('Content-Length: 1000') + chat(), (socket) => socket.destroy())
    expect(statusOf(await exchange(head('Content-Length: 1000') + chat(), (socket) => socket.end()))).not.toBe(200)
    expect(statusOf(await exchange(whole(chat())))).toBe(200)
    await world.quiet()
    expect([world.settled().length, openCalls(), world.upstream.received.length]).toEqual([1, 0, 1])
  })

  it('that sends its body in chunks is served; one whose chunks are none is not', async () => {
    world = await openWorld(PATIENT)
    const size = chat().length.toString(16)
    const chunked = (body: string): Promise<string> => exchange(head('Connection: close', 'Transfer-Encoding: chunked') + body)
    expect(statusOf(await chunked(`${size};ext=1\r\n${chat()}\r\n0\r\nTrailer: x\r\n\r\n`))).toBe(200)
    for (const bad of [`zz\r\n${chat()}\r\n0\r\n\r\n`, `fffffffffffffffff\r\n${chat()}\r\n0\r\n\r\n`]) expect(statusOf(await chunked(bad))).toBe(400)
    expect(world.upstream.received).toHaveLength(1)
  })

  it.each(DOORS)('that names a member twice is bounded by what goes upstream (%s)', async (door) => {
    world = await openWorld({ door, ...PATIENT })
    const asked = '{"model":"over-reports","max_tokens":1,"messages":[],"model":"plain","messages":[{"role":"user","content":"\\ud800"}],"max_tokens":50}'
    expect(statusOf(await exchange(whole(asked)))).toBe(200)
    await world.quiet()
    expect(world.upstream.received).toEqual([{ max_tokens: 50, messages: [{ content: '\ud800', role: 'user' }], model: 'plain' }])
    const [admitted] = world.events.flatMap(({ data, type }) => (type === 'llm_call_admitted' && 'call_id' in data ? [data] : []))
    expect(admitted).toMatchObject({ model: 'plain', output_tokens_max: 50 })
  })

  it('that hangs up again and again keeps to its parallel calls and gets every one of them back', async () => {
    world = await openWorld({ key: { parallel_max: 2 }, ...PATIENT })
    for (let round = 1; round <= 5; round++) {
      const gone = new AbortController()
      const headers = { authorization: 'Bearer key-token', 'content-type': 'application/json' }
      const call = (): Promise<number | string> =>
        fetch(`${world.url}/v1/chat/completions`, { body: chat({ model: 'hangs' }), headers, method: 'POST', signal: gone.signal }).then(
          ({ status }) => status,
          () => 'gone',
        )
      const held = [call(), call()]
      while (openCalls() < 2) await new Promise((done) => setTimeout(done, 2))
      expect(await call()).toBe(429)
      gone.abort()
      expect(await Promise.all(held)).toEqual(['gone', 'gone'])
      await world.quiet()
      expect([openCalls(), world.settled().length]).toEqual([0, 2 * round])
    }
    expect((await ask(chat())).status).toBe(200)
  })

  it('whose key is rotated while it calls has its answer, and none after that by the old token', async () => {
    world = await openWorld(PATIENT)
    const answer = await ask(chat({ model: 'endless', stream: true }))
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader()
    await reader.read()
    const { token } = (await (await order('/operator/llm/keys/team/rotate')).json()) as { token: string }
    expect([openCalls(), (await ask(chat())).status, (await ask(chat(), token)).status]).toEqual([1, 401, 200])
    await order('/operator/llm/keys/team', 'DELETE')
    expect(await (await ask(chat(), token)).json()).toMatchObject({ code: 'llm_key_unusable', figures: { reason: 'revoked' } })
    await reader.cancel()
    await world.quiet()
    expect(openCalls()).toBe(0)
  })

  it('whose key ends with a minute calls up to its last millisecond, also ahead of the record, and no longer', async () => {
    let now = EDGE - 1
    world = await openWorld({ key: { expires_at_ms: EDGE }, now: () => now, ...PATIENT })
    const isDrawn = ({ data, type }: World['events'][number]): boolean => type === 'llm_call_admitted' && 'reserve_id' in data
    while (!world.events.some(isDrawn)) {
      expect((await ask(chat())).status).toBe(200)
      await world.quiet()
    }
    now = EDGE
    expect(await (await ask(chat())).json()).toMatchObject({ code: 'llm_key_unusable', figures: { reason: 'expired' } })
    expect(new Set(world.settled().map(({ minute }) => minute))).toEqual(new Set([EDGE / 60_000 - 1]))
  })
})

describe('an upstream', () => {
  it.each(DOORS)('whose answer has nothing in it, or a status that is none of HTTP, has failed (%s)', async (door) => {
    await openOdd({ door })
    for (const status of ['204 No Content', '205 Reset Content', '600 Odd', '999 Odd', '099 Odd', '101 Switching Protocols']) {
      answerWith(status, '{"usage":{"prompt_tokens":1,"completion_tokens":1}}')
      const { settled, status: told, text } = await askOdd()
      expect({ settled, status, text, told }).toMatchObject({
        settled: [{ estimated: true, finish: 'failed' }],
        text: expect.stringContaining('llm_upstream_failed') as string,
        told: 502,
      })
    }
  })

  it.each(DOORS)('that sends back what it was sent does not show the key to the caller (%s)', async (door) => {
    await openOdd({ door })
    answerWith('401 Unauthorized', 'you said Authorization: Bearer sk-secret')
    const { text } = await askOdd()
    expect(text).toContain('you said Authorization')
    expect(text).not.toContain('sk-secret')
  })

  it('is paid by what it reports if that is credible, else at the bound; an error that reports a usage, too', async () => {
    await openOdd()
    const cases: readonly (readonly [usage: string, cost: number | null])[] = [
      ['{"prompt_tokens":3}', null],
      ['{"prompt_tokens":3,"total_tokens":3}', 3],
      ['{"prompt_tokens":-3,"completion_tokens":2}', null],
      ['{"prompt_tokens":1e308,"completion_tokens":2}', null],
      ['{"prompt_tokens":1e999,"completion_tokens":2}', null],
      ['{"prompt_tokens":NaN,"completion_tokens":2}', null],
      ['{"prompt_tokens":3,"completion_tokens":2,"total_tokens":1e308}', null],
      ['{"prompt_tokens":3,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":4}}', null],
      ['{"prompt_tokens":3,"completion_tokens":2,"completion_tokens_details":{"reasoning_tokens":3}}', null],
    ]
    for (const [usage, cost] of cases) {
      answerWith('200 OK', `{"choices":[],"usage":${usage}}`)
      const { settled } = await askOdd()
      const [{ bound_micro_usd: bound }] = settled as [{ bound_micro_usd: number }]
      expect({ settled, usage }).toMatchObject({ settled: [{ cost_micro_usd: cost ?? bound, estimated: cost === null }] })
    }
    answerWith('400 Bad Request', '{"error":{"message":"filtered"},"usage":{"prompt_tokens":30,"completion_tokens":0}}')
    expect(await askOdd()).toMatchObject({ settled: [{ cost_micro_usd: 30, estimated: false, finish: 'failed' }], status: 400 })
  })
})
