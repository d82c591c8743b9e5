import { type LlmReserve, type LlmRoom, mayDraw, roomOf, takeRoom } from '@syntropism/economy'
import type { LlmPrice } from '@syntropism/contract'
import { type Host, HostStopped } from '../host/index.ts'
import type { Caller } from './call.ts'

/** Worst case of a call at one upstream. */
export interface Worst {
  readonly model: string
  readonly output_tokens_max: number
  readonly price: LlmPrice
  readonly prompt_tokens_max: number
  readonly upstream_id: string
}

export interface Drawn {
  readonly call_id: string
  readonly reserve_id: string
}

/** A durable reserve, and what the calls that went out on it left of it. */
interface Kept {
  readonly reserve: LlmReserve
  readonly left: LlmRoom
  next_call: number
  used_at_ms: number
}

/** What is known of one caller's calls of one kind. */
interface Kind {
  readonly caller: Caller
  /** The dearest lately: reserves are asked for in its size. */
  worst: Worst
  /** The last call's worst case, and its room: calls of a kind are mostly alike, and an exact price takes a while. */
  last: { readonly worst: Worst; readonly room: LlmRoom }
  kept: Kept[]
  /** Calls that the next reserve is asked for. */
  calls: number
  last_call_ms: number
  is_asking: boolean
  not_before_ms: number
}

/** Two calls within this time are followed by more; a reserve that nobody uses for so long goes back. */
const WARM_MS = 1000
const CALLS = { first: 8, most: 64 } as const
/** Pause after a reserve was refused. */
const REFUSED_MS = 250

function roomIn(kind: Kind, worst: Worst): LlmRoom {
  const { last } = kind
  const isAlike =
    last.worst.price === worst.price && last.worst.prompt_tokens_max === worst.prompt_tokens_max && last.worst.output_tokens_max === worst.output_tokens_max
  if (!isAlike) kind.last = { room: roomOf(worst), worst }
  return kind.last.room
}

/**
 * Calls that may go out before their admission is durable, because a reserve that holds their worst case is. The economy gives reserves; what is drawn from
 * one is counted here at once and recorded with the next commit. A process that dies before that leaves the reserve, which the next one books in full.
 */
export class Reserves {
  readonly #host: Host
  readonly #kinds = new Map<string, Kind>()
  /** Open calls of each key, recorded or not. */
  readonly #open = new Map<string, number>()
  readonly #asked = new Set<Promise<unknown>>()
  /** Calls that are out on a reserve and not handed to the host yet. */
  #unrecorded: (() => void)[] = []
  readonly #sweeper: NodeJS.Timeout
  /** Counts the times that reserves went back, for who was refused while they were out. */
  #returns = 0
  #holdingBack = 0

  constructor(host: Host) {
    this.#host = host
    this.#sweeper = setInterval(() => this.#sweep(), WARM_MS / 2).unref()
  }

