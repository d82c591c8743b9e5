import { type Server, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
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
    upstreams: [{ base_url, breaker_failures: 1000, id: 'odd', retries: 1, timeout_ms: 1000 }],
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
    ['a date', () => new Date(Date.now() + 2500).toUTCString()],
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

it.each(['constructor', '__proto__', 'toString'])('a model named %s is one that there is none of', async (model) => {
  const answer = await fetch(`${world.url}/v1/chat/completions`, {
    body: `{"messages":[],"model":"${model}"}`,
    headers: { authorization: 'Bearer key-token', 'content-type': 'application/json' },
    method: 'POST',
  })
  expect({ body: await answer.json(), status: answer.status }).toMatchObject({ body: { code: 'llm_model_unknown' }, status: 404 })
})
