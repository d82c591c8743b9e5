import { type Server, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Cancellation } from '../../packages/runtime/src/llm-gateway/index.ts'
import { type World, openWorld } from './world.ts'

const MESSAGE = { choices: [{ finish_reason: 'stop', index: 0, message: { content: 'Hi', role: 'assistant' } }] }
const USAGE = { completion_tokens: 7, prompt_tokens: 10, total_tokens: 17 }

/** What the upstream says next. */
let say: (answer: ServerResponse) => void = () => undefined
const json =
  (status: number, value: unknown, headers: Record<string, string> = {}) =>
  (answer: ServerResponse): void => {
    answer.writeHead(status, { 'content-type': 'application/json', ...headers })
    answer.end(JSON.stringify(value))
  }

let server: Server
let world: World
let asked = 0

beforeAll(async () => {
  server = createServer((incoming, answer) => {
    asked += 1
    answer.on('error', () => undefined)
    incoming.resume().on('end', () => say(answer))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const base_url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
  world = await openWorld({
    models: { odd: { output_tokens_max: 200, price: { input: 1, output: 1, reasoning: 2 }, upstreams: [{ model: 'odd', upstream: 'odd' }] } },
    upstreams: [{ answer_bytes_max: 16_000_000, base_url, breaker_failures: 1000, id: 'odd', retries: 1, timeout_ms: 120_000 }],
  })
})
afterAll(async () => {
  await world.close()
  server.closeAllConnections()
  server.close()
})
beforeEach(() => {
  asked = 0
})

async function ask(body: object = {}, path = '/v1/chat/completions') {
  const before = world.settled().length
  const answer = await fetch(`${world.url}${path}`, {
    body: JSON.stringify(
      path.startsWith('/v1') ? { messages: [{ content: 'hello', role: 'user' }], model: 'odd', ...body } : { model: 'odd', prompt: 'hello', ...body },
    ),
    headers: { authorization: 'Bearer key-token', 'content-type': 'application/json' },
    method: 'POST',
  })
  const text = await answer.text()
  await world.quiet()
  const settled = world.settled().slice(before)
  return { body: text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {}, headers: answer.headers, settled, status: answer.status, text }
}

describe('an upstream that says', () => {
  it.each([
    ['that its key is wrong', 401],
    ['that it wants money', 402],
    ['that it will not', 403],
    ['that there is no such model', 404],
    ['that it is elsewhere', 307],
  ])('%s is the operator’s matter: one try, nothing paid, and nobody is told that it was theirs', async (_name, status) => {
    say = json(status, { error: { message: 'no' } }, { location: 'http://127.0.0.1:9/' })
    expect(await ask()).toMatchObject({
      body: { code: 'llm_upstream_failed', error: { type: 'server_error' }, figures: { upstream_status: status } },
      settled: [{ cost_micro_usd: 0, estimated: false, finish: 'failed' }],
      status: 502,
    })
    expect(asked).toBe(1)
  })

  it.each([
    ['seconds', () => '1'],
    // The second one is what those who asked are told: still in the future on a slow machine.
    ['a date', () => new Date(Date.now() + (asked === 1 ? 2500 : 600_000)).toUTCString()],
  ])('when to come again, in %s, is heard, and those who asked are told', async (_name, header) => {
    say = (answer) => json(429, {}, { 'retry-after': header() })(answer)
    const answer = await ask()
    expect(answer).toMatchObject({ settled: [{ cost_micro_usd: 0 }], status: 502 })
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(asked).toBe(2)
  })

  it('in the total alone what it has thought is paid for that, too', async () => {
    say = json(200, { ...MESSAGE, usage: { completion_tokens: 7, completion_tokens_details: { reasoning_tokens: 100 }, prompt_tokens: 10, total_tokens: 117 } })
    expect((await ask()).settled).toMatchObject([{ cost_micro_usd: 10 + 7 + 200, usage: { output_tokens: 107, reasoning_tokens: 100 } }])
    say = json(200, { ...MESSAGE, usage: { completion_tokens: 7, prompt_tokens: 10, total_tokens: 67 } })
    expect((await ask()).settled).toMatchObject([{ cost_micro_usd: 67, usage: { output_tokens: 57, reasoning_tokens: 0 } }])
  })
})

const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))
const LAST = { choices: [], usage: USAGE }
const stream =
  (...pieces: (Buffer | string)[]) =>
  async (answer: ServerResponse): Promise<void> => {
    answer.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const piece of pieces) {
      answer.write(piece)
      await new Promise((done) => setTimeout(done, 2))
    }
    answer.end()
  }
const events = (end: string, ...values: unknown[]): string => values.map((value) => `data: ${text(value)}${end}`).join('')
const HELLO = { choices: [{ delta: { content: 'wörld 🎉' }, index: 0 }] }

