import { describe, expect, it, vi } from 'vitest'
import { Tokens, hashToken, openServer } from '../http/index.ts'
import { Web } from './index.ts'

const SITE = 'http://127.0.0.1:8000'

function createDoor() {
  const log: { seq: number }[] = []
  const listeners = new Set<() => void>()
  const passed: Request[] = []
  let now = 1_700_000_000_000
  const tokens = new Tokens([
    { hash: hashToken('op'), role: 'operator' },
    { hash: hashToken('watch'), role: 'observer' },
  ])
  const web = new Web({
    economyId: () => 'e1',
    fetch(request) {
      passed.push(request)
      return Response.json({ done: true })
    },
    now: () => now,
    pages: { find: (path) => (path === '/' ? { body: '<!doctype html>', type: 'text/html' } : null) },
    readEvents: ({ after_seq, limit }) => log.filter((event) => event.seq > after_seq).slice(0, limit),
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    tokens,
  })
  const ask = (method: string, path: string, headers: Record<string, string> = {}, body?: string): Promise<Response> =>
    web.fetch(new Request(`${SITE}${path}`, { headers, method, ...(body === undefined ? {} : { body }) }))
  const login = (token: string, headers: Record<string, string> = {}): Promise<Response> => {
    const body = JSON.stringify({ token })
    return ask('POST', '/session', { 'content-length': String(body.length), 'content-type': 'application/json', ...headers }, body)
  }
  const enter = async (token: string) => {
    const answer = await login(token)
    const cookie = (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
    return { cookie, secret: ((await answer.json()) as { csrf_token: string }).csrf_token }
  }
  const commit = (...seqs: number[]): void => {
    log.push(...seqs.map((seq) => ({ seq })))
    for (const listener of listeners) listener()
  }
  return { ask, commit, enter, later: (ms: number) => (now += ms), listeners, log, login, passed, tokens, web }
}

describe('a session', () => {
  it('comes from a known token and is a cookie that scripts and other sites do not get', async () => {
    const { login } = createDoor()
    const answer = await login('op')
    expect(answer.headers.get('set-cookie')).toMatch(/^syntropism_e1=session_[\w-]+; HttpOnly; SameSite=Strict; Path=\/; Max-Age=43200$/)
    expect(await answer.json()).toMatchObject({ name: 'operator', role: 'operator' })
    expect((await login('unknown')).status).toBe(401)
    expect((await login('op', { origin: 'http://evil.example' })).status).toBe(403)
    expect((await login('op', { 'content-type': 'text/plain' })).status).toBe(403)
  })

  it('stands in for its token, and ends by time, by leaving, and is nobody’s otherwise', async () => {
    const { ask, enter, later, passed } = createDoor()
    const { cookie, secret } = await enter('op')
    await ask('GET', '/economy', { cookie })
    expect(passed.at(-1)?.headers.get('authorization')).toBe('Bearer op')
    expect(passed.at(-1)?.headers.get('cookie')).toBeNull()
    await ask('GET', '/economy', { cookie: 'syntropism_e1=session_guessed' })
    expect(passed.at(-1)?.headers.get('authorization')).toBeNull()
    await ask('DELETE', '/session', { cookie, 'x-csrf-token': secret })
    await ask('GET', '/economy', { cookie })
    expect(passed.at(-1)?.headers.get('authorization')).toBeNull()
    const second = await enter('op')
    later(12 * 3_600_000)
    await ask('GET', '/economy', { cookie: second.cookie })
    expect(passed.at(-1)?.headers.get('authorization')).toBeNull()
  })

  it('of an observer lasts while it is looked at; nobody else’s does', async () => {
    const { ask, enter, later, passed } = createDoor()
    const wall = await enter('watch')
    const desk = await enter('op')
    for (let hours = 0; hours < 24; hours += 8) {
      const answer = await ask('GET', '/session', { cookie: wall.cookie })
      expect(answer.headers.get('set-cookie')).toContain('Max-Age=43200')
      expect((await ask('GET', '/session', { cookie: desk.cookie })).headers.get('set-cookie')).toBeNull()
      later(8 * 3_600_000)
    }
    await ask('GET', '/economy', { cookie: wall.cookie })
    expect(passed.at(-1)?.headers.get('authorization')).toBe('Bearer watch')
    await ask('GET', '/economy', { cookie: desk.cookie })
    expect(passed.at(-1)?.headers.get('authorization')).toBeNull()
  })

  it('changes nothing without its secret, or when another site asks', async () => {
    const { ask, enter, passed } = createDoor()
    const { cookie, secret } = await enter('op')
    const post = (headers: Record<string, string>) =>
      ask('POST', '/operator/drain', { 'content-type': 'application/json', cookie, ...headers }, '{"reason":"r"}')
    for (const headers of [
      {},
      { 'x-csrf-token': 'guess' },
      { origin: 'http://evil.example', 'x-csrf-token': secret },
      { 'sec-fetch-site': 'cross-site', 'x-csrf-token': secret },
    ])
      expect((await post(headers)).status).toBe(403)
    expect(passed).toEqual([])
    expect((await post({ origin: SITE, 'sec-fetch-site': 'same-origin', 'x-csrf-token': secret })).status).toBe(200)
    expect(await passed[0]?.text()).toBe('{"reason":"r"}')
  })

  it('is not asked of a program with a bearer token', async () => {
    const { ask, passed } = createDoor()
    expect((await ask('POST', '/operator/drain', { authorization: 'Bearer op', 'content-type': 'application/json' }, '{}')).status).toBe(200)
    expect(passed).toHaveLength(1)
  })
})

describe('the page', () => {
  it('lets no inline and no foreign script run, and stands in no frame', async () => {
    const policy = (await createDoor().ask('GET', '/')).headers.get('content-security-policy') ?? ''
    for (const part of ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"])
      expect(policy).toContain(part)
    expect(policy).not.toContain('unsafe')
  })
})

describe('the stream of events', () => {
  const bearer = { authorization: 'Bearer watch' }
  async function idsOf(reader: ReadableStreamDefaultReader<Uint8Array>, count: number): Promise<number[]> {
    const ids: number[] = []
    while (ids.length < count) {
      const { done, value } = await reader.read()
      if (done) break
      for (const match of new TextDecoder().decode(value).matchAll(/^id: (\d+)$/gm)) ids.push(Number(match[1]))
    }
    return ids
  }

  it('begins after the number asked for, follows what is committed, and goes on after the last one seen', async () => {
    const { ask, commit, listeners } = createDoor()
    commit(1, 2, 3)
    const first = await ask('GET', '/events/stream?after_seq=1', bearer)
    expect(first.headers.get('content-type')).toContain('text/event-stream')
    const reader = first.body?.getReader() as ReadableStreamDefaultReader<Uint8Array>
    expect(await idsOf(reader, 2)).toEqual([2, 3])
    const more = idsOf(reader, 2)
    commit(4, 5)
    expect(await more).toEqual([4, 5])
    await reader.cancel()
    expect(listeners.size).toBe(0)
    commit(6)
    const second = (await ask('GET', '/events/stream?after_seq=1', { ...bearer, 'last-event-id': '5' })).body?.getReader()
    expect(await idsOf(second as ReadableStreamDefaultReader<Uint8Array>, 1)).toEqual([6])
    await second?.cancel()
  })

  it('hands a long log over page by page, as fast as it is taken', async () => {
    const { ask, commit } = createDoor()
    commit(...Array.from({ length: 1700 }, (_one, index) => index + 1))
    const reader = (await ask('GET', '/events/stream', bearer)).body?.getReader() as ReadableStreamDefaultReader<Uint8Array>
    expect(await idsOf(reader, 1700)).toEqual(Array.from({ length: 1700 }, (_one, index) => index + 1))
    await reader.cancel()
  })

  async function restOf(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string> {
    let text = ''
    for (let part = await reader.read(); !part.done; part = await reader.read()) text += new TextDecoder().decode(part.value)
    return text
  }

  it.each(['ended', 'expired', 'revoked'] as const)('says that its login is over, and ends before what happens later: %s', async (reason) => {
    const { ask, commit, enter, later, listeners, tokens } = createDoor()
    const [own, other] = [await enter('op'), await enter('watch')]
    commit(1)
    const open = async ({ cookie }: { cookie: string }) =>
      (await ask('GET', '/events/stream', { cookie })).body?.getReader() as ReadableStreamDefaultReader<Uint8Array>
    const [reader, kept] = [await open(own), reason === 'ended' ? await open(other) : null]
    expect(await idsOf(reader, 1)).toEqual([1])
    const rest = restOf(reader)
    if (reason === 'ended') await ask('DELETE', '/session', { cookie: own.cookie, 'x-csrf-token': own.secret })
    else if (reason === 'expired') later(12 * 3_600_000)
    else vi.spyOn(tokens, 'find').mockReturnValue(null)
    commit(2)
    expect(await rest).toBe(`event: login_over\ndata: {"reason":"${reason}"}\n\n`)
    // Another's login is its own.
    if (kept !== null) expect(await idsOf(kept, 2)).toEqual([1, 2])
    await kept?.cancel()
    expect(listeners.size).toBe(0)
  })

  it('closes a quiet connection as soon as its login ends, and lets nobody back in', async () => {
    const { enter, web } = createDoor()
    const { cookie, secret } = await enter('op')
    const server = openServer(web.fetch)
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const url = `http://127.0.0.1:${(server.address() as { port: number }).port}`
    const answer = await fetch(`${url}/events/stream`, { headers: { cookie } })
    await fetch(`${url}/session`, { headers: { cookie, 'x-csrf-token': secret }, method: 'DELETE' })
    expect(await answer.text()).toBe('retry: 1000\n\nevent: login_over\ndata: {"reason":"ended"}\n\n')
    expect((await fetch(`${url}/events/stream`, { headers: { cookie } })).status).toBe(401)
    server.closeAllConnections()
    await new Promise<void>((done) => server.close(() => done()))
  })

  it('is for watchers, and takes sequence numbers alone', async () => {
    const { ask } = createDoor()
    expect((await ask('GET', '/events/stream')).status).toBe(401)
    expect((await ask('GET', '/events/stream', { authorization: 'Bearer nobody' })).status).toBe(403)
    expect((await ask('GET', '/events/stream?after_seq=-1', bearer)).status).toBe(422)
  })
})
