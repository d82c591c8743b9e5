import type { Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { DEFAULT_PARAMS } from '@syntropism/economy'
import { openServer } from '@syntropism/runtime'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { until } from '../contracts/events.ts'
import { removeDir, tempDir } from '../program.ts'
import { type FuzzedService, openFuzzedService } from './fuzzed-service.ts'

let folder = ''
let service: FuzzedService
let server: Server
let impatient: Server
let port = 0
const open = async (one: Server): Promise<number> => {
  await new Promise<void>((done) => one.listen(0, '127.0.0.1', done))
  return (one.address() as AddressInfo).port
}
beforeAll(async () => {
  folder = tempDir()
  service = await openFuzzedService(folder, DEFAULT_PARAMS)
  server = openServer(service.fetch)
  impatient = openServer(service.fetch, { times: { check_ms: 20, head_ms: 200, request_ms: 400 } })
  port = await open(server)
})
afterAll(async () => {
  for (const one of [server, impatient]) {
    one.closeAllConnections()
    one.close()
  }
  await service.close()
  removeDir(folder)
})

/** Sends raw bytes and returns everything that came until the service closed the connection. */
const exchange = (bytes: string, at = port): Promise<string> =>
  new Promise((done) => {
    const socket = connect(at, '127.0.0.1')
    let answer = ''
    socket.on('data', (chunk) => (answer += chunk.toString('latin1')))
    socket.on('error', () => undefined)
    socket.on('close', () => done(answer))
    socket.write(bytes)
  })
const head = (...lines: string[]): string => `${['POST /economic/transfer HTTP/1.1', 'Host: x', 'Authorization: Bearer none', ...lines].join('\r\n')}\r\n\r\n`
const ask = (path: string, options: RequestInit = {}): Promise<Response> =>
  fetch(`http://127.0.0.1:${port}${path}`, {
    ...options,
    headers: { authorization: `Bearer ${service.bearer.operator}`, ...(options.headers as Record<string, string>) },
  })

const SMUGGLED = '0\r\n\r\nGET /economy HTTP/1.1\r\nHost: x\r\n\r\n'
it.each([
  ['a length beside chunks', head('Content-Length: 6', 'Transfer-Encoding: chunked') + SMUGGLED],
  ['two lengths', head('Content-Length: 0', 'Content-Length: 44') + SMUGGLED],
  ['a coding that is no coding', head('Transfer-Encoding: xchunked') + SMUGGLED],
  ['a coding beside chunks', head('Transfer-Encoding: gzip, chunked') + SMUGGLED],
  ['a space before the colon', head('Transfer-Encoding : chunked') + SMUGGLED],
  ['a bare line feed in the head', `POST /economic/transfer HTTP/1.1\nHost: x\nContent-Length: 0\n\n${SMUGGLED}`],
  ['two hosts', head('Host: y') + SMUGGLED],
  ['no host', 'GET /economy HTTP/1.1\r\n\r\n'],
  ['a head beyond its limit', head(`X-Long: ${'a'.repeat(20_000)}`)],
])('a request with %s is refused, its connection closed, and nothing behind it is read', async (_name, bytes) => {
  const answer = await exchange(bytes)
  expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /)
  expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1)
})

it('who holds connections open without asking anything keeps nobody out, and who asks is not cut off', async () => {
  const small = openServer(service.fetch, { connections_max: 20 })
  const at = await open(small)
  const heard = new Promise((done) => small.once('request', done))
  const asking = connect(at, '127.0.0.1', () =>
    asking.write(
      `POST /operator/llm/keys HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${service.bearer.operator}\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n`,
    ),
  )
  const answered = new Promise<number>((done) => asking.once('data', (chunk) => done(Number(/ (\d+) /.exec(chunk.toString())?.[1]))))
  await heard
  const holders = Array.from({ length: 60 }, () => connect(at, '127.0.0.1').on('error', () => undefined))
  await until(() => holders.filter((one) => one.closed || one.destroyed || one.readableEnded).length > 30)
  const headers = { authorization: `Bearer ${service.bearer.operator}`, connection: 'close' }
  expect((await fetch(`http://127.0.0.1:${at}/economy`, { headers })).status).toBe(200)
  asking.write('{}')
  expect(await answered).toBe(422)
  asking.destroy()
  for (const one of holders) one.destroy()
  small.closeAllConnections()
  small.close()
})

it('a body without a media type is the caller’s fault', async () => {
  const answer = await ask('/operator/llm/keys', { body: new Blob(['{}']), method: 'POST' })
  expect({ body: await answer.json(), status: answer.status }).toMatchObject({ body: { code: 'media_type_wrong' }, status: 415 })
})

it.each([
  ['head', 'GET /economy HTTP/1.1\r\nHost: x\r\n'],
  ['body', 'POST /economic/transfer HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\nContent-Type: application/json\r\n\r\n{'],
])('a client that never finishes its %s is answered or cut off', async (_name, bytes) => {
  const at = impatient.listening ? (impatient.address() as AddressInfo).port : await open(impatient)
  expect(await exchange(bytes, at)).toMatch(/^HTTP\/1\.1 4\d\d /)
})

it('what a page of another origin can send unasked is refused, and nothing is granted to any origin', async () => {
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
    const answer = await ask('/operator/agents/a/fund', { body: '{"amount_micro":1}', headers: { 'content-type': type }, method: 'POST' })
    expect([type, answer.status, ((await answer.json()) as { code: string }).code]).toEqual([type, 415, 'media_type_wrong'])
  }
  const preflight = await ask('/operator/agents/a/fund', {
    headers: { 'access-control-request-method': 'POST', origin: 'https://evil.example' },
    method: 'OPTIONS',
  })
  expect(preflight.status).toBe(405)
  for (const answer of [preflight, await ask('/economy', { headers: { origin: 'https://evil.example' } })]) {
    expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([])
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
  }
})

it('a token counts in the Authorization header alone: not as a cookie, not in the address', async () => {
  const token = service.bearer.operator ?? ''
  for (const answer of [
    await fetch(`http://127.0.0.1:${port}/economy`, { headers: { cookie: `authorization=Bearer ${token}; token=${token}` } }),
    await fetch(`http://127.0.0.1:${port}/economy?access_token=${token}&token=${token}`),
  ])
    expect(answer.status).toBe(401)
})

it('a wrong method names the right ones, and a body too large is refused', async () => {
  const wrong = await ask('/economy', { method: 'DELETE' })
  expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
  const large = await ask('/social/messages', { body: `"${'a'.repeat(1_100_000)}"`, headers: { 'content-type': 'application/json' }, method: 'POST' })
  expect(large.status).toBe(413)
})

it('fields that an operation does not name are refused: no one writes what is not theirs to write', async () => {
  const answer = await ask('/operator/agents/a/fund', {
    body: '{"amount_micro":1,"balance_micro":99,"owner":"host"}',
    headers: { 'content-type': 'application/json' },
    method: 'POST',
  })
  expect(answer.status).toBe(422)
})