describe('a stream', () => {
  it.each<[string, (answer: ServerResponse) => unknown]>([
    ['with line feeds', stream(events('\n\n', HELLO, LAST, '[DONE]'))],
    ['with both', stream(events('\r\n\r\n', HELLO, LAST, '[DONE]'))],
    ['with either', stream(events('\n\r\n', HELLO, LAST, '[DONE]'))],
    ['with carriage returns', stream(events('\r\r', HELLO, LAST, '[DONE]'))],
    ['byte by byte', stream(...Array.from(Buffer.from(`: a comment\r\n\r\n${events('\r\n\r\n', HELLO, LAST, '[DONE]')}`), (byte) => Buffer.from([byte])))],
    ['with data in several lines', stream(': a comment\n\n', events('\n\n', HELLO), `event: x\ndata: {"choices":[],\ndata: "usage":${text(USAGE)}}\n\n`)],
    ['that ends without its last event', stream(events('\n\n', HELLO, LAST))],
    ['that ends without an empty line', stream(events('\n\n', HELLO), `data: ${text(LAST)}\n`)],
    ['that ends in the middle of a line', stream(events('\n\n', HELLO), `data: ${text(LAST)}`)],
    [
      'by another spelling of its type',
      async (answer) => {
        answer.setHeader('content-type', 'Text/Event-Stream; charset=utf-8')
        answer.end(events('\n\n', HELLO, LAST, '[DONE]'))
      },
    ],
    [
      'that is packed',
      (answer) => {
        answer.writeHead(200, { 'content-encoding': 'gzip', 'content-type': 'text/event-stream' })
        answer.end(gzipSync(events('\n\n', HELLO, LAST, '[DONE]')))
      },
    ],
  ])('%s is settled by its usage, which those alone see who asked for it', async (_name, answer) => {
    say = (to) => void answer(to)
    const plain = await ask({ stream: true })
    expect(plain.settled).toMatchObject([{ cost_micro_usd: 17, estimated: false, finish: 'completed' }])
    expect(plain.text).toContain('wörld 🎉')
    expect(plain.text).not.toContain('"usage"')
    const asking = await ask({ stream: true, stream_options: { include_usage: true } })
    expect(asking.text).toContain('"usage"')
    expect(asking.settled).toMatchObject([{ cost_micro_usd: 17 }])
  })

  it('whose event does not end is broken off, and the caller is told', async () => {
    const block = Buffer.alloc(1_048_576, 97)
    say = (answer) => {
      answer.writeHead(200, { 'content-type': 'text/event-stream' })
      answer.write('data: ')
      const more = (): void => void (answer.destroyed || answer.write(block, () => setImmediate(more)))
      more()
    }
    const answer = await ask({ stream: true })
    expect(answer.text).toContain('The stream broke off: an event has more than')
    expect(answer.settled).toMatchObject([{ estimated: true, finish: 'failed' }])
  })
})

describe('an answer', () => {
  it.each<[string, (plain: string) => Buffer]>([
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['br', brotliCompressSync],
    ['deflate', deflateSync],
  ])('packed by %s, though nobody asked for it, is unpacked', async (encoding, pack) => {
    say = (answer) => {
      answer.writeHead(200, { 'content-encoding': encoding, 'content-type': 'application/json' })
      answer.end(pack(text({ ...MESSAGE, usage: USAGE })))
    }
    expect(await ask()).toMatchObject({ body: MESSAGE, settled: [{ cost_micro_usd: 17 }], status: 200 })
  })

  it.each<[string, string, Buffer]>([
    ['in a packing that nobody knows', 'zip', Buffer.from('{}')],
    ['that is not packed as it says', 'gzip', Buffer.from('{}')],
    ['that unfolds without end', 'gzip', gzipSync(Buffer.alloc(20_000_000))],
    ['that is larger than any', 'identity', Buffer.alloc(20_000_000, 97)],
  ])('%s is a failure that may have cost something', async (_name, encoding, bytes) => {
    say = (answer) => {
      answer.writeHead(200, { 'content-encoding': encoding, 'content-type': 'application/json' })
      answer.end(bytes)
    }
    expect(await ask()).toMatchObject({ body: { code: 'llm_upstream_failed' }, settled: [{ estimated: true, finish: 'failed' }], status: 502 })
  })
})

describe('the simple form', () => {
  it.each<[string, (answer: ServerResponse) => void]>([
    ['no JSON', (answer) => void answer.writeHead(200, { 'content-type': 'text/html' }).end('<html>')],
    ['nothing', (answer) => void answer.writeHead(204).end()],
    ['null', json(200, null)],
    [
      'a stream that nobody asked for',
      (answer) => void answer.writeHead(200, { 'content-type': 'text/event-stream' }).end(`data: ${JSON.stringify({ choices: [], usage: USAGE })}\n\n`),
    ],
  ])('is a failure of the upstream, not of the caller, when that sends %s', async (_name, answer) => {
    say = answer
    expect(await ask({}, '/intelligence/inference')).toMatchObject({ body: { code: 'llm_upstream_failed' }, settled: [{}], status: 502 })
  })
})

it('a caller that is gone before anything was sent has cost nothing', async () => {
  const before = world.settled().length
  const gone = new Cancellation()
  gone.cancel()
  const call = { api: 'chat/completions', body: { messages: [], model: 'odd' }, caller: { key_id: 'team' }, gone, traceparent: '' } as const
  await expect(world.gateway.call(call)).rejects.toMatchObject({ code: 'llm_upstream_failed' })
  await world.quiet()
  expect(world.settled().slice(before)).toMatchObject([{ cost_micro_usd: 0, estimated: false, finish: 'cancelled' }])
  expect(asked).toBe(0)
})

it.each(['constructor', '__proto__', 'toString'])('a model named %s is one that there is none of', async (model) => {
  const answer = await fetch(`${world.url}/v1/chat/completions`, {
    body: `{"messages":[],"model":"${model}"}`,
    headers: { authorization: 'Bearer key-token', 'content-type': 'application/json' },
    method: 'POST',
  })
  expect({ body: await answer.json(), status: answer.status }).toMatchObject({ body: { code: 'llm_model_unknown' }, status: 404 })
})
