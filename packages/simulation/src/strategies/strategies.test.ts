import { describe, expect, it } from 'vitest'
import { type Model, Run, simulate } from '../engine/index.ts'
import { badAction } from './action.ts'
import { type Action, type AgentView, type MarketSpec, type Role, marketModel } from './index.ts'

/** A small economy of one executor whose roles are handed in. */
const modelOf = (roles: readonly Partial<Role>[], more: Partial<MarketSpec> = {}): Model =>
  marketModel({
    agents: { default: roles.length, min: 1 },
    economy: () => ({ beat_ms: 100, cpu_millicores: 1000, humans: ['ada'], memory_mb: 2048, params: { spawn_cost_micro: 10_000_000 } }),
    name: 'test',
    params: {},
    roles: () => roles.map((role, index) => ({ act: () => [], name: `role${index}`, start_credits_micro: 100_000_000, weight: 1, ...role })),
    source: 'test',
    steps: 5,
    title: 'test',
    ...more,
  })

/** Does each list of actions at its step. */
const script =
  (steps: Readonly<Record<number, (self: AgentView) => readonly Action[]>>): Role['act'] =>
  (self) =>
    steps[self.step]?.(self) ?? []
const CREDIT = 1_000_000
const WINDOW = { bundle: { cpu: 500_000, memory: 100_000 }, duration_ms: 1500 } as const

