import type { Command, EconomyEvent, LlmPrice, LlmUsage } from '@syntropism/contract'
import {
  DEFAULT_PARAMS,
  type State,
  apply,
  assertConserved,
  balanceOf,
  createState,
  eventText,
  canonicalJson,
  llmBoundMicroUsd,
  llmCostMicroUsd,
  replay,
  restore,
  snapshot,
  stateHash,
} from '@syntropism/economy'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const SEED = 20_261_125
const T0 = 1_700_000_040_000
const MINUTE = 60_000
const CAP = 10_000
const KEYS = 4000
const PRICE: LlmPrice = {
  cache_read_per_million: 300_000,
  cache_write_per_million: 3_750_000,
  image_input_per_million: 3_000_000,
  input_per_million: 3_000_000,
  output_per_million: 15_000_000,
  reasoning_per_million: 15_000_000,
  request_micro_usd: 0,
}
const WINDOWS = [
  { limit_micro_usd: 3000, window_ms: MINUTE },
  { limit_micro_usd: 6000, window_ms: 5 * MINUTE },
  { limit_micro_usd: 9000, window_ms: 0 },
]

/** What the schedule says an upstream does; `whole` tells whether it keeps to its bounds. */
interface Report {
  readonly input: number
  readonly output: number
  readonly past: number
}
type Move =
  | { readonly kind: 'admit'; readonly who: 'a' | 'b' | 'key'; readonly prompt: number; readonly output: number }
  | { readonly kind: 'settle'; readonly pick: number; readonly report: Report | null; readonly finish: 'completed' | 'cancelled' | 'failed' }
  | { readonly kind: 'bid'; readonly who: 'a' | 'b'; readonly share: number; readonly duration_ms: number }
  | { readonly kind: 'restore' | 'kill' | 'budget' | 'tick' }

const move: fc.Arbitrary<Move> = fc.oneof(
  {
    arbitrary: fc.record({
      kind: fc.constant('admit' as const),
      output: fc.nat(40),
      prompt: fc.nat(150),
      who: fc.constantFrom('a' as const, 'b' as const, 'key' as const),
    }),
    weight: 10,
  },
  {
    arbitrary: fc.record({
      finish: fc.constantFrom('completed' as const, 'cancelled' as const, 'failed' as const),
      kind: fc.constant('settle' as const),
      pick: fc.nat(30),
      report: fc.option(
        fc.record({
          input: fc.nat(1000),
          output: fc.nat(1000),
          past: fc.oneof({ arbitrary: fc.constant(0), weight: 19 }, { arbitrary: fc.nat(900), weight: 1 }),
        }),
      ),
    }),
    weight: 10,
  },
  {
    arbitrary: fc.record({
      duration_ms: fc.integer({ max: 200_000, min: 500 }),
      kind: fc.constant('bid' as const),
      share: fc.integer({ max: 600_000, min: 100_000 }),
      who: fc.constantFrom('a' as const, 'b' as const),
    }),
    weight: 8,
  },
  { arbitrary: fc.constant({ kind: 'tick' as const }), weight: 6 },
  { arbitrary: fc.constant({ kind: 'restore' as const }), weight: 6 },
  { arbitrary: fc.constant({ kind: 'budget' as const }), weight: 1 },
  {
    arbitrary: fc.oneof({ arbitrary: fc.constant({ kind: 'tick' as const }), weight: 9 }, { arbitrary: fc.constant({ kind: 'kill' as const }), weight: 1 }),
    weight: 1,
  },
)
const schedule = fc.array(
  fc.record({ elapsed_ms: fc.oneof({ arbitrary: fc.nat(300), weight: 8 }, { arbitrary: fc.integer({ max: 70_000, min: 1000 }), weight: 1 }), move }),
  { maxLength: 200, minLength: 120, size: 'max' },
)

interface Known {
  readonly bound: number
  readonly minute: number
  readonly at_ms: number
  readonly who: string
  readonly prompt: number
  readonly output: number
  /** What stands against the bound: all of it while open or estimated. */
  booked: number
  overrun: number
  status: 'open' | 'estimated' | 'settled'
}

/** Carries out a schedule beside a plain list of calls: the second opinion. */
class Walk {
  readonly state: State = createState()
  readonly events: EconomyEvent[] = []
  readonly commands: Command[] = []
  readonly calls = new Map<string, Known>()

