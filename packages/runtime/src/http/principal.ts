import { hash, randomBytes, timingSafeEqual } from 'node:crypto'

/** Who speaks. An agent can act only as itself and only while its lease runs. */
export type Principal =
  | { readonly role: 'agent'; readonly agent_id: string; readonly lease_id: string }
  | { readonly role: 'human'; readonly human_id: string }
  | { readonly role: 'key'; readonly key_id: string }
  | { readonly role: 'operator'; readonly operator_id?: string }
  | { readonly role: 'observer' }

export type Role = Principal['role']

/** Who looks on: people, and programs that only read. */
export const WATCHERS = ['human', 'operator', 'observer'] as const satisfies readonly Role[]
/** All but keys, which pay for calls of models and do nothing else. */
export const ALL_BUT_KEYS = ['agent', ...WATCHERS] as const satisfies readonly Role[]

export type Watcher = Extract<Principal, { role: (typeof WATCHERS)[number] }>
export const isWatcher = (principal: Principal): principal is Watcher => (WATCHERS as readonly Role[]).includes(principal.role)

export const hashToken = (token: string): string => hash('sha256', token, 'hex')
export const createToken = (prefix: string): string => `${prefix}_${randomBytes(24).toString('base64url')}`

/** A long-lived token as it is kept: its hash and whom it speaks for. */
export interface KeptToken {
  readonly hash: string
  readonly role: 'human' | 'operator' | 'observer'
  readonly human_id?: string
  /** Whose orders these are; 'operator' where there is but one. */
  readonly operator_id?: string
}

/** Tells who a bearer token speaks for. Tokens themselves are never kept, only their SHA-256. */
export class Tokens {
  readonly #kept: readonly (KeptToken & { readonly bytes: Buffer })[]
  /** Id of the key with this hash, or null. */
  readonly #findKey: (hash: string) => string | null
  readonly #executions = new Map<string, Principal>()

  constructor(kept: readonly KeptToken[], findKey: (hash: string) => string | null = () => null) {
    this.#kept = kept.map((one) => ({ ...one, bytes: Buffer.from(one.hash) }))
    this.#findKey = findKey
  }

  /** A token for one execution; it dies with `revoke`, and says nothing once the lease has ended. */
  issue(agentId: string, leaseId: string): string {
    const token = createToken('run')
    this.#executions.set(hashToken(token), { agent_id: agentId, lease_id: leaseId, role: 'agent' })
    return token
  }

  /** Agent that a lease's token speaks for. */
  agentOf(leaseId: string): string | null {
    for (const principal of this.#executions.values()) if (principal.role === 'agent' && principal.lease_id === leaseId) return principal.agent_id
    return null
  }

  revoke(leaseId: string): void {
    for (const [hashed, principal] of this.#executions) if (principal.role === 'agent' && principal.lease_id === leaseId) this.#executions.delete(hashed)
  }

  find(token: string): Principal | null {
    return this.findHash(hashToken(token))
  }

  /** The same by the token's hash. */
  findHash(hashed: string): Principal | null {
    const execution = this.#executions.get(hashed)
    if (execution !== undefined) return execution
    const keyId = this.#findKey(hashed)
    if (keyId !== null) return { key_id: keyId, role: 'key' }
    const bytes = Buffer.from(hashed)
    for (const kept of this.#kept) {
      if (!timingSafeEqual(kept.bytes, bytes)) continue
      if (kept.role === 'human') return { human_id: kept.human_id ?? 'human', role: 'human' }
      return kept.role === 'operator' && kept.operator_id !== undefined ? { operator_id: kept.operator_id, role: 'operator' } : { role: kept.role }
    }
    return null
  }
}
