import { COMMANDS, type Command, EVENTS, type EconomyEvent } from '@syntropism/contract'
import { describe, expect, it } from 'vitest'
import {
  type State,
  apply,
  assertConserved,
  canonicalJson,
  createState,
  eventText,
  DEFAULT_PARAMS,
  freeMicro,
  replay,
  restore,
  snapshot,
  stateHash,
} from '../index.ts'

const T0 = 1_700_000_000_000
const credits = (amount: number): number => amount * 1_000_000
const STANDING = { bundle: { cpu: 250_000, memory: 62_500 }, duration_ms: 3000, limit_micro: credits(20), margin_ppm: 250_000, pause_ms: 1000 }

/** A small world driven by hand: keeps every command and event. */
function createWorld() {
  const state = createState()
  const events: EconomyEvent[] = []
  const commands: Command[] = []
  const send = (command: Record<string, unknown> & { type: Command['type'] }) => {
    const full = COMMANDS[command.type].parse({ at_ms: state.at_ms || T0, owner: 'test', ...command }) as Command
    commands.push(full)
    return apply(state, full, { event: (event) => events.push(event), posting: () => {} })
  }
  send({ economy_id: 'test', params: DEFAULT_PARAMS, rules_version: 1, type: 'genesis' })
  return { commands, events, send, state, types: () => events.map((event) => event.type) }
}

function withAgent(grant = 1000) {
  const world = createWorld()
  world.send({ cpu_millicores: 1000, executor_id: 'local', incarnation: 'i1', memory_mb: 2048, reports: true, type: 'register_executor' })
  world.send({ agent_id: 'genesis', grant_micro: credits(grant), name: 'genesis', standing_bid: STANDING, type: 'create_agent' })
  return world
}

const tick = (world: ReturnType<typeof createWorld>, ms: number) => world.send({ at_ms: world.state.at_ms + ms, type: 'tick' })
const balance = (state: State, id: string): number => freeMicro(state, state.agents.get(id) as never)

it('JSON nested without end is refused before anything walks through it', () => {
  const world = withAgent()
  const nested = (levels: number): unknown => Array.from({ length: levels }).reduce<unknown>((inner) => [inner], 1)
  const bid = { agent_id: 'genesis', amount_micro: credits(5), bundle: { cpu: 250_000, memory: 62_500 }, duration_ms: 3000, payer_id: 'genesis' }
  const place = (levels: number) =>
    apply(
      world.state,
      { ...bid, at_ms: world.state.at_ms, id: `k${levels}`, owner: 'test', payload: nested(levels) as never, type: 'place_bid' },
      { event: (event) => world.events.push(event), posting: () => {} },
    )
  for (const levels of [65, 100_000]) expect(place(levels)).toMatchObject({ ok: false, refusal: { code: 'command_invalid', detail: { field: 'payload' } } })
  expect(place(64)).toMatchObject({ ok: true })
})