  constructor() {
    const params = { ...DEFAULT_PARAMS, llm_call_ms_max: 90_000, llm_keys_micro_usd_per_minute: KEYS, llm_late_ms: 200_000, llm_micro_usd_per_minute: CAP }
    this.send({ economy_id: 'p', params, rules_version: 1, type: 'genesis' }, T0)
    for (const agent_id of ['a', 'b']) this.send({ agent_id, grant_micro: 10 ** 12, name: agent_id, type: 'create_agent' }, T0)
    const key = { expires_at_ms: null, key_id: 'key', models: [], name: 'team', parallel_max: 8, requests_per_minute: 50, tokens_per_minute: 20_000 }
    this.send({ ...key, token_hash: 'a'.repeat(64), type: 'create_llm_key', windows: WINDOWS }, T0)
  }

  send(command: object, atMs: number) {
    const full = { ...command, at_ms: atMs, owner: 'test' } as Command
    const from = this.events.length
    const outcome = apply(this.state, full, { event: (event) => void this.events.push(event), posting: () => undefined })
    if (outcome.ok || this.events.length > from) this.commands.push(full)
    for (const event of this.events.slice(from)) this.#follow(event)
    return outcome
  }

  #follow(event: EconomyEvent): void {
    if (event.type === 'llm_call_admitted') {
      const { bound_micro_usd: bound, call_id, key_id, minute, output_tokens_max: output, prompt_tokens_max: prompt } = event.data
      this.calls.set(call_id, { at_ms: event.at_ms, booked: bound, bound, minute, output, overrun: 0, prompt, status: 'open', who: key_id ?? event.agent_id })
    } else if (event.type === 'llm_call_settled') {
      const call = this.calls.get(event.data.call_id) as Known
      call.booked = event.data.cost_micro_usd - event.data.overrun_micro_usd
      call.overrun += event.data.overrun_micro_usd
      call.status = event.data.estimated ? 'estimated' : 'settled'
    }
  }

  step(one: Move, atMs: number): void {
    switch (one.kind) {
      case 'admit': {
        const who = one.who === 'key' ? { key_id: 'key' } : { agent_id: one.who }
        const admit = { model: 'm', output_tokens_max: one.output, price: PRICE, prompt_tokens_max: one.prompt, request_hash: 'b'.repeat(64) }
        this.send({ ...admit, ...who, type: 'admit_llm_call', upstream_id: 'u' }, atMs)
        return
      }
      case 'settle':
        this.#settle(one, atMs)
        return
      case 'bid':
        this.send(
          { agent_id: one.who, amount_micro: 10 ** 9, bundle: { llm: one.share }, duration_ms: one.duration_ms, payer_id: one.who, type: 'place_bid' },
          atMs,
        )
        return
      case 'kill':
        this.send({ agent_id: 'b', reason: 'test', type: 'kill_agent' }, atMs)
        return
      case 'budget':
        this.send({ agent_id: 'a', left_micro_usd: 5000, type: 'set_llm_budget' }, atMs)
        return
      case 'restore':
        this.send({ type: 'restore_llm_upstream', upstream_id: 'u' }, atMs)
        return
      case 'tick':
        this.send({ type: 'tick' }, atMs)
    }
  }

  #settle({ finish, pick, report }: Extract<Move, { kind: 'settle' }>, atMs: number): void {
    const waiting = [...this.calls].filter(([, call]) => call.status !== 'settled')
    const [call_id, call] = waiting[pick % Math.max(1, waiting.length)] ?? []
    if (call_id === undefined || call === undefined) return
    const input = report === null ? 0 : Math.round((report.input / 1000) * call.prompt) + report.past
    const output = report === null ? 0 : Math.round((report.output / 1000) * call.output) + report.past
    const usage: LlmUsage | null =
      report === null
        ? null
        : {
            cache_read_tokens: Math.floor(input / 3),
            cache_write_tokens: 0,
            image_input_tokens: 0,
            input_tokens: input,
            output_tokens: output,
            reasoning_tokens: Math.floor(output / 2),
          }
    this.send({ call_id, finish, type: 'settle_llm_call', usage }, atMs)
  }
}

/** What the calls that started in a window stand for, overruns aside. */
const within = (walk: Walk, of: (call: Known) => boolean): number => [...walk.calls.values()].filter(of).reduce((sum, call) => sum + call.booked, 0)

function assertCaps(walk: Walk): void {
  const minutes = new Set([...walk.calls.values()].map((call) => call.minute))
  for (const minute of minutes) {
    expect(
      within(walk, (call) => call.minute === minute),
      `minute ${minute}`,
    ).toBeLessThanOrEqual(CAP)
    expect(
      within(walk, (call) => call.minute === minute && call.who === 'key'),
      `keys in minute ${minute}`,
    ).toBeLessThanOrEqual(KEYS)
  }
  for (const { limit_micro_usd: limit, window_ms } of WINDOWS) {
    const windowOf = (call: Known): number => (window_ms === 0 ? 0 : Math.floor(call.at_ms / window_ms))
    for (const window of new Set([...walk.calls.values()].map(windowOf)))
      expect(
        within(walk, (call) => call.who === 'key' && windowOf(call) === window),
        `key, window ${window_ms}`,
      ).toBeLessThanOrEqual(limit)
  }
}

