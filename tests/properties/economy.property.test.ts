import { type Command, type EconomyEvent } from '@syntropism/contract'
import {
  DEFAULT_PARAMS,
  type Outcome,
  type State,
  apply,
  assertConserved,
  beatIsIdle,
  canonicalJson,
  certificateHash,
  createState,
  eventText,
  replay,
  restore,
  snapshot,
  stateHash,
} from '@syntropism/economy'
import { ClearingAudit } from '@syntropism/runtime'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { START_MS, sequences } from './commands.ts'

const SEED = 20_261_124
const PARAMS = { ...DEFAULT_PARAMS, agents_max: 6, death_below_micro: 100_000, llm_micro_usd_per_minute: 60_000, prompt_deadline_ms: 30_000, starvation_ms: 0 }

const OPENING: readonly Omit<Command, 'at_ms' | 'owner'>[] = [
  { economy_id: 'p', params: PARAMS, rules_version: 1, type: 'genesis' } as never,
  { cpu_millicores: 2000, executor_id: 'x', incarnation: 'i1', memory_mb: 2048, reports: true, type: 'register_executor' } as never,
  { human_id: 'h', on_duty: true, type: 'set_duty' } as never,
  ...(['a', 'b', 'c'].map((agent_id) => ({
    agent_id,
    grant_micro: 1_000_000_000,
    name: agent_id,
    standing_bid: { bundle: { cpu: 200_000, memory: 100_000 }, duration_ms: 1000, limit_micro: 20_000_000, margin_ppm: 250_000, pause_ms: 500 },
    type: 'create_agent',
  })) as never[]),
]

interface Walk {
  readonly state: State
  readonly events: EconomyEvent[]
  readonly commands: Command[]
  send(command: object, atMs: number): { outcome: Outcome; fresh: EconomyEvent[] }
}

function begin(params = PARAMS): Walk {
  const state = createState()
  const events: EconomyEvent[] = []
  const commands: Command[] = []
  const audit = new ClearingAudit()
  const send = (command: object, atMs: number) => {
    const full = { ...Object.fromEntries(Object.entries(command).filter(([, value]) => value !== undefined)), at_ms: atMs, owner: 'test' } as Command
    const before = events.length
    const outcome = apply(state, full, {
      book: (seen) => audit.book(seen),
      event(event) {
        events.push(event)
        audit.event(event, null)
      },
      posting: () => undefined,
    })
    expect(audit.end(state.seq)).toBeNull()
    if (outcome.ok || events.length > before) commands.push(full)
    return { fresh: events.slice(before), outcome }
  }
  for (const command of OPENING) send('params' in command ? { ...command, params } : command, START_MS)
  return { commands, events, send, state }
}

/** What is leased never passes what there is, on any executor and in sum; capacity that shrank under running leases sells nothing more. */
function assertCapacity(state: State, grewFrom: Map<string, number>): void {
  const sold = new Map<string, number>()
  for (const lease of state.leases.values()) {
    sold.set(`${lease.executor_id} cpu`, (sold.get(`${lease.executor_id} cpu`) ?? 0) + lease.quantities.cpu)
    sold.set(`${lease.executor_id} memory`, (sold.get(`${lease.executor_id} memory`) ?? 0) + lease.quantities.memory)
    sold.set('attention', (sold.get('attention') ?? 0) + lease.quantities.attention)
    sold.set('llm', (sold.get('llm') ?? 0) + lease.quantities.llm)
  }
  for (const [key, amount] of sold) {
    const [executorId, resource] = key.includes(' ') ? (key.split(' ') as [string, 'cpu' | 'memory']) : [null, null]
    const whole =
      resource === null
        ? key === 'llm'
          ? state.params.llm_micro_usd_per_minute
          : [...state.humans.values()].filter((human) => human.on_duty).length
        : executorId === 'null'
          ? 0
          : (state.executors.get(executorId as string)?.[resource] ?? 0)
    if (amount > 0) expect(amount, key).toBeLessThanOrEqual(Math.max(whole, grewFrom.get(key) ?? 0))
  }
  grewFrom.clear()
  for (const [key, amount] of sold) grewFrom.set(key, amount)
}

const property = (length: number, runs: number, check: (steps: readonly { command: object; elapsed_ms: number }[]) => void) =>
  fc.assert(fc.property(sequences(length), check), { numRuns: runs, seed: SEED })

