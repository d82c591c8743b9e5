import { COMMANDS, type Command } from '@syntropism/contract'
import { describe, expect, it } from 'vitest'
import { CreditFlow, DEFAULT_PARAMS, apply, createState, indicatorsOf, priceIndex, stateHash, welfareOf } from '../index.ts'

const T0 = 1_700_000_000_000

/** One executor of 1 000 milli-cores, agents `a` and `b` with 300 and 100 credits. */
function world() {
  const state = createState()
  const flow = new CreditFlow()
  const send = (command: Record<string, unknown> & { type: Command['type'] }) =>
    apply(state, COMMANDS[command.type].parse({ at_ms: state.at_ms || T0, owner: 'test', ...command }) as Command, {
      event: (event) => flow.observe(event),
      posting: () => {},
    })
  send({ economy_id: 'i', params: DEFAULT_PARAMS, rules_version: 1, type: 'genesis' })
  send({ cpu_millicores: 1000, executor_id: 'x', incarnation: 'i', memory_mb: 2048, reports: false, type: 'register_executor' })
  send({ agent_id: 'a', grant_micro: 300_000_000, name: 'a', type: 'create_agent' })
  send({ agent_id: 'b', grant_micro: 100_000_000, name: 'b', type: 'create_agent' })
  const bid = (agent: string, cpu: number, amount: number) =>
    send({ agent_id: agent, amount_micro: amount, bundle: { cpu, memory: 100_000 }, duration_ms: 5000, payer_id: agent, type: 'place_bid' })
  return { bid, flow, send, state }
}

describe('indicators', () => {
  it('are those of hand: Gini and Jain of (300, 100), supply, opening prices, nothing sold', () => {
    const { flow, state } = world()
    expect(indicatorsOf(state, flow)).toMatchObject({
      births: 0,
      burned_micro: 0,
      circulating_micro: 400_000_000,
      deaths: 0,
      gap: 0,
      gini: 0.25,
      granted_micro: 400_000_000,
      jain: 0.8,
      minted_micro: 400_000_000,
      population: 2,
      price_cpu_micro_per_s: 4_000_000,
      price_index: 1,
      utilisation_cpu: 0,
      velocity_per_minute: 0,
      welfare_micro_per_s: 0,
    })
  })

  it('count a payment and a burn as credits that change hands, a hold and a grant not', () => {
    const { bid, flow, send, state } = world()
    send({ amount_micro: 20_000_000, from_agent_id: 'a', purpose: 'x', to_agent_id: 'b', type: 'transfer' })
    bid('a', 600_000, 60_000_000)
    expect(indicatorsOf(state, flow)).toMatchObject({ moved_micro_per_minute: 20_000_000, velocity_per_minute: 0.05 })
    send({ at_ms: T0 + 100, type: 'tick' })
    expect(indicatorsOf(state, flow)).toMatchObject({
      burned_micro: 60_000_000,
      circulating_micro: 340_000_000,
      moved_micro_per_minute: 80_000_000,
      utilisation_cpu: 0.6,
    })
    send({ agent_id: 'a', amount_micro: 5_000_000, at_ms: T0 + 61_000, type: 'fund' })
    expect(indicatorsOf(state, flow).moved_micro_per_minute).toBe(0)
    expect(flow.moved_micro).toBe(80_000_000)
  })

  it('hold the worth of what runs against a bound that counts who waits: what came too late is in the gap', () => {
    const { bid, flow, send, state } = world()
    bid('a', 600_000, 50_000_000)
    send({ at_ms: T0 + 100, type: 'tick' })
    expect(welfareOf(state)).toEqual({ bound_micro_per_s: 10_000_000, served_micro_per_s: 10_000_000 })
    bid('b', 600_000, 80_000_000)
    send({ at_ms: T0 + 200, type: 'tick' })
    const { bound_micro_per_s: bound, served_micro_per_s: served } = welfareOf(state)
    expect(served).toBe(10_000_000)
    // Either alone fits; the best is b's 16 a second, the fractional bound lies at or above it and below the sum.
    expect(bound).toBeGreaterThanOrEqual(16_000_000)
    expect(bound).toBeLessThan(26_000_000)
    expect(indicatorsOf(state, flow).gap).toBeCloseTo(1 - served / bound, 12)
  })

  it('follow population and lineage through birth and death', () => {
    const { flow, send, state } = world()
    send({ endowment_micro: 10_000_000, name: 'c', parent_id: 'a', type: 'spawn' })
    expect(indicatorsOf(state, flow)).toMatchObject({ births: 1, deaths: 0, generation_max: 1, population: 3 })
    send({ agent_id: 'agent-1', reason: 'test', type: 'kill_agent' })
    expect(indicatorsOf(state, flow)).toMatchObject({ births: 1, deaths: 1, generation_max: 0, population: 2 })
  })

  it('change nothing', () => {
    const { bid, flow, send, state } = world()
    bid('a', 600_000, 60_000_000)
    send({ at_ms: T0 + 100, type: 'tick' })
    const before = stateHash(state)
    indicatorsOf(state, flow)
    expect(stateHash(state)).toBe(before)
  })

  it('weigh prices by the base basket', () => {
    expect(priceIndex([2, 4], [3, 4], [2, 1])).toBe(10 / 8)
    expect(priceIndex([0], [5], [1])).toBe(1)
  })
})