  /** Takes one call out of a reserve, or says null: then it has to be admitted by itself. */
  draw(caller: Caller, worst: Worst): Drawn | null {
    if (this.#holdingBack > 0) return null
    const { state } = this.#host
    const now = this.#host.now()
    const kind = this.#kindOf(caller, worst, now)
    const key = 'key_id' in caller ? state.llm.keys.get(caller.key_id) : undefined
    if (key !== undefined && (this.#open.get(key.key_id) ?? 0) >= key.parallel_max) return null
    const leaseId = 'lease_id' in caller ? caller.lease_id : ''
    const room = roomIn(kind, worst)
    for (const kept of kind.kept) {
      if (!mayDraw(state, kept.reserve, leaseId, now)) continue
      if (!takeRoom(kept.left, room)) {
        this.#close(kind, [kept])
        kind.worst = worst
        continue
      }
      kept.used_at_ms = now
      const callId = `call-${kept.next_call}`
      kept.next_call += 1
      this.#refill(kind, now)
      return { call_id: callId, reserve_id: kept.reserve.reserve_id }
    }
    this.#refill(kind, now)
    return null
  }

  /** Records a drawn call once its request has left, at the latest before anything else about it or its reserve is told. */
  recordSoon(record: () => void): void {
    this.#unrecorded.push(record)
    if (this.#unrecorded.length === 1) setImmediate(() => this.recordAll())
  }

  recordAll(): void {
    if (this.#unrecorded.length === 0) return
    const due = this.#unrecorded
    this.#unrecorded = []
    for (const record of due) record()
  }

  /** A call of this caller is open from now on; the answer ends it. */
  opened(caller: Caller): () => void {
    if (!('key_id' in caller)) return () => undefined
    const { key_id: id } = caller
    this.#open.set(id, (this.#open.get(id) ?? 0) + 1)
    return () => {
      const left = (this.#open.get(id) ?? 1) - 1
      if (left === 0) this.#open.delete(id)
      else this.#open.set(id, left)
    }
  }

  #kindOf(caller: Caller, worst: Worst, now: number): Kind {
    const whose = 'key_id' in caller ? `key ${caller.key_id}` : `${caller.agent_id} ${caller.lease_id}`
    const name = `${whose} ${worst.upstream_id} ${worst.model}`
    const known = this.#kinds.get(name)
    if (known !== undefined) return known
    const last = { room: roomOf(worst), worst }
    const kind: Kind = { caller, calls: CALLS.first, is_asking: false, kept: [], last, last_call_ms: now - 2 * WARM_MS, not_before_ms: 0, worst }
    this.#kinds.set(name, kind)
    return kind
  }

  /** Asks for another reserve when calls follow each other and the room runs out; nobody waits for it. */
  #refill(kind: Kind, now: number): void {
    const isWarm = now - kind.last_call_ms < WARM_MS
    kind.last_call_ms = now
    const left = kind.kept.reduce((sum, { left: room }) => sum + room.calls, 0)
    if (!isWarm || kind.is_asking || now < kind.not_before_ms || left >= kind.calls / 2) return
    kind.is_asking = true
    const asked = this.#host
      .submitSoon({ ...kind.caller, ...kind.worst, calls: kind.calls, owner: 'gateway', type: 'reserve_llm_calls' })
      .then((outcome) => {
        const reserve = outcome.ok ? this.#host.state.llm.reserves.get(String(outcome.result.reserve_id)) : undefined
        if (reserve === undefined) kind.not_before_ms = this.#host.now() + REFUSED_MS
        else {
          kind.kept.push({ left: { ...reserve.left }, next_call: reserve.next_call, reserve, used_at_ms: this.#host.now() })
          kind.calls = Math.min(CALLS.most, kind.calls * 2)
        }
      })
      .catch((error: unknown) => {
        if (!(error instanceof HostStopped)) throw error
      })
      .finally(() => {
        kind.is_asking = false
        this.#asked.delete(asked)
      })
    this.#asked.add(asked)
  }

  /** Gives back what is worn out: too small for a further call, at its end, or of no use for a while. */
  #sweep(): void {
    const now = this.#host.now()
    for (const [name, kind] of this.#kinds) {
      const isCold = now - kind.last_call_ms >= WARM_MS
      const over = kind.kept.filter(({ left, reserve, used_at_ms }) => left.calls === 0 || now >= reserve.ends_at_ms || now - used_at_ms >= WARM_MS)
      this.#close(kind, over)
      if (isCold && kind.kept.length === 0 && !kind.is_asking) this.#kinds.delete(name)
    }
  }

  #close(kind: Kind, over: readonly Kept[]): void {
    if (over.length === 0) return
    this.recordAll()
    kind.kept = kind.kept.filter((kept) => !over.includes(kept))
    // One without calls closes itself when the last of them is recorded.
    for (const { left, reserve } of over)
      if (left.calls > 0)
        this.#host.submitSoon({ owner: 'gateway', reserve_id: reserve.reserve_id, rest: 'unused', type: 'close_llm_reserve' }).catch(() => undefined)
  }

  /** A mark to be shown to `mayBeHeld`. */
  get mark(): number {
    return this.#returns
  }

  /** Whether reserves hold, or held since the mark, what somebody was refused. */
  mayBeHeld(mark: number): boolean {
    return this.#returns !== mark || this.#asked.size > 0 || [...this.#kinds.values()].some(({ kept }) => kept.length > 0)
  }

  /** Gives every reserve back and then, with no other command between, does what `next` does. */
  async giveBack<T>(next: () => Promise<T>): Promise<T> {
    this.#holdingBack += 1
    try {
      while (this.#asked.size > 0) await Promise.all(this.#asked)
      this.#returns += 1
      this.recordAll()
      for (const kind of this.#kinds.values()) this.#close(kind, kind.kept)
      return await next()
    } finally {
      this.#holdingBack -= 1
    }
  }

  /** Nothing is drawn until this is known. */
  async withhold<T>(known: Promise<T>): Promise<T> {
    this.#holdingBack += 1
    try {
      return await known
    } finally {
      this.#holdingBack -= 1
    }
  }

  /** No more is drawn; what is left goes back. */
  async close(): Promise<void> {
    clearInterval(this.#sweeper)
    this.#holdingBack += 1
    await this.giveBack(() => Promise.resolve())
  }
}
