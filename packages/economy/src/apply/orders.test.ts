import { COMMANDS, type Command, type EconomyEvent } from '@syntropism/contract'
import { describe, expect, it } from 'vitest'
import { DEFAULT_PARAMS, apply, assertConserved, createState, freeMicro, restore, snapshot, stateHash } from '../index.ts'

const T0 = 1_700_000_000_000
const credits = (amount: number): number => amount * 1_000_000
const WINDOW = { amount_micro: credits(20), bundle: { cpu: 250_000, memory: 62_500 }, duration_ms: 4000 }
const audit = { by: 'ada', reason: 'a test' }

function createWorld() {
  const state = createState()
  const events: EconomyEvent[] = []
  const send = (command: Record<string, unknown> & { type: Command['type'] }) => {
    const full = COMMANDS[command.type].parse({ at_ms: state.at_ms || T0, owner: 'test', ...command }) as Command
    return apply(state, full, { event: (event) => events.push(event), posting: () => undefined })
  }
  send({ economy_id: 'test', params: DEFAULT_PARAMS, rules_version: 1, type: 'genesis' })
  send({ cpu_millicores: 1000, executor_id: 'local', incarnation: 'i1', memory_mb: 2048, reports: true, type: 'register_executor' })
  for (const agent_id of ['a', 'b']) send({ agent_id, grant_micro: credits(100), name: agent_id, type: 'create_agent' })
  const bid = (agent_id: string) => send({ ...WINDOW, agent_id, payer_id: agent_id, type: 'place_bid' })
  const tick = (ms: number) => send({ at_ms: state.at_ms + ms, type: 'tick' })
  const runs = (): string[] => [...state.leases.values()].map((lease) => lease.agent_id)
  const of = <T extends EconomyEvent['type']>(type: T): EconomyEvent<T>[] => events.filter((event) => event.type === type) as EconomyEvent<T>[]
  return { bid, events, of, runs, send, state, tick }
}

describe('pausing', () => {
  it('keeps the bids of a paused agent in the book, and runs them once it is resumed', () => {
    const { bid, runs, send, state, tick } = createWorld()
    send({ agent_id: 'a', audit, end_now: false, type: 'pause_windows' })
    bid('a')
    bid('b')
    tick(100)
    expect(runs()).toEqual(['b'])
    expect(state.bids.size).toBe(1)
    expect(state.agents.get('a')?.held_micro).toBe(WINDOW.amount_micro)
    send({ agent_id: 'a', audit, type: 'resume_windows' })
    tick(100)
    expect(runs().toSorted()).toEqual(['a', 'b'])
  })

  it('lets a running window go to its end, or ends it and returns the unused part of its price', () => {
    const { bid, of, runs, send, state, tick } = createWorld()
    bid('a')
    tick(100)
    send({ executor_id: 'local', incarnation: 'i1', lease_id: 'lease-1', type: 'start_lease' })
    send({ agent_id: null, audit, end_now: false, type: 'pause_windows' })
    expect(runs()).toEqual(['a'])
    send({ agent_id: null, at_ms: state.at_ms + 1000, audit, end_now: true, type: 'pause_windows' })
    expect(runs()).toEqual([])
    expect(of('execution_terminated').at(-1)?.data).toMatchObject({ cause: 'host_failure', refunded_micro: credits(15) })
    expect(freeMicro(state, state.agents.get('a') as never)).toBe(credits(95))
    expect(of('windows_paused').at(-1)?.data).toEqual({ agent_id: null, ended: ['lease-1'] })
    assertConserved(state.ledger)
  })

  it('of everyone outlasts a restart, and does not lift the pause of one', () => {
    const { bid, send, state } = createWorld()
    send({ agent_id: 'a', audit, end_now: false, type: 'pause_windows' })
    send({ agent_id: null, audit, end_now: false, type: 'pause_windows' })
    bid('a')
    bid('b')
    const again = restore(snapshot(state))
    expect(stateHash(again)).toBe(stateHash(state))
    const events: EconomyEvent[] = []
    const sink = { event: (event: EconomyEvent) => void events.push(event), posting: () => undefined }
    apply(again, { at_ms: again.at_ms + 100, owner: 'test', type: 'tick' }, sink)
    expect(again.leases.size).toBe(0)
    apply(again, { agent_id: null, at_ms: again.at_ms, owner: 'test', type: 'resume_windows' }, sink)
    apply(again, { at_ms: again.at_ms + 100, owner: 'test', type: 'tick' }, sink)
    expect([...again.leases.values()].map((lease) => lease.agent_id)).toEqual(['b'])
  })

  it('is unknown to a snapshot from before it existed', () => {
    const { state } = createWorld()
    const { paused: _paused, ...older } = JSON.parse(snapshot(state)) as Record<string, unknown>
    expect(restore(JSON.stringify(older)).paused).toEqual({ agents: new Set(), everyone: false })
  })
})

