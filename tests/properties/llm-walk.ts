import type { Command, EconomyEvent, LlmPrice, LlmUsage } from '@syntropism/contract'
import { DEFAULT_PARAMS, type LlmRoom, type State, apply, createState, mayDraw, roomOf, takeRoom } from '@syntropism/economy'
import fc from 'fast-check'

export const T0 = 1_700_000_040_000
const MINUTE = 60_000
export const CAP = 10_000
export const KEYS = 4000
const PARALLEL = 8
const PRICE: LlmPrice = {
  cache_read_per_million: 300_000,
  cache_write_per_million: 3_750_000,
  image_input_per_million: 3_000_000,
  input_per_million: 3_000_000,
  output_per_million: 15_000_000,
  reasoning_per_million: 15_000_000,
  request_micro_usd: 0,
}
export const WINDOWS = [
  { limit_micro_usd: 3000, window_ms: MINUTE },
  { limit_micro_usd: 6000, window_ms: 5 * MINUTE },
  { limit_micro_usd: 9000, window_ms: 0 },
]

/** What the schedule says an upstream does; `past` tells by how much it passes its bounds. */
interface Report {
  readonly input: number
  readonly output: number
  readonly past: number
}
type Who = 'a' | 'b' | 'key'
type Move =
  | { readonly kind: 'admit'; readonly who: Who; readonly prompt: number; readonly output: number; readonly follows: boolean }
  | { readonly kind: 'reserve'; readonly who: Who; readonly prompt: number; readonly output: number; readonly calls: number }
  | { readonly kind: 'draw'; readonly pick: number; readonly prompt: number; readonly output: number; readonly times: number; readonly crashes: boolean }
  | { readonly kind: 'close'; readonly pick: number }
  | { readonly kind: 'settle'; readonly pick: number; readonly report: Report | null; readonly finish: 'completed' | 'cancelled' | 'failed' }
  | { readonly kind: 'bid'; readonly who: 'a' | 'b'; readonly share: number; readonly duration_ms: number }
  | { readonly kind: 'restore' | 'kill' | 'budget' | 'tick' | 'crash' }

const who = fc.constantFrom('a' as const, 'b' as const, 'key' as const)
const report = fc.record({
  input: fc.nat(1000),
  output: fc.nat(1000),
  past: fc.oneof({ arbitrary: fc.constant(0), weight: 19 }, { arbitrary: fc.nat(900), weight: 1 }),
})
const finish = fc.constantFrom('completed' as const, 'cancelled' as const, 'failed' as const)
const alone = (kind: 'restore' | 'kill' | 'budget' | 'tick' | 'crash', weight: number) => ({ arbitrary: fc.constant({ kind }), weight })

const move: fc.Arbitrary<Move> = fc.oneof(
  {
    arbitrary: fc.record({
      follows: fc.integer({ max: 3, min: 0 }).map((chance) => chance === 0),
      kind: fc.constant('admit' as const),
      output: fc.nat(40),
      prompt: fc.nat(150),
      who,
    }),
    weight: 10,
  },
  {
    arbitrary: fc.record({ calls: fc.integer({ max: 6, min: 1 }), kind: fc.constant('reserve' as const), output: fc.nat(3), prompt: fc.nat(16), who }),
    weight: 8,
  },
  {
    arbitrary: fc.record({
      kind: fc.constant('draw' as const),
      output: fc.nat(3),
      pick: fc.nat(30),
      prompt: fc.nat(16),
      times: fc.integer({ max: 4, min: 1 }),
      crashes: fc.integer({ max: 9, min: 0 }).map((chance) => chance === 0),
    }),
    weight: 14,
  },
  { arbitrary: fc.record({ kind: fc.constant('close' as const), pick: fc.nat(30) }), weight: 2 },
  { arbitrary: fc.record({ finish, kind: fc.constant('settle' as const), pick: fc.nat(30), report: fc.option(report) }), weight: 12 },
  {
    arbitrary: fc.record({
      duration_ms: fc.integer({ max: 200_000, min: 500 }),
      kind: fc.constant('bid' as const),
      share: fc.integer({ max: 600_000, min: 100_000 }),
      who: fc.constantFrom('a' as const, 'b' as const),
    }),
    weight: 8,
  },
  alone('tick', 7),
  alone('restore', 6),
  alone('budget', 1),
  alone('crash', 1),
  { arbitrary: fc.integer({ max: 9, min: 0 }).map((chance): Move => ({ kind: chance === 0 ? 'kill' : 'tick' })), weight: 1 },
)
/** Steps: how long after the one before, what happens, and whether everything that waits is recorded then. */
export const schedule = fc.array(
  fc.record({
    elapsed_ms: fc.oneof({ arbitrary: fc.nat(300), weight: 8 }, { arbitrary: fc.integer({ max: 70_000, min: 1000 }), weight: 1 }),
    move,
    records: fc.boolean(),
  }),
  { maxLength: 220, minLength: 140, size: 'max' },
)
export type Schedule = typeof schedule extends fc.Arbitrary<infer T> ? T : never