describe('strategies', () => {
  it('transfer and trade a service through the ledger of live', () => {
    const seller: Partial<Role> = {
      act(self) {
        if (self.step === 1) return [{ cost_micro: 7 * CREDIT, service_name: 'map', type: 'offer_service' }]
        return self.requests().map((one) => ({ invocation_id: one.invocation_id, result: 'success', type: 'respond' }))
      },
    }
    const buyer: Partial<Role> = {
      act: script({
        1: () => [{ amount_micro: 5 * CREDIT, to_agent_id: 'role0-0', type: 'transfer' }],
        2: (self) => self.providers('map').map(({ provider_id }) => ({ provider_id, service_name: 'map', type: 'invoke' })),
      }),
    }
    const run = new Run({ activation: 'sequential', model: modelOf([seller, buyer]), seed: 1 })
    while (run.step());
    const { figures } = run.result()
    expect(run.world.populations[0]?.balances()).toEqual(Float64Array.of(112 * CREDIT, 88 * CREDIT))
    expect(figures).toMatchObject({ actions_refused: 0, circulating_micro: 200 * CREDIT, moved_micro_per_minute: 12 * CREDIT })
  })

  it('bid, run and end a lease, spawn, file a prompt, and are refused by the economy when they have not enough', () => {
    const seen: boolean[] = []
    const worker: Partial<Role> = {
      act: (self) => {
        seen.push(self.is_running)
        return script({
          1: () => [{ ...WINDOW, amount_micro: 20 * CREDIT, type: 'bid' }],
          2: () => [
            { endowment_micro: 30 * CREDIT, name: 'kid', type: 'spawn' },
            { amount_micro: 10 * CREDIT, type: 'prompt' },
          ],
          3: () => [{ amount_micro: 1000 * CREDIT, to_agent_id: 'agent-1', type: 'transfer' }],
        })(self)
      },
    }
    const run = new Run({ activation: 'sequential', model: modelOf([worker], { room: () => 2 }), seed: 1 })
    while (run.step());
    expect(run.result().figures).toMatchObject({ actions: 5, actions_refused: 2, births: 1, burned_micro: 30 * CREDIT, generation_max: 1, population: 2 })
    // The child, too, tries to transfer at step 3: to itself.
    // Own steps 1–5: the window of 1.5 s is open at the second; the child plays from the third on.
    expect(seen[1]).toBe(true)
    expect(seen.length).toBe(5 + 3)
    expect(run.result().extras[0]).toMatchObject({
      columns: ['id', 'parent', 'born', 'died', 'trait'],
      name: 'lineage',
      rows: [
        [0, -1, 0, 5, 0],
        [1, 0, 2, 5, 1],
      ],
    })
  })

  it('raise, withdraw and hold a standing bid', () => {
    const worker: Partial<Role> = {
      act: script({
        1: () => [{ ...WINDOW, amount_micro: CREDIT, type: 'bid' }],
        2: (self) => self.bids().map((bid) => ({ amount_micro: 2 * CREDIT, bid_id: bid.bid_id, type: 'raise' })),
        3: (self) => [
          ...self.bids().map((bid): Action => ({ bid_id: bid.bid_id, type: 'withdraw' })),
          { standing_bid: { ...WINDOW, limit_micro: 10 * CREDIT, margin_ppm: 0, pause_ms: 0 }, type: 'standing_bid' },
        ],
      }),
    }
    const { figures } = simulate({ activation: 'sequential', model: modelOf([worker]), seed: 1, steps: 6 })
    // 4 credits a second for all cpu and 1 for memory: a window of half and a tenth for 1.5 s costs 3.15.
    expect(figures).toMatchObject({ actions: 4, actions_refused: 0, leases: 1 })
    expect(figures.burned_micro).toBeGreaterThan(2 * 2.5 * CREDIT)
  })

  it.each([
    ['a bid of NaN', () => [{ ...WINDOW, amount_micro: Number.NaN, type: 'bid' }], 'amount_micro of bid is a whole number from 0 to 4503599627370496, not NaN'],
    [
      'a fraction',
      () => [{ amount_micro: 0.5, to_agent_id: 'x', type: 'transfer' }],
      'amount_micro of transfer is a whole number from 0 to 4503599627370496, not 0.5',
    ],
    [
      'a resource that is none',
      () => [{ ...WINDOW, amount_micro: 1, bundle: { disk: 1 }, type: 'bid' }],
      'bundle names attention, cpu, llm, memory, not "disk"',
    ],
    [
      'a share over capacity',
      () => [{ ...WINDOW, amount_micro: 1, bundle: { cpu: 1_000_001 }, type: 'bid' }],
      'bundle.cpu is a whole number from 1 to 1000000, not 1000001',
    ],
    ['no list', () => Number.NaN, 'the strategy returned NaN where a list of actions is needed'],
    ['no action', () => ['bid'], 'an action is an object with a type, not "bid"'],
    ['a type that is none', () => [{ type: 'steal' }], 'not "steal"'],
    [
      'a throw',
      () => {
        throw new Error('no idea')
      },
      'no idea',
    ],
    ['a memory of NaN', (self: AgentView) => self.memory.set('mood', Number.NaN), 'memory mood is a finite number, not NaN'],
  ])('that return %s end the run with agent, step and value named', (_what, act, message) => {
    const broken: Partial<Role> = { act: (self) => (self.step === 3 ? (act(self) as never) : []), memory: ['mood'] }
    expect(() => simulate({ model: modelOf([{}, broken]), seed: 1 })).toThrow(`agent role1-1, step 3: `)
    expect(() => simulate({ model: modelOf([{}, broken]), seed: 1 })).toThrow(message)
  })

  it('act one after the other, or all at once on what they see at the beginning', () => {
    const giver: Partial<Role> = { act: script({ 1: () => [{ amount_micro: CREDIT, to_agent_id: 'role1-1', type: 'transfer' }] }) }
    const seen: number[] = []
    const watcher: Partial<Role> = { act: (self) => (seen.push(self.free_micro), []) }
    for (const activation of ['sequential', 'simultaneous']) simulate({ activation, model: modelOf([giver, watcher]), seed: 1, steps: 2 })
    expect(seen).toEqual([101 * CREDIT, 101 * CREDIT, 100 * CREDIT, 101 * CREDIT])
  })

  it('need an amount to bid', () => {
    expect(badAction({ ...WINDOW, type: 'bid' })).toBe('amount_micro of bid is a whole number from 1 to 4503599627370496, not undefined')
  })

  it('are dealt to agents by weight', () => {
    const run = new Run({ agents: 10, model: modelOf([{ weight: 7 }, { weight: 3 }, { weight: 0 }]), seed: 1 })
    const ids = [...(run.world.economy?.state.agents.keys() ?? [])]
    expect(ids.filter((id) => id.startsWith('role0')).length).toBe(7)
    expect(ids.filter((id) => id.startsWith('role2')).length).toBe(0)
  })

  it('a newborn acts in event-driven time, and a place that is used again acts at its own instants', () => {
    const acts = new Map<string, number>()
    const parent: Partial<Role> = {
      act(self) {
        acts.set(self.agent_id, (acts.get(self.agent_id) ?? 0) + 1)
        return self.generation === 0 && acts.get(self.agent_id) === 1 ? [{ endowment_micro: CREDIT, type: 'spawn' }] : []
      },
    }
    simulate({ model: modelOf([parent], { room: () => 2 }), seed: 3, steps: 200, time: 'event-driven' })
    for (const count of acts.values()) {
      expect(count).toBeGreaterThan(150)
      expect(count).toBeLessThan(250)
    }
    expect(acts.size).toBe(2)
  })
})