describe('tuning', () => {
  it('changes single numbers, says what moved, and brings prices inside their new bounds', () => {
    const { of, send, state } = createWorld()
    const outcome = send({
      audit,
      changes: {
        curves: { cpu: { floor_micro_per_s: credits(6) } },
        reward_weights_micro: { useful: credits(70) },
        spawn_cost_micro: DEFAULT_PARAMS.spawn_cost_micro,
      },
      type: 'tune_rules',
    })
    expect(outcome.ok).toBe(true)
    expect(state.params.curves.cpu).toEqual({ ...DEFAULT_PARAMS.curves.cpu, floor_micro_per_s: credits(6) })
    expect(state.params.reward_weights_micro).toEqual({ ...DEFAULT_PARAMS.reward_weights_micro, useful: credits(70) })
    expect(Object.keys(of('rules_tuned')[0]?.data.after ?? {}).toSorted()).toEqual(['curves', 'reward_weights_micro'])
    expect(of('price_update')[0]?.data).toMatchObject({ new_price_micro_per_s: credits(6), reason: 'rules_changed', resource: 'cpu' })
  })

  it.each([
    ['a floor above its ceiling', { curves: { cpu: { floor_micro_per_s: credits(2_000_000) } } }, 'curves.cpu.floor_micro_per_s'],
    ['a low threshold above the high one', { curves: { memory: { low_ppm: 900_000 } } }, 'curves.memory.low_ppm'],
    ['a price that falls by all of itself', { curves: { llm: { down_ppm: 1_000_000 } } }, 'curves.llm.down_ppm'],
    ['a shortest window longer than the longest', { bid_duration_ms_min: 1_000_000 }, 'bid_duration_ms_min'],
  ])('refuses %s, and nothing changes', (_what, changes, field) => {
    const { send, state } = createWorld()
    const before = snapshot(state)
    expect(send({ audit, changes, type: 'tune_rules' })).toMatchObject({ ok: false, refusal: { code: 'command_invalid', detail: { field } } })
    expect(snapshot(state)).toBe(before)
  })
})

describe('an order', () => {
  it('is announced before its effects with who, why and what, under the same cause', () => {
    const { events, send } = createWorld()
    const from = events.length
    send({ agent_id: 'a', amount_micro: credits(5), audit, id: 'grant-1', type: 'fund' })
    const [order, ...effects] = events.slice(from)
    expect(order).toMatchObject({
      agent_id: 'a',
      cause_id: 'grant-1',
      data: { action: 'fund', agent_id: 'a', by: 'ada', details: { amount_micro: credits(5) }, reason: 'a test' },
      type: 'operator_acted',
    })
    expect(effects.length).toBeGreaterThan(0)
    expect(effects.every((event) => event.cause_id === 'grant-1')).toBe(true)
  })

  it('that is refused is announced nowhere, and a token’s hash is told to nobody', () => {
    const { of, send } = createWorld()
    expect(send({ agent_id: 'nobody', audit, end_now: true, type: 'pause_windows' })).toMatchObject({ ok: false, refusal: { code: 'agent_unknown' } })
    expect(of('operator_acted')).toEqual([])
    send({
      audit,
      expires_at_ms: null,
      key_id: 'k',
      models: [],
      name: 'k',
      parallel_max: 1,
      requests_per_minute: 1,
      token_hash: 'f'.repeat(64),
      tokens_per_minute: 1,
      type: 'create_llm_key',
      windows: [{ limit_micro_usd: 1, window_ms: 0 }],
    })
    expect(of('operator_acted')).toHaveLength(1)
    expect(JSON.stringify(of('operator_acted'))).not.toContain('ffff')
  })

  it('can be a message, from “system” and at no cost, as far as the inbox has room', () => {
    const { of, send, state } = createWorld()
    send({ changes: { inbox_max: 1 }, type: 'tune_rules' })
    expect(send({ agent_id: 'a', audit, content: 'hold on', type: 'instruct_agent' }).ok).toBe(true)
    expect(of('message_sent')[0]?.data).toMatchObject({ content: 'hold on', from_agent: 'system', to_agent: 'a' })
    expect(freeMicro(state, state.agents.get('a') as never)).toBe(credits(100))
    expect(send({ agent_id: 'a', audit, content: 'again', type: 'instruct_agent' })).toMatchObject({ ok: false, refusal: { code: 'inbox_full' } })
  })
})

describe('a fork', () => {
  it('keeps everything but the name, and makes ids of events that its parent never makes', () => {
    const { bid, events, send, state, tick } = createWorld()
    bid('a')
    tick(100)
    const before = snapshot(state)
    const parent = restore(before)
    const parent_hash = 'f'.repeat(64)
    expect(send({ economy_id: 'test', parent_hash, type: 'fork' })).toMatchObject({ ok: false, refusal: { code: 'economy_exists' } })
    expect(send({ economy_id: 'other', parent_hash, type: 'fork' }).ok).toBe(true)
    expect(events.at(-1)?.data).toEqual({ economy_id: 'other', parent_economy_id: 'test', parent_hash, parent_seq: parent.seq })
    const { economy_id, event_id_prefix, seq, ...rest } = JSON.parse(snapshot(state)) as Record<string, unknown>
    const { economy_id: parentId, event_id_prefix: parentPrefix, seq: parentSeq, ...parentRest } = JSON.parse(before) as Record<string, unknown>
    expect(rest).toEqual(parentRest)
    expect([economy_id, seq]).toEqual(['other', Number(parentSeq) + 1])
    expect([parentId, parentPrefix]).not.toContain(event_id_prefix)
    expect(events.at(-1)?.event_id.startsWith(String(event_id_prefix))).toBe(true)
    assertConserved(state.ledger)
  })
})