export interface Known {
  readonly bound: number
  readonly minute: number
  /** When it was admitted; for one drawn from a reserve, when that was opened. */
  readonly at_ms: number
  readonly who: string
  /** Whether it took up the request of another. */
  readonly follows: boolean
  readonly prompt: number
  readonly output: number
  /** What stands against the bound: all of it while open or estimated. */
  booked: number
  overrun: number
  status: 'open' | 'estimated' | 'settled'
}

/** A call that went out on a reserve, whether or not it was recorded. */
interface Sent {
  readonly reserve_id: string
  readonly call_id: string
  readonly bound: number
}

/** A gateway and its host as a schedule drives them: calls go out ahead of their record, and a crash forgets what was not recorded. */
export class Walk {
  readonly state: State = createState()
  readonly events: EconomyEvent[] = []
  readonly commands: Command[] = []
  readonly calls = new Map<string, Known>()
  /** Calls that went out and are not recorded. */
  unrecorded: Sent[] = []
  /** Of each reserve that was closed: what was booked for its rest, and the bounds of the calls that were never recorded. */
  readonly lost = new Map<string, { readonly booked: number; readonly bounds: number }>()
  drawn = 0
  crashes = 0
  /** Called around each command that is carried out. */
  onCommand: ((send: () => boolean) => void) | null = null
  readonly #rooms = new Map<string, { readonly left: LlmRoom; next: number }>()
  readonly #openedAt = new Map<string, number>()
  #waiting: object[] = []

  constructor() {
    const params = { ...DEFAULT_PARAMS, llm_call_ms_max: 90_000, llm_keys_micro_usd_per_minute: KEYS, llm_late_ms: 200_000, llm_micro_usd_per_minute: CAP }
    this.#send({ economy_id: 'p', params, rules_version: 1, type: 'genesis' }, T0)
    for (const agent_id of ['a', 'b']) this.#send({ agent_id, grant_micro: 10 ** 12, name: agent_id, type: 'create_agent' }, T0)
    const key = { expires_at_ms: null, key_id: 'key', models: [], name: 'team', parallel_max: PARALLEL, requests_per_minute: 50, tokens_per_minute: 20_000 }
    this.#send({ ...key, token_hash: 'a'.repeat(64), type: 'create_llm_key', windows: WINDOWS }, T0)
  }