describe('the target flow', () => {
  it('goes from bid to price in the order of the design', () => {
    const world = withAgent()
    world.send({
      agent_id: 'genesis',
      amount_micro: credits(50),
      bundle: { cpu: 900_000, memory: 100_000 },
      duration_ms: 4000,
      payer_id: 'genesis',
      type: 'place_bid',
    })
    tick(world, 100)
    for (let i = 0; i < 45; i++) tick(world, 100)
    const kinds = world.events.filter((event) =>
      ['bid_placed', 'credits_transferred', 'resources_allocated', 'utilisation_changed', 'price_update'].includes(event.type),
    )
    const burn = kinds.findIndex((event) => event.type === 'credits_transferred' && event.data.purpose === 'resource_burn')
    const order = [
      kinds.findIndex((event) => event.type === 'bid_placed'),
      kinds.findIndex((event) => event.type === 'credits_transferred' && event.data.purpose === 'bid_hold'),
      burn,
      kinds.findIndex((event) => event.type === 'resources_allocated'),
      kinds.findIndex((event, index) => event.type === 'utilisation_changed' && index > burn),
      kinds.findIndex((event) => event.type === 'price_update'),
    ]
    expect(order.every((index) => index >= 0)).toBe(true)
    expect([...order].sort((a, b) => a - b)).toEqual(order)
    assertConserved(world.state.ledger)
  })

  it('emits every event in canonical form and in the shape of its schema', () => {
    const world = withAgent()
    tick(world, 100)
    world.send({ executor_id: 'local', incarnation: 'i1', lease_id: 'lease-1', type: 'start_lease' })
    world.send({ agent_id: 'genesis', amount_micro: credits(10), content: { z: 1, text: 'a question' }, lease_id: 'lease-1', type: 'file_prompt' })
    world.send({ human_id: 'ada', on_duty: true, type: 'set_duty' })
    tick(world, 100)
    world.send({ human_id: 'ada', prompt_id: 'prompt-1', scores: { interesting: 7, understandable: 6, useful: 8 }, type: 'score_prompt' })
    world.send({
      at_ms: world.state.at_ms + 500,
      cause: 'completed',
      cpu_ms: 100,
      detail: '',
      elapsed_ms: 500,
      executor_id: 'local',
      exit_code: 0,
      incarnation: 'i1',
      lease_id: 'lease-1',
      memory_mb_ms: 1000,
      memory_peak_mb: 40,
      type: 'end_lease',
    })
    world.send({ endowment_micro: credits(500), name: 'child', parent_id: 'genesis', type: 'spawn' })
    for (let i = 0; i < 100; i++) tick(world, 100)
    for (const event of world.events) {
      expect(JSON.parse(JSON.stringify(event.data))).toEqual(EVENTS[event.type].data.parse(event.data))
      expect(eventText(event)).toBe(canonicalJson(event))
    }
    expect(world.types()).toContain('human_reward_issued')
    expect(world.types()).toContain('agent_spawned')
    assertConserved(world.state.ledger)
  })

  it('burns the price of a won window and returns what the hold had above it', () => {
    const world = withAgent()
    expect(balance(world.state, 'genesis')).toBe(credits(980))
    tick(world, 100)
    // 4 credits/s × 25 % × 3 s + 1 credit/s × 6.25 % × 3 s = 3.1875; × 1.25 = 3.984375
    expect(balance(world.state, 'genesis')).toBe(credits(1000) - 3_984_375)
  })
})

describe('attention', () => {
  it('mints 1 050 credits for scores of 7, 8 and 6, and burns the bid', () => {
    const world = withAgent()
    world.send({ human_id: 'ada', on_duty: true, type: 'set_duty' })
    world.send({ agent_id: 'genesis', amount_micro: credits(10), content: {}, type: 'file_prompt' })
    const before = balance(world.state, 'genesis')
    const outcome = world.send({ human_id: 'ada', prompt_id: 'prompt-1', scores: { interesting: 7, understandable: 6, useful: 8 }, type: 'score_prompt' })
    expect(outcome).toMatchObject({ ok: true, result: { credits_awarded_micro: credits(1050) } })
    expect(balance(world.state, 'genesis') - before).toBe(credits(1050))
    expect(
      world.send({ human_id: 'ada', prompt_id: 'prompt-1', scores: { interesting: 1, understandable: 1, useful: 1 }, type: 'score_prompt' }),
    ).toMatchObject({ ok: false, refusal: { code: 'prompt_unknown' } })
  })

  it('returns a prompt’s credits in full at its deadline, and mints nothing', () => {
    const world = withAgent()
    world.send({ agent_id: 'genesis', standing_bid: null, type: 'set_standing_bid' })
    world.send({ agent_id: 'genesis', amount_micro: credits(10), content: {}, type: 'file_prompt' })
    expect(balance(world.state, 'genesis')).toBe(credits(990))
    tick(world, 600_000)
    expect(balance(world.state, 'genesis')).toBe(credits(1000))
    expect(world.state.ledger.rewarded_micro).toBe(0)
  })
})

