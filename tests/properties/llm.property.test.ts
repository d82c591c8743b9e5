import type { EconomyEvent, LlmPrice, LlmUsage } from '@syntropism/contract'
import {
  type State,
  assertConserved,
  balanceOf,
  canonicalJson,
  createState,
  eventText,
  llmBoundMicroUsd,
  llmCostMicroUsd,
  replay,
  restore,
  snapshot,
  stateHash,
} from '@syntropism/economy'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CAP, KEYS, type Known, T0, WINDOWS, Walk, schedule } from './llm-walk.ts'

const SEED = 20_261_125

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

/** Whatever has gone out is held by what is recorded; what a crash forgot is booked in full. */
function assertHeld(walk: Walk): void {
  for (const reserve of walk.state.llm.reserves.values()) {
    const out = walk.unrecorded.filter((sent) => sent.reserve_id === reserve.reserve_id).reduce((sum, sent) => sum + sent.bound, 0)
    expect(out, `out on ${reserve.reserve_id}`).toBeLessThanOrEqual(reserve.left.micro_usd)
  }
  expect(walk.unrecorded.filter((sent) => !walk.state.llm.reserves.has(sent.reserve_id))).toEqual([])
  for (const [reserveId, { booked, bounds }] of walk.lost) expect(bounds, `lost on ${reserveId}`).toBeLessThanOrEqual(booked)
}

/** Nothing is counted that was not taken, and nothing given back twice. */
function assertCounts({ calls, state }: Walk): void {
  for (const [name, { counted, settled }] of state.llm.gauges) {
    expect(settled, name).toBeGreaterThanOrEqual(0)
    expect(counted, name).toBeGreaterThanOrEqual(settled)
  }
  const requests = state.llm.gauges.get('key:key/requests')
  if (requests === undefined) return
  const began = [...calls.values()].filter(({ at_ms, follows, who }) => who === 'key' && !follows && Math.floor(at_ms / 60_000) === requests.window)
  expect(requests.counted).toBeGreaterThanOrEqual(began.length)
}

const accountIn = (state: State, name: string): number => balanceOf(state.ledger, state.ledger.index_by_name.get(name) as number)

describe(`random schedules of LLM calls (seed ${SEED})`, () => {
  it('never let spend pass the cap, a key’s window or a hold, and reconcile to the micro-dollar', () => {
    const seen = { admitted: 0, crashes: 0, drawn: 0, lost: 0, overruns: 0 }
    fc.assert(
      fc.property(schedule, (steps) => {
        const walk = new Walk()
        let now = T0
        for (const one of steps) {
          now += one.elapsed_ms
          walk.step(one, now)
          assertConserved(walk.state.ledger)
          assertHeld(walk)
          assertCounts(walk)
          const calls = [...walk.calls.values()]
          const openBound = calls.filter((call) => call.status === 'open').reduce((sum, call) => sum + call.bound, 0)
          const reserved = [...walk.state.llm.reserves.values()].reduce((sum, reserve) => sum + reserve.left.micro_usd, 0)
          const booked = calls.filter((call) => call.status !== 'open').reduce((sum, call) => sum + call.booked, 0)
          const overrun = calls.reduce((sum, call) => sum + call.overrun, 0)
          expect(accountIn(walk.state, 'llm_micro_usd:held')).toBe(openBound + reserved)
          expect(accountIn(walk.state, 'llm_micro_usd:used')).toBe(booked)
          expect(accountIn(walk.state, 'llm_micro_usd:upstream_overrun')).toBe(overrun)
        }
        assertCaps(walk)
        seen.admitted += walk.calls.size
        seen.overruns += [...walk.calls.values()].filter((call) => call.overrun > 0).length
        seen.crashes += walk.crashes
        seen.drawn += walk.drawn
        seen.lost += [...walk.lost.values()].filter(({ bounds }) => bounds > 0).length
      }),
      { numRuns: 150, seed: SEED },
    )
    expect(seen.admitted).toBeGreaterThan(1000)
    expect(seen.overruns).toBeGreaterThan(50)
    expect(seen.crashes).toBeGreaterThan(100)
    expect(seen.drawn).toBeGreaterThan(500)
    expect(seen.lost).toBeGreaterThan(20)
  })

  it('give the same bytes when re-executed, from the start and from a snapshot in the middle', () => {
    fc.assert(
      fc.property(schedule, (steps) => {
        const walk = new Walk()
        let now = T0
        let middle = { at: 0, text: '' }
        walk.onCommand = (send) => {
          const before = snapshot(walk.state)
          if (!send()) expect({ ...JSON.parse(snapshot(walk.state)), at_ms: 0, seq: 0 }).toEqual({ ...JSON.parse(before), at_ms: 0, seq: 0 })
        }
        for (const [index, one] of steps.entries()) {
          now += one.elapsed_ms
          walk.step(one, now)
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