  #send(command: object, atMs: number) {
    const full = { ...command, at_ms: atMs, owner: 'test' } as Command
    const from = this.events.length
    const outcome = apply(this.state, full, { event: (event) => void this.events.push(event), posting: () => undefined })
    if (outcome.ok || this.events.length > from) this.commands.push(full)
    for (const event of this.events.slice(from)) this.#follow(event)
    return outcome
  }

  #follow(event: EconomyEvent): void {
    if (event.type === 'llm_call_admitted') {
      const follows = event.data.follows_call_id !== undefined
      const { bound_micro_usd: bound, call_id, key_id, minute, output_tokens_max: output, prompt_tokens_max: prompt, reserve_id } = event.data
      const at_ms = this.#openedAt.get(reserve_id ?? '') ?? event.at_ms
      this.calls.set(call_id, { at_ms, booked: bound, bound, follows, minute, output, overrun: 0, prompt, status: 'open', who: key_id ?? event.agent_id })
      this.unrecorded = this.unrecorded.filter((sent) => sent.call_id !== call_id)
    } else if (event.type === 'llm_call_settled') {
      const call = this.calls.get(event.data.call_id) as Known
      call.booked = event.data.cost_micro_usd - event.data.overrun_micro_usd
      call.overrun += event.data.overrun_micro_usd
      call.status = event.data.estimated ? 'estimated' : 'settled'
    } else if (event.type === 'llm_reserve_opened') {
      const { calls, first_call: next, reserve_id } = event.data
      this.#openedAt.set(reserve_id, event.at_ms)
      this.#rooms.set(reserve_id, { left: { ...(this.state.llm.reserves.get(reserve_id)?.left as LlmRoom), calls }, next })
    } else if (event.type === 'llm_reserve_closed') {
      const { booked_micro_usd: booked, reserve_id } = event.data
      this.#rooms.delete(reserve_id)
      const bounds = this.unrecorded.filter((sent) => sent.reserve_id === reserve_id).reduce((sum, sent) => sum + sent.bound, 0)
      this.lost.set(reserve_id, { booked, bounds: (this.lost.get(reserve_id)?.bounds ?? 0) + bounds })
      this.unrecorded = this.unrecorded.filter((sent) => sent.reserve_id !== reserve_id)
    }
  }

  /** Everything that waits is carried out, in its order. */
  record(atMs: number): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const command of waiting) {
      const send = (): boolean => this.#send(command, atMs).ok
      if (this.onCommand === null) send()
      else this.onCommand(send)
    }
  }

  step({ move: one, records }: Schedule[number], atMs: number): void {
    this.#move(one, atMs)
    if (records) this.record(atMs)
  }

  #move(one: Move, atMs: number): void {
    const wait = (command: object): void => void this.#waiting.push(command)
    switch (one.kind) {
      case 'admit':
      case 'reserve': {
        const caller = one.who === 'key' ? { key_id: 'key' } : { agent_id: one.who }
        const worst = { ...caller, model: 'm', output_tokens_max: one.output, price: PRICE, prompt_tokens_max: one.prompt, upstream_id: 'u' }
        if (one.kind === 'reserve') wait({ ...worst, calls: one.calls, type: 'reserve_llm_calls' })
        else wait({ ...worst, ...(one.follows ? this.#before(one.who) : {}), request_hash: 'b'.repeat(64), type: 'admit_llm_call' })
        return
      }
      case 'draw':
        for (let time = 0; time < one.times; time++) this.#draw(one, atMs)
        if (one.crashes) this.#crash(atMs)
        return
      case 'close': {
        const reserveId = [...this.#rooms.keys()][one.pick % Math.max(1, this.#rooms.size)]
        if (reserveId === undefined) return
        this.#rooms.delete(reserveId)
        wait({ reserve_id: reserveId, rest: 'unused', type: 'close_llm_reserve' })
        return
      }
      case 'settle':
        this.#settle(one)
        return
      case 'bid':
        wait({ agent_id: one.who, amount_micro: 10 ** 9, bundle: { llm: one.share }, duration_ms: one.duration_ms, payer_id: one.who, type: 'place_bid' })
        return
      case 'kill':
        wait({ agent_id: 'b', reason: 'test', type: 'kill_agent' })
        return
      case 'budget':
        wait({ agent_id: 'a', left_micro_usd: 5000, type: 'set_llm_budget' })
        return
      case 'restore':
        wait({ type: 'restore_llm_upstream', upstream_id: 'u' })
        return
      case 'tick':
        wait({ type: 'tick' })
        return
      case 'crash':
        this.#crash(atMs)
    }
  }

  /** The last call of this caller: a further one may take up its request. */
  #before(of: Who): object {
    const last = [...this.calls].findLast(([, call]) => call.who === of)
    return last === undefined ? {} : { follows_call_id: last[0] }
  }

  /** A call goes out on a reserve that is recorded; its admission waits to be. */
  #draw({ output, pick, prompt }: Extract<Move, { kind: 'draw' }>, atMs: number): void {
    const [reserveId, room] = [...this.#rooms][pick % Math.max(1, this.#rooms.size)] ?? []
    const reserve = this.state.llm.reserves.get(reserveId ?? '')
    if (room === undefined || reserve === undefined) return
    const worst = { model: 'm', output_tokens_max: output, price: PRICE, prompt_tokens_max: prompt, upstream_id: 'u' }
    const wanted = roomOf(worst)
    const isOpen = (command: object): boolean => 'key_id' in command || ('reserve_id' in command && command.reserve_id !== undefined)
    const open = (this.state.llm.keys.get('key')?.open_calls ?? 0) + this.#waiting.filter(isOpen).length
    if (reserve.key_id !== null && open >= PARALLEL) return
    if (!mayDraw(this.state, reserve, reserve.lease_id ?? '', atMs) || !takeRoom(room.left, wanted)) return
    this.unrecorded.push({ bound: wanted.micro_usd, call_id: `call-${room.next}`, reserve_id: reserve.reserve_id })
    room.next += 1
    this.drawn += 1
    this.#waiting.push({ ...worst, request_hash: 'b'.repeat(64), reserve_id: reserve.reserve_id, type: 'admit_llm_call' })
  }

  #settle({ finish: end, pick, report: told }: Extract<Move, { kind: 'settle' }>): void {
    const waiting = [...this.calls].filter(([, call]) => call.status !== 'settled')
    const [call_id, call] = waiting[pick % Math.max(1, waiting.length)] ?? []
    if (call_id === undefined || call === undefined) return
    const input = told === null ? 0 : Math.round((told.input / 1000) * call.prompt) + told.past
    const output = told === null ? 0 : Math.round((told.output / 1000) * call.output) + told.past
    const parts = { cache_read_tokens: Math.floor(input / 3), cache_write_tokens: 0, image_input_tokens: 0, reasoning_tokens: Math.floor(output / 2) }
    const usage: LlmUsage | null = told === null ? null : { ...parts, input_tokens: input, output_tokens: output }
    this.#waiting.push({ call_id, finish: end, type: 'settle_llm_call', usage })
  }

  /** What was not recorded is forgotten; the next process books what it cannot know. */
  #crash(atMs: number): void {
    this.crashes += 1
    this.#waiting = []
    this.#rooms.clear()
    this.#send({ type: 'resumed' }, atMs)
    for (const reserve_id of [...this.state.llm.reserves.keys()]) this.#send({ reserve_id, rest: 'unknown', type: 'close_llm_reserve' }, atMs)
    for (const call of [...this.state.llm.calls.values()])
      if (call.status === 'open') this.#send({ call_id: call.call_id, finish: 'failed', type: 'settle_llm_call', usage: null }, atMs)
  }
}
