import { COMMANDS, type Command, type EconomyEvent } from '@syntropism/contract'
import { describe, expect, it } from 'vitest'
import { apply, createState, restore, snapshot, stateHash } from '../apply/index.ts'
import { BURN, assertConserved, balanceOf } from '../ledger/index.ts'
import { DEFAULT_PARAMS } from '../params/index.ts'

const T0 = 1_700_000_000_000
const START = 100_000_000

function createWorld() {
  const state = createState()
  const events: EconomyEvent[] = []
  const world = {
    admit: (price: number, more: object = {}) =>
      world.send({
        agent_id: 'a',
        arguments: { x: 1 },
        deadline_ms: 10_000,
        price_micro: price,
        server_id: 's',
        tool_name: 't',
        tries_max: 2,
        type: 'admit_tool_call',
        ...more,
      }),
    at: T0,
    balance: () => balanceOf(state.ledger, state.agents.get('a')?.account ?? 0),
    burned: () => balanceOf(state.ledger, BURN),
    of: (type: EconomyEvent['type']) => events.filter((event) => event.type === type).map((event) => event.data),
    send(command: { type: Command['type'] } & Record<string, unknown>) {
      const full = COMMANDS[command.type].parse({ at_ms: world.at, owner: 'test', ...command }) as Command
      const outcome = apply(state, full, { event: (event) => void events.push(event), posting: () => undefined })
      assertConserved(state.ledger)
      return outcome
    },
    settle: (call: number, outcome: 'answered' | 'failed', reason = 'done') =>
      world.send({ call_id: `tool-call-${call}`, outcome, reason, result: { answer: 42 }, type: 'settle_tool_call' }),
    state,
  }
  world.send({ economy_id: 'e', params: DEFAULT_PARAMS, rules_version: 1, type: 'genesis' })
  world.send({ agent_id: 'a', grant_micro: START, name: 'a', type: 'create_agent' })
  return world
}

describe('a call of a tool', () => {
  it('holds its price, burns it when the tool has answered, and gives it back otherwise', () => {
    const world = createWorld()
    expect(world.admit(3_000_000)).toMatchObject({ ok: true, result: { call_id: 'tool-call-1', due_at_ms: T0 + 10_000 } })
    expect(world.admit(2_000_000)).toMatchObject({ ok: true })
    expect([world.balance(), world.state.agents.get('a')?.held_micro]).toEqual([START - 5_000_000, 5_000_000])
    world.settle(1, 'answered')
    world.settle(2, 'failed', 'timeout')
    expect([world.balance(), world.burned(), world.state.agents.get('a')?.held_micro]).toEqual([START - 3_000_000, 3_000_000, 0])
    expect(world.of('tool_call_settled')).toMatchObject([
      { call_id: 'tool-call-1', charged_micro: 3_000_000, outcome: 'answered', reason: 'done', result: { answer: 42 } },
      { call_id: 'tool-call-2', charged_micro: 0, outcome: 'failed', reason: 'timeout' },
    ])
    expect(world.of('credits_transferred').slice(1)).toMatchObject([
      { hold_id: 'tool-call-1', purpose: 'tool_hold' },
      { hold_id: 'tool-call-2', purpose: 'tool_hold' },
      { hold_id: 'tool-call-1', purpose: 'tool_burn', to_agent: 'burn' },
      { hold_id: 'tool-call-2', purpose: 'tool_release', to_agent: 'a' },
    ])
  })

  it('is settled once, whoever comes later', () => {
    const world = createWorld()
    world.admit(3_000_000)
    world.settle(1, 'answered')
    for (const outcome of ['answered', 'failed'] as const)
      expect(world.settle(1, outcome)).toMatchObject({ ok: false, refusal: { code: 'tool_call_unknown', detail: { call_id: 'tool-call-1' } } })
    expect(world.burned()).toBe(3_000_000)
  })

  it('is tried as often as it may be, whoever tries', () => {
    const world = createWorld()
    world.admit(3_000_000)
    const start = () => world.send({ call_id: 'tool-call-1', type: 'start_tool_call' })
    expect(start()).toMatchObject({ ok: true, result: { attempt: 1 } })
    expect(start()).toMatchObject({ ok: true, result: { attempt: 2 } })
    expect(start()).toMatchObject({ ok: false, refusal: { code: 'tool_call_exhausted', detail: { tries: 2, tries_max: 2 } } })
    world.settle(1, 'failed')
    expect(start()).toMatchObject({ ok: false, refusal: { code: 'tool_call_unknown' } })
  })

  it('is refused without the credits, of the dead and of the unknown, and changes nothing', () => {
    const world = createWorld()
    expect(world.admit(START + 1)).toMatchObject({
      ok: false,
      refusal: { code: 'credits_insufficient', detail: { available_micro: START, required_micro: START + 1 } },
    })
    expect(world.admit(1, { agent_id: 'nobody' })).toMatchObject({ ok: false, refusal: { code: 'agent_unknown' } })
    world.send({ agent_id: 'a', reason: 'test', type: 'kill_agent' })
    expect(world.admit(1)).toMatchObject({ ok: false, refusal: { code: 'agent_dead' } })
    expect(world.of('tool_call_admitted')).toEqual([])
  })

  it('that nobody settles is released at its deadline', () => {
    const world = createWorld()
    world.admit(3_000_000)
    world.at = T0 + 9999
    world.send({ type: 'tick' })
    expect(world.state.tool_calls.size).toBe(1)
    world.at = T0 + 10_000
    world.send({ type: 'tick' })
    expect(world.of('tool_call_settled')).toMatchObject([{ charged_micro: 0, elapsed_ms: 10_000, outcome: 'failed', reason: 'deadline' }])
    expect(world.balance()).toBe(START)
  })

  it('ends with its agent, and keeps a poor one from dying of it', () => {
    const world = createWorld()
    world.admit(START)
    world.at += 100
    world.send({ type: 'tick' })
    expect(world.state.agents.get('a')?.status).not.toBe('dead')
    world.send({ agent_id: 'a', reason: 'test', type: 'kill_agent' })
    expect(world.of('tool_call_settled')).toMatchObject([{ charged_micro: 0, outcome: 'failed', reason: 'agent_dead' }])
    expect(world.state.agents.get('a')?.held_micro).toBe(0)
  })

  it('that takes the last credits ends the life of an agent with nothing else', () => {
    const world = createWorld()
    world.admit(START)
    world.settle(1, 'answered')
    expect(world.state.agents.get('a')?.status).toBe('dead')
    expect(world.of('agent_died')).toMatchObject([{ cause: 'economic' }])
  })

  it('survives a snapshot, also one that was written before there were tools', () => {
    const world = createWorld()
    world.admit(3_000_000)
    const restored = restore(snapshot(world.state))
    expect(stateHash(restored)).toBe(stateHash(world.state))
    expect(restored.tool_calls.get('tool-call-1')).toMatchObject({ price_micro: 3_000_000 })
    const old = JSON.parse(snapshot(createState())) as { counters: { tool_call?: number }; tool_calls?: unknown }
    delete old.tool_calls
    delete old.counters.tool_call
    expect(restore(JSON.stringify(old))).toMatchObject({ counters: { tool_call: 0 }, tool_calls: new Map() })
  })
})
