import type { Principal, Tokens } from './principal.ts'

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

interface Refused {
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

  constructor({ tokens, unlimited = false }: { readonly tokens: Tokens; readonly unlimited?: boolean }) {
    this.#tokens = tokens
    this.#unlimited = unlimited
  }

  /** Who speaks by an Authorization header, or why nobody may. */
  enter(authorization: string | undefined): Principal | Refused {
    const token = /^Bearer (\S{1,256})$/.exec(authorization ?? '')?.[1]
    if (token === undefined) return { code: 'credentials_missing', detail: 'The request has no bearer token.' }
    const principal = this.#tokens.find(token)
    if (principal === null) return { code: 'credentials_unknown', detail: 'The token is unknown, or its execution has ended.' }
    if (!this.#unlimited && !this.#take(keyOf(principal), Date.now())) return { code: 'rate_limited', detail: `At most ${RATE.per_s} requests a second.` }
    return principal
  }

  /** Whether one more request of this key is allowed now. */
  #take(key: string, nowMs: number): boolean {
    const bucket = this.#left.get(key) ?? { at_ms: nowMs, tokens: RATE.burst }
    bucket.tokens = Math.min(RATE.burst, bucket.tokens + ((nowMs - bucket.at_ms) * RATE.per_s) / 1000) - 1
    bucket.at_ms = nowMs
    this.#left.set(key, bucket)
    if (this.#left.size > 10_000) this.#left.clear()
    return bucket.tokens >= 0
  }
}
