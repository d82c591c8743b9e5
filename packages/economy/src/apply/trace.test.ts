import { COMMANDS, type Command, type EconomyEvent } from '@syntropism/contract'
import { describe, expect, it } from 'vitest'
import { DEFAULT_PARAMS, type Posting, apply, createState, eventText, sameTrace } from '../index.ts'

const T0 = 1_700_000_000_000
const traceOf = (number: number): string => `00-${String(number).padStart(32, 'a')}-${String(number).padStart(16, 'b')}-01`
const STANDING = { bundle: { cpu: 900_000, memory: 100_000 }, duration_ms: 8000, limit_micro: 60_000_000, margin_ppm: 250_000, pause_ms: 1000 }

/** An economy with one agent, driven by hand. Every command has a context of its own unless one is named. */
function createWorld(traced = true) {
  const state = createState()
  const events: EconomyEvent[] = []
  const postings: Posting[] = []
  let number = 0
  const send = (command: Record<string, unknown> & { type: Command['type'] }): EconomyEvent[] => {
    number += 1
    const context = traced ? { traceparent: traceOf(number) } : {}
    const before = events.length
    const full = COMMANDS[command.type].parse({ at_ms: state.at_ms || T0, owner: 'test', ...context, ...command }) as Command
    const outcome = apply(state, full, { event: (event) => events.push(event), posting: (posting) => postings.push(posting) })
    expect(outcome.ok ? null : outcome.refusal).toBeNull()
    return events.slice(before)
  }
  send({ economy_id: 'traced', params: DEFAULT_PARAMS, rules_version: 1, type: 'genesis' })
  send({ cpu_millicores: 1000, executor_id: 'x', incarnation: 'i', memory_mb: 2048, reports: true, type: 'register_executor' })
  send({ agent_id: 'a', grant_micro: 1_000_000_000, name: 'a', standing_bid: STANDING, type: 'create_agent' })
  const tick = (ms: number) => send({ at_ms: state.at_ms + ms, type: 'tick' })
  return { events, postings, send, state, tick }
}

const END = { cause: 'completed', cpu_ms: 5, detail: '', elapsed_ms: 500, exit_code: 0, memory_mb_ms: 9, memory_peak_mb: 3, type: 'end_lease' } as const
const OF_X = { executor_id: 'x', incarnation: 'i', lease_id: 'lease-1' }

describe('trace contexts in the economy', () => {
  it('one window’s bid, clearing, run, burn and price change lie in one trace', () => {
    const world = createWorld()
    world.tick(100)
    world.send({ ...OF_X, type: 'start_lease' })
    for (let i = 0; i < 8; i++) world.tick(500)
    world.send({ ...OF_X, ...END, at_ms: world.state.at_ms + 100 })
    const bid = world.events.find((event) => event.type === 'bid_placed') as EconomyEvent
    const own = (type: string): EconomyEvent | undefined => world.events.find((event) => event.type === type && event.seq >= bid.seq)
    for (const type of ['resources_allocated', 'execution_started', 'utilisation_changed', 'price_update', 'execution_terminated'])
      expect(sameTrace(own(type)?.traceparent ?? '', bid.traceparent), type).toBe(true)
    for (const event of world.events)
      if (event.type === 'credits_transferred' && event.data.hold_id === 'bid-1') expect(sameTrace(event.traceparent, bid.traceparent)).toBe(true)
    expect(own('market_cleared')?.traceparent).toBe(traceOf(4))
  })

  it('the next standing bid begins a trace of its own and names the one it came from', () => {
    const world = createWorld()
    world.tick(100)
    const window = world.state.leases.get('lease-1')?.traceparent ?? ''
    const [, , ...rest] = world.send({ ...OF_X, ...END, traceparent: window })
    const next = rest.find((event) => event.type === 'bid_placed')
    expect(next?.data).toMatchObject({ caller_traceparent: window })
    expect(sameTrace(next?.traceparent ?? '', window)).toBe(false)
  })

  it('a bid goes on in its caller’s trace, but not in that of the caller’s own window', () => {
    const world = createWorld()
    world.tick(100)
    world.send({ ...OF_X, type: 'start_lease' })
    const bid = {
      agent_id: 'a',
      amount_micro: 9_000_000,
      bundle: STANDING.bundle,
      duration_ms: 1000,
      lease_id: 'lease-1',
      payer_id: 'a',
      type: 'place_bid',
    } as const
    const foreign = world.send({ ...bid, traceparent: traceOf(77) })
    expect(sameTrace(foreign[0]?.traceparent ?? '', traceOf(77))).toBe(true)
    const window = world.state.leases.get('lease-1')?.traceparent ?? ''
    const own = world.send({ ...bid, traceparent: window })
    expect(sameTrace(own[0]?.traceparent ?? '', window)).toBe(false)
  })

  it('a prompt’s slot, scores and reward lie in the trace of the call that filed it', () => {
    const world = createWorld()
    world.tick(100)
    world.send({ ...OF_X, type: 'start_lease' })
    world.send({ human_id: 'ada', on_duty: true, type: 'set_duty' })
    world.send({ agent_id: 'a', amount_micro: 10_000_000, content: {}, lease_id: 'lease-1', traceparent: traceOf(55), type: 'file_prompt' })
    world.tick(100)
    const judged = world.send({ human_id: 'ada', prompt_id: 'prompt-1', scores: { interesting: 7, understandable: 6, useful: 8 }, type: 'score_prompt' })
    expect(judged.map((event) => event.type)).toContain('human_reward_issued')
    for (const event of judged) expect(sameTrace(event.traceparent, traceOf(55)), event.type).toBe(true)
  })

  it('every event and posting names a trace when commands do, and none does when they do not', () => {
    const traced = createWorld()
    const plain = createWorld(false)
    for (const world of [traced, plain]) {
      world.tick(100)
      world.send({ ...OF_X, type: 'start_lease' })
      world.send({ ...OF_X, ...END, at_ms: world.state.at_ms + 100 })
      for (let i = 0; i < 30; i++) world.tick(100)
    }
    expect(traced.postings.length).toBeGreaterThan(5)
    for (const made of [...traced.events, ...traced.postings]) expect(made.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
    for (const made of [...plain.events, ...plain.postings]) expect(made.traceparent).toBe('')
    // Tracing changes what events say about their context, and nothing else.
    const bare = (events: EconomyEvent[]): string[] =>
      events.map((event) => eventText({ ...event, traceparent: '' }).replace(/"caller_traceparent":"[^"]*",/, ''))
    expect(bare(traced.events)).toEqual(bare(plain.events))
  })
})
