import { request } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { type World, openWorld } from './world.ts'

let world: World
afterEach(() => world.close())

interface Sent {
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly path?: string
}
interface Told {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
}

function send({ body = '', headers = {}, path = '/v1/chat/completions' }: Sent): Promise<Told> {
  const url = new URL(world.url)
  return new Promise((done, fail) => {
    const all = { authorization: 'Bearer key-token', 'content-length': String(Buffer.byteLength(body)), 'content-type': 'application/json', ...headers }
    const sent = request({ agent: false, headers: all, host: url.hostname, method: 'POST', path, port: url.port }, (answer) => {
      let text = ''
      answer.on('data', (data: Buffer) => (text += data.toString('utf8')))
      answer.on('end', () => done({ headers: answer.headers, status: answer.statusCode ?? 0, text }))
    })
    sent.on('error', fail)
    sent.end(body)
  })
}

const chat = (model: string, more: object = {}): string => JSON.stringify({ messages: [{ content: 'hellö', role: 'user' }], model, ...more })
/** What differs from call to call, or belongs to the connection. */
const CHANGING: ReadonlySet<string> = new Set(['connection', 'content-length', 'date', 'keep-alive', 'transfer-encoding', 'x-syntropism-call-id'])
const lasting = ({ headers, status, text }: Told): object => ({
  headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !CHANGING.has(name))),
  status,
  text: text.replace(/"retry_after_ms":\d+/g, ''),
})

const CASES: Readonly<Record<string, Sent>> = {
  'a broken off stream': { body: chat('breaks-off', { stream: true }) },
  'a stream': { body: chat('plain', { stream: true }) },
  'a stream with usage': { body: chat('plain', { stream: true, stream_options: { include_usage: true } }) },
  'a whole answer': { body: chat('plain') },
  'an answer of an unknown model': { body: chat('nobody') },
  'an error of the upstream': { body: chat('refuses') },
  'an unknown token': { body: chat('plain'), headers: { authorization: 'Bearer nobody' } },
  'another media type': { body: chat('plain'), headers: { 'content-type': 'text/plain' } },
  embeddings: { body: JSON.stringify({ input: 'hello', model: 'plain' }), path: '/v1/embeddings' },
  'no JSON': { body: '{"model":' },
  'no model': { body: '{}' },
  'no object': { body: '[]' },
  'no token': { body: chat('plain'), headers: { authorization: '' } },
  'the operator’s token': { body: chat('plain'), headers: { authorization: 'Bearer operator' } },
  'too large a body': { body: ' '.repeat(1_100_000) },
  'without a bound': { body: chat('unbounded') },
}

describe('both doors', () => {
  it('give the same answers', async () => {
    const told: object[][] = []
    for (const door of ['direct', 'routes'] as const) {
      world = await openWorld({ door })
      const all: object[] = []
      for (const [name, sent] of Object.entries(CASES)) all.push({ name, ...lasting(await send(sent)) })
      told.push(all)
      if (door === 'direct') await world.close()
    }
    expect(told[0]).toEqual(told[1])
    expect(told[0]).toMatchObject(Object.keys(CASES).map((name) => ({ headers: { 'x-content-type-options': 'nosniff' }, name })))
    expect(new Set(told[0]?.map((one) => (one as Told).status))).toEqual(new Set([200, 400, 401, 403, 404, 413, 415, 422, 502]))
  })

  it('stop an endless stream when the caller hangs up', async () => {
    for (const door of ['direct', 'routes'] as const) {
      world = await openWorld({ door })
      const gone = new AbortController()
      const headers = { authorization: 'Bearer key-token', 'content-type': 'application/json' }
      const answer = await fetch(`${world.url}/v1/chat/completions`, { body: chat('endless', { stream: true }), headers, method: 'POST', signal: gone.signal })
      await answer.body?.getReader().read()
      gone.abort()
      await world.quiet()
      expect(world.settled()).toMatchObject([{ estimated: true, finish: 'cancelled' }])
      while (world.upstream.cancelled < 1) await new Promise((done) => setTimeout(done, 5))
      if (door === 'direct') await world.close()
    }
  })
})