describe('life', () => {
  it('tells a crash from an economic death: three in a row and the agent sleeps as crashed', () => {
    const world = withAgent()
    for (let crash = 1; crash <= 3; crash++) {
      for (let i = 0; i < 20 && world.state.leases.size === 0; i++) tick(world, 100)
      const lease_id = `lease-${crash}`
      world.send({ executor_id: 'local', incarnation: 'i1', lease_id, type: 'start_lease' })
      world.send({
        cause: 'crashed',
        cpu_ms: 1,
        detail: 'boom',
        elapsed_ms: 10,
        executor_id: 'local',
        exit_code: 1,
        incarnation: 'i1',
        lease_id,
        memory_mb_ms: 1,
        memory_peak_mb: 1,
        type: 'end_lease',
      })
    }
    expect(world.state.agents.get('genesis')?.status).toBe('dormant')
    expect(world.events.at(-1)).toMatchObject({ data: { reason: 'crashed' }, type: 'agent_dormant' })
  })

  it('wakes a dormant agent by another’s payment and refuses the dead', () => {
    const world = withAgent()
    world.send({ agent_id: 'poor', grant_micro: credits(1), name: 'poor', standing_bid: STANDING, type: 'create_agent' })
    expect(world.state.agents.get('poor')?.status).toBe('waiting')
    world.send({ agent_id: 'broke', grant_micro: 0, name: 'broke', standing_bid: STANDING, type: 'create_agent' })
    expect(world.state.agents.get('broke')?.status).toBe('dormant')
    world.send({ amount_micro: credits(10), from_agent_id: 'genesis', purpose: 'gift', to_agent_id: 'broke', type: 'transfer' })
    expect(world.events.findLast((event) => event.type === 'agent_awake')?.data).toMatchObject({ agent_id: 'broke', awakened_by: 'genesis' })
    world.send({ agent_id: 'broke', reason: 'test', type: 'kill_agent' })
    expect(world.send({ amount_micro: 1, from_agent_id: 'genesis', purpose: 'gift', to_agent_id: 'broke', type: 'transfer' })).toMatchObject({
      ok: false,
      refusal: { code: 'agent_dead' },
    })
    assertConserved(world.state.ledger)
  })
})

describe('replay', () => {
  it('gives the same events and the same state hash, also from a snapshot in the middle', () => {
    const world = withAgent()
    for (let i = 0; i < 50; i++) tick(world, 100)
    const middle = snapshot(world.state)
    const at = world.commands.length
    for (let i = 0; i < 100; i++) tick(world, 100)
    const again: EconomyEvent[] = []
    const fresh = createState()
    replay(fresh, world.commands, { event: (event) => again.push(event), posting: () => {} })
    expect(JSON.stringify(again)).toBe(JSON.stringify(world.events))
    expect(stateHash(fresh)).toBe(stateHash(world.state))
    const restored = restore(middle)
    replay(restored, world.commands.slice(at))
    expect(stateHash(restored)).toBe(stateHash(world.state))
  })
})

describe('ids', () => {
  it('answers a retry with the first answer and refuses other content under the same id', () => {
    const world = withAgent()
    world.send({ agent_id: 'other', grant_micro: 0, name: 'other', type: 'create_agent' })
    const gift = { amount_micro: 5, from_agent_id: 'genesis', id: 'k1', purpose: 'gift', to_agent_id: 'other', type: 'transfer' as const }
    const first = world.send(gift)
    const second = world.send(gift)
    expect(second).toMatchObject({ ok: true, repeated: true, result: (first as { result: unknown }).result })
    expect(balance(world.state, 'other')).toBe(5)
    expect(world.send({ ...gift, amount_micro: 6 })).toMatchObject({ ok: false, refusal: { code: 'id_reused' } })
  })
})