const accountIn = (state: State, name: string): number => balanceOf(state.ledger, state.ledger.index_by_name.get(name) as number)

describe(`random schedules of LLM calls (seed ${SEED})`, () => {
  it('never let spend pass the cap, a key’s window or a hold, and reconcile to the micro-dollar', () => {
    let admitted = 0
    let overruns = 0
    fc.assert(
      fc.property(schedule, (steps) => {
        const walk = new Walk()
        let now = T0
        for (const { elapsed_ms, move: one } of steps) {
          now += elapsed_ms
          walk.step(one, now)
          assertConserved(walk.state.ledger)
          const calls = [...walk.calls.values()]
          const openBound = calls.filter((call) => call.status === 'open').reduce((sum, call) => sum + call.bound, 0)
          const booked = calls.filter((call) => call.status !== 'open').reduce((sum, call) => sum + call.booked, 0)
          const overrun = calls.reduce((sum, call) => sum + call.overrun, 0)
          expect(accountIn(walk.state, 'llm_micro_usd:held')).toBe(openBound)
          expect(accountIn(walk.state, 'llm_micro_usd:used')).toBe(booked)
          expect(accountIn(walk.state, 'llm_micro_usd:upstream_overrun')).toBe(overrun)
        }
        assertCaps(walk)
        admitted += walk.calls.size
        overruns += [...walk.calls.values()].filter((call) => call.overrun > 0).length
      }),
      { numRuns: 150, seed: SEED },
    )
    expect(admitted).toBeGreaterThan(1000)
    expect(overruns).toBeGreaterThan(50)
  })

  it('give the same bytes when re-executed, from the start and from a snapshot in the middle', () => {
    fc.assert(
      fc.property(schedule, (steps) => {
        const walk = new Walk()
        let now = T0
        let middle = { at: 0, text: '' }
        for (const [index, { elapsed_ms, move: one }] of steps.entries()) {
          now += elapsed_ms
          const before = snapshot(walk.state)
          const count = walk.commands.length
          walk.step(one, now)
          if (walk.commands.length === count) expect(snapshot(walk.state)).toBe(before)
          if (index === Math.floor(steps.length / 2)) middle = { at: walk.commands.length, text: snapshot(walk.state) }
        }
        const fresh = createState()
        const again: EconomyEvent[] = []
        replay(fresh, walk.commands, { event: (event) => void again.push(event), posting: () => undefined })
        expect(JSON.stringify(again)).toBe(JSON.stringify(walk.events))
        for (const event of again) expect(eventText(event)).toBe(canonicalJson(event))
        const restored = restore(middle.text)
        replay(restored, walk.commands.slice(middle.at))
        expect(stateHash(restored)).toBe(stateHash(fresh))
      }),
      { numRuns: 30, seed: SEED },
    )
  })

  it('never cost more than the bound while the tokens keep to theirs, whatever their kinds', () => {
    const rate = fc.nat(100_000_000)
    const parts = fc.record({
      image: fc.nat(1000),
      output: fc.nat(1000),
      plain: fc.nat(1000),
      read: fc.nat(1000),
      reasoning: fc.nat(1000),
      write: fc.nat(1000),
    })
    fc.assert(
      fc.property(fc.array(rate, { maxLength: 7, minLength: 7 }), parts, ([a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0], tokens) => {
        const price: LlmPrice = {
          cache_read_per_million: a,
          cache_write_per_million: b,
          image_input_per_million: c,
          input_per_million: d,
          output_per_million: e,
          reasoning_per_million: f,
          request_micro_usd: g,
        }
        const usage: LlmUsage = {
          cache_read_tokens: tokens.read,
          cache_write_tokens: tokens.write,
          image_input_tokens: tokens.image,
          input_tokens: tokens.plain + tokens.read + tokens.write + tokens.image,
          output_tokens: tokens.output + tokens.reasoning,
          reasoning_tokens: tokens.reasoning,
        }
        expect(llmCostMicroUsd(price, usage)).toBeLessThanOrEqual(llmBoundMicroUsd(price, usage.input_tokens, usage.output_tokens))
      }),
      { numRuns: 300, seed: SEED },
    )
  })
})
