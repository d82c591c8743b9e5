import { timingSafeEqual } from 'node:crypto'
import { createToken, hashToken } from '../http/index.ts'

/** A browser's login: the token it came with, and the secret that its changing requests must show. */
export interface Session {
  readonly token: string
  readonly csrf_token: string
  readonly expires_at_ms: number
}

export const SESSION_MS = 12 * 3_600_000
const SESSIONS_MAX = 1000

const same = (one: string, other: string): boolean => timingSafeEqual(Buffer.from(hashToken(one), 'hex'), Buffer.from(hashToken(other), 'hex'))

/** Sessions live in memory: a restart ends them. Only the hash of a session's id is kept. */
export class Sessions {
  readonly #byHash = new Map<string, Session>()
  readonly #listeners = new Set<() => void>()

  /** Opens a session; the oldest one ends when there are too many. */
  open(token: string, nowMs: number): { readonly id: string; readonly session: Session } {
    const id = createToken('session')
    const session = { csrf_token: createToken('csrf'), expires_at_ms: nowMs + SESSION_MS, token }
    this.#byHash.set(hashToken(id), session)
    const oldest = this.#byHash.keys().next().value
    if (this.#byHash.size > SESSIONS_MAX && oldest !== undefined) this.#end(oldest)
    return { id, session }
  }

  find(id: string, nowMs: number): Session | null {
    const session = this.#byHash.get(hashToken(id))
    return session === undefined || session.expires_at_ms <= nowMs ? null : session
  }

  /** A session that lasts as long again from now. */
  renew(id: string, nowMs: number): void {
    const session = this.#byHash.get(hashToken(id))
    if (session !== undefined) this.#byHash.set(hashToken(id), { ...session, expires_at_ms: nowMs + SESSION_MS })
  }

  close(id: string): void {
    this.#end(hashToken(id))
  }

  #end(hashed: string): void {
    this.#byHash.delete(hashed)
    for (const listener of this.#listeners) listener()
  }

  /** When a session ends by itself; null for one that has been ended. */
  endOf(id: string): number | null {
    return this.#byHash.get(hashToken(id))?.expires_at_ms ?? null
  }

  /** Calls the listener when a session is ended before its time. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

/** Whether a request shows the secret of its session. */
export const showsSecret = (session: Session, shown: string | null): boolean => shown !== null && same(session.csrf_token, shown)
