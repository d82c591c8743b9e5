import { timingSafeEqual } from 'node:crypto'
import { type Principal, type Tokens, hashToken } from './principal.ts'

/** Requests that one token may make: a bucket of this size, refilled at this rate. */
const RATE = { burst: 2000, per_s: 1000 }

/** What every answer tells a browser to do without. */
export const SECURE_HEADERS = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=15552000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-dns-prefetch-control': 'off',
  'x-download-options': 'noopen',
  'x-frame-options': 'SAMEORIGIN',
  'x-permitted-cross-domain-policies': 'none',
  'x-xss-protection': '0',
} as const

/** Whether a media type is JSON. */
export const isJson = (type: string): boolean => /^application\/json\s*(;|$)/i.test(type)

/** The token in an Authorization header; null for what is no bearer token. The scheme is read in any case (RFC 9110). */
export const bearerTokenIn = (authorization: string): string | null => /^Bearer (\S{1,256})$/i.exec(authorization)?.[1] ?? null

/** Why nobody may come in. */
interface NoEntry {
  readonly code: 'credentials_missing' | 'credentials_unknown' | 'rate_limited'
  readonly detail: string
}

const keyOf = (principal: Principal): string => {
  switch (principal.role) {
    case 'agent':
      return principal.lease_id
    case 'key':
      return `key:${principal.key_id}`
    case 'human':
      return principal.human_id
    default:
      return principal.role
  }
}

/** Who may come in, and how often: one for all doors of a service. */
export class Gate {
  readonly #tokens: Tokens
  readonly #unlimited: boolean
  readonly #left = new Map<string, { at_ms: number; tokens: number }>()
  /** The header that each open connection showed last, with its token's hash. */
  readonly #shown = new WeakMap<object, { readonly bytes: Buffer; readonly hashed: string }>()

  constructor({ tokens, unlimited = false }: { readonly tokens: Tokens; readonly unlimited?: boolean }) {
    this.#tokens = tokens
    this.#unlimited = unlimited
  }

  /** Who speaks by an Authorization header, or why nobody may. `connection`: on which it came, where requests follow each other on one. */
  enter(authorization: string | undefined, connection?: object): Principal | NoEntry {
    const hashed = this.#hashOf(authorization ?? '', connection)
    if (hashed === null) return { code: 'credentials_missing', detail: 'The request has no bearer token.' }
    const principal = this.#tokens.findHash(hashed)
    if (principal === null) return { code: 'credentials_unknown', detail: 'The token is unknown, or its execution has ended.' }
    if (!this.#unlimited && !this.#take(keyOf(principal), Date.now())) return { code: 'rate_limited', detail: `At most ${RATE.per_s} requests a second.` }
    return principal
  }

  /** Hash of a header's token, worked out anew only when the connection shows another; null for what is no bearer token. */
  #hashOf(authorization: string, connection: object | undefined): string | null {
    const bytes = Buffer.from(authorization)
    const shown = connection === undefined ? undefined : this.#shown.get(connection)
    // A proxy may send several callers over one connection: what one showed is not to be found out by another.
    if (shown?.bytes.length === bytes.length && timingSafeEqual(shown.bytes, bytes)) return shown.hashed
    const token = bearerTokenIn(authorization)
    if (token === null) return null
    const hashed = hashToken(token)
    if (connection !== undefined) this.#shown.set(connection, { bytes, hashed })
    return hashed
  }

  /** Whether one more request of this key is allowed now. */
  #take(key: string, nowMs: number): boolean {
    let bucket = this.#left.get(key)
    if (bucket === undefined) {
      if (this.#left.size >= 10_000) this.#left.clear()
      bucket = { at_ms: nowMs, tokens: RATE.burst }
      this.#left.set(key, bucket)
    }
    bucket.tokens = Math.min(RATE.burst, bucket.tokens + ((nowMs - bucket.at_ms) * RATE.per_s) / 1000) - 1
    bucket.at_ms = nowMs
    return bucket.tokens >= 0
  }
}