describe(`random command sequences (seed ${SEED})`, () => {
  it('conserve every asset, overdraw nobody and never sell more than there is', () => {
    property(120, 150, (steps) => {
      const walk = begin()
      const sold = new Map<string, number>()
      let now = START_MS
      for (const { command, elapsed_ms } of steps) {
        now = Math.max(START_MS, now + elapsed_ms)
        walk.send(command, now)
        assertConserved(walk.state.ledger)
        const held = [...walk.state.agents.values()].reduce((sum, agent) => sum + agent.held_micro, 0)
        const claimed =
          [...walk.state.bids.values()].reduce((sum, bid) => sum + bid.amount_micro, 0) +
          [...walk.state.invocations.values()].reduce((sum, one) => sum + one.held_micro, 0) +
          [...walk.state.tool_calls.values()].reduce((sum, one) => sum + one.price_micro, 0)
        expect(held).toBe(claimed)
        expect(walk.state.ledger.balances[2]).toBe(held)
        assertCapacity(walk.state, sold)
      }
    })
  })

  it('leave the state untouched when refused, and answer a retry with the first answer', () => {
    property(60, 60, (steps) => {
      const walk = begin()
      const first = new Map<string, { content: string; outcome: Outcome }>()
      let now = START_MS
      for (const { command, elapsed_ms } of steps) {
        now = Math.max(walk.state.at_ms, now + elapsed_ms)
        const before = snapshot(walk.state)
        const { fresh, outcome } = walk.send(command, now)
        if (!outcome.ok && fresh.length === 0) expect(snapshot(walk.state)).toBe(before)
        if (!outcome.ok && fresh.length > 0) expect(fresh.map((event) => event.type)).toEqual(['bid_rejected'])
        const { id } = command as { id?: string }
        if (id === undefined) continue
        const known = first.get(id)
        if (known === undefined) {
          if (outcome.ok) first.set(id, { content: canonicalJson(command), outcome })
        } else if (known.content === canonicalJson(command)) expect(outcome).toEqual({ ...known.outcome, repeated: true })
        else expect(outcome).toMatchObject({ ok: false, refusal: { code: 'id_reused' } })
      }
    })
  })

  it('give the same bytes when re-executed, from the start and from a snapshot in the middle', () => {
    property(100, 60, (steps) => {
      const walk = begin()
      let now = START_MS
      let middle = { at: 0, text: '' }
      for (const [index, { command, elapsed_ms }] of steps.entries()) {
        now = Math.max(START_MS, now + elapsed_ms)
        walk.send(command, now)
        if (index === Math.floor(steps.length / 2)) middle = { at: walk.commands.length, text: snapshot(walk.state) }
      }
      const again: EconomyEvent[] = []
      const fresh = createState()
      replay(fresh, walk.commands, { event: (event) => void again.push(event), posting: () => undefined })
      expect(JSON.stringify(again)).toBe(JSON.stringify(walk.events))
      expect(stateHash(fresh)).toBe(stateHash(walk.state))
      const restored = restore(middle.text)
      replay(restored, walk.commands.slice(middle.at))
      expect(stateHash(restored)).toBe(stateHash(walk.state))
      for (const event of again) expect(eventText(event)).toBe(canonicalJson(event))
    })
  })

  it('clear as an auditor with code of its own does, with certificates that recompute', () => {
    property(120, 120, (steps) => {
      const walk = begin()
      let now = START_MS
      for (const { command, elapsed_ms } of steps) {
        now = Math.max(walk.state.at_ms, now + elapsed_ms)
        walk.send(command, now)
        if ((command as Command).type === 'tick') walk.state.book_changed = true
      }
      for (const event of walk.events) {
        if (event.type !== 'market_cleared') continue
        const { hash, ...certificate } = event.data.certificate
        expect(certificateHash(certificate)).toBe(hash)
      }
    })
  })

  it('say that a beat is idle only when it would change nothing', () => {
    property(80, 80, (steps) => {
      const walk = begin()
      let now = START_MS
      for (const { command, elapsed_ms } of steps) {
        now = Math.max(walk.state.at_ms, now + elapsed_ms)
        walk.send(command, now)
        const later = walk.state.at_ms + 100
        if (!beatIsIdle(walk.state, later)) continue
        const copy = restore(snapshot(walk.state))
        const events: EconomyEvent[] = []
        apply(copy, { at_ms: later, owner: 'test', type: 'tick' }, { event: (event) => void events.push(event), posting: () => undefined })
        expect(events).toEqual([])
        copy.at_ms = walk.state.at_ms
        expect(stateHash(copy)).toBe(stateHash(walk.state))
      }
    })
  })
})
