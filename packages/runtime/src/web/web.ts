import { type Principal, type Tokens, type Watcher, bearerTokenIn, isWatcher, problemResponse } from '../http/index.ts'
import { SESSION_MS, type Session, Sessions, showsSecret } from './sessions.ts'
import { type Login, type StreamParts, eventStream } from './stream.ts'

/** Files of the console by path; null for a path that is none of them. */
export interface Pages {
  find(path: string): { readonly body: string; readonly type: string } | null
}

export interface WebParts extends StreamParts {
  readonly tokens: Tokens
  readonly economyId: () => string
  /** The System Service, asked with a bearer token. */
  fetch(request: Request): Response | Promise<Response>
  /** Where Phoenix shows the traces of this economy, for links. */
  readonly phoenix_url?: string | undefined
  /** The console; none is served without it. */
  readonly pages?: Pages | undefined
  now?(): number
}

const SAFE = new Set(['GET', 'HEAD'])
const LOGIN_BYTES_MAX = 1024
const PAGE_HEADERS = {
  'cache-control': 'no-cache',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types lit-html",
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

const cookieOf = (request: Request, name: string): string | null =>
  (request.headers.get('cookie') ?? '')
    .split('; ')
    .find((pair) => pair.startsWith(`${name}=`))
    ?.slice(name.length + 1) ?? null

/** Whether a browser says that another site made it ask. */
function isForeign(request: Request): boolean {
  const site = request.headers.get('sec-fetch-site')
  const origin = request.headers.get('origin')
  return (site !== null && site !== 'same-origin' && site !== 'none') || (origin !== null && new URL(request.url).host !== hostOf(origin))
}
const hostOf = (origin: string): string | null => (URL.canParse(origin) ? new URL(origin).host : null)

const watcherOf = (principal: Principal | null): Watcher | null => (principal !== null && isWatcher(principal) ? principal : null)
const nameOf = (who: Watcher): string => (who.role === 'human' ? who.human_id : who.role === 'operator' ? (who.operator_id ?? 'operator') : 'observer')

/** The door for browsers: the console's files, sessions in place of tokens, the live stream of events; everything else is the System Service's. */
export class Web {
  readonly #parts: WebParts
  readonly #sessions = new Sessions()

  constructor(parts: WebParts) {
    this.#parts = parts
  }

  // An economy beside this one on the same machine has a cookie of its own: cookies know no ports.
  get #cookie(): string {
    return `syntropism_${this.#parts.economyId()}`
  }
  #now(): number {
    return this.#parts.now?.() ?? Date.now()
  }

  readonly fetch = async (request: Request): Promise<Response> => {
    const url = new URL(request.url)
    const id = request.headers.has('authorization') ? null : cookieOf(request, this.#cookie)
    const session = id === null ? null : this.#sessions.find(id, this.#now())
    if (url.pathname === '/session' && request.method === 'POST') return this.#login(request)
    if (session !== null && !SAFE.has(request.method) && (isForeign(request) || !showsSecret(session, request.headers.get('x-csrf-token'))))
      return problemResponse('csrf_refused', 'The request does not show the secret of its session, or comes from another site.')
    if (url.pathname === '/session') return this.#session(request.method, id, session)
    if (url.pathname === '/events/stream' && request.method === 'GET') return this.#stream(request, url, id, session)
    const page = SAFE.has(request.method) ? this.#parts.pages?.find(url.pathname) : undefined
    if (page) return new Response(page.body, { headers: { ...PAGE_HEADERS, 'content-type': page.type } })
    return this.#parts.fetch(session === null ? request : withToken(request, session.token))
  }

  async #login(request: Request): Promise<Response> {
    if (isForeign(request) || !(request.headers.get('content-type') ?? '').startsWith('application/json'))
      return problemResponse('csrf_refused', 'A login comes from the console itself, as JSON.')
    if (Number(request.headers.get('content-length') ?? LOGIN_BYTES_MAX + 1) > LOGIN_BYTES_MAX)
      return problemResponse('body_too_large', `At most ${LOGIN_BYTES_MAX} bytes.`)
    const token = tokenIn(await request.text())
    if (token === null) return problemResponse('command_invalid', 'The body is {"token": "…"}.')
    const who = watcherOf(this.#parts.tokens.find(token))
    if (who === null) return problemResponse('credentials_unknown', 'The token is unknown, or not one of an operator, human or observer.')
    const { id, session } = this.#sessions.open(token, this.#now())
    return this.#answer(who, session, id)
  }

  /** Who somebody is; with the session's id, also the cookie for as long as a session lasts. */
  #answer(who: Watcher, session: Session, id: string | null): Response {
    const { economyId, phoenix_url } = this.#parts
    const cookie = id === null ? {} : { 'set-cookie': `${this.#cookie}=${id}; HttpOnly; SameSite=Strict; Path=/; Max-Age=${SESSION_MS / 1000}` }
    return Response.json(
      { csrf_token: session.csrf_token, economy_id: economyId(), name: nameOf(who), role: who.role, ...(phoenix_url === undefined ? {} : { phoenix_url }) },
      { headers: { 'cache-control': 'no-store', ...cookie } },
    )
  }

  #session(method: string, id: string | null, session: Session | null): Response {
    const who = session === null ? null : watcherOf(this.#parts.tokens.find(session.token))
    if (method === 'GET') {
      if (who === null || session === null || id === null)
        return Response.json({ economy_id: this.#parts.economyId(), role: null }, { headers: { 'cache-control': 'no-store' } })
      // A screen on a wall has nobody who logs in again, and an observer orders nothing.
      if (who.role === 'observer') this.#sessions.renew(id, this.#now())
      return this.#answer(who, session, who.role === 'observer' ? id : null)
    }
    if (method !== 'DELETE') return problemResponse('method_wrong', '/session has: GET, POST, DELETE.')
    if (id !== null) this.#sessions.close(id)
    return Response.json({ role: null }, { headers: { 'set-cookie': `${this.#cookie}=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0` } })
  }

  /** The login of a browser's session, or of a program with a token alone: a session ends, a token can stop being one. */
  #loginOf(token: string, sessionId: string | null): Login {
    const endsAtMs = (): number | null => (sessionId === null ? Number.POSITIVE_INFINITY : this.#sessions.endOf(sessionId))
    return {
      end: () => {
        const atMs = endsAtMs()
        if (atMs === null) return 'ended'
        if (atMs <= this.#now()) return 'expired'
        return watcherOf(this.#parts.tokens.find(token)) === null ? 'revoked' : null
      },
      leftMs: () => (endsAtMs() ?? 0) - this.#now(),
      subscribe: (listener) => this.#sessions.subscribe(listener),
    }
  }

  #stream(request: Request, url: URL, id: string | null, session: Session | null): Response {
    const token = session?.token ?? bearerTokenIn(request.headers.get('authorization') ?? '')
    if (token === null) return problemResponse('credentials_missing', 'Log in, or send a bearer token.')
    if (watcherOf(this.#parts.tokens.find(token)) === null) return problemResponse('role_forbidden', 'The stream is for operators, humans and observers.')
    const after = Number(request.headers.get('last-event-id') ?? url.searchParams.get('after_seq') ?? 0)
    return Number.isSafeInteger(after) && after >= 0
      ? eventStream(this.#parts, after, this.#loginOf(token, session === null ? null : id))
      : problemResponse('command_invalid', 'after_seq, or the header Last-Event-ID, is a sequence number.')
  }
}

function tokenIn(text: string): string | null {
  try {
    const { token } = JSON.parse(text) as { token?: unknown }
    return typeof token === 'string' && /^\S{1,256}$/.test(token) ? token : null
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return null
    throw error
  }
}

/** The same request with a bearer token in place of its cookie. */
function withToken(request: Request, token: string): Request {
  const headers = new Headers(request.headers)
  headers.delete('cookie')
  headers.set('authorization', `Bearer ${token}`)
  const body = SAFE.has(request.method) ? {} : { body: request.body, duplex: 'half' }
  return new Request(request.url, { ...body, headers, method: request.method } as RequestInit)
}
