import { type Client, ServiceError } from '@syntropism/sdk'
import { describe, expect, it } from 'vitest'
import { emptyMemory } from '../../agents/genesis/life/memory.ts'
import type { Observation } from '../../agents/genesis/life/observe.ts'
import { TUNED, policyOf } from '../../agents/genesis/life/policy.ts'
import type { Study } from '../../agents/genesis/life/study.ts'
import { learnFrom, sellerFor, trade } from '../../agents/genesis/kin/trade.ts'
import { spawnVariant, variantOf } from '../../agents/genesis/kin/variants.ts'

const POLICY = policyOf('{}')
const STUDY: Study = { figures: { cpu_price: 4 }, report: '', title: '' }
const offer = (agent_id: string, cost_micro: number): object => ({ agent_id, cost_micro, service_name: 'market-study', specification: {} })

const seen = (over: object = {}): Observation =>
  ({
    inbox: [],
    neighbours: [
      { agent_id: 'me', status: 'running' },
      { agent_id: 'a', status: 'waiting' },
      { agent_id: 'b', status: 'waiting' },
      { agent_id: 'gone', status: 'dead' },
    ],
    self: {
      agent_id: 'me',
      balance_micro: 100_000_000,
      now_ms: 1000,
      paid_micro: 4_000_000,
      standing_bid: { bundle: { cpu: 1 }, duration_ms: 3000, limit_micro: 1, margin_ppm: 0, pause_ms: 5000 },
    },
    services: [offer('gone', 1), offer('b', 2_000_000), offer('a', 1_000_000), offer('me', 0)],
    ...over,
  }) as unknown as Observation

/** A client that writes down what it is asked to do. */
function recorder(refuses: readonly string[] = []): { readonly calls: [string, unknown][]; readonly client: Client } {
  const calls: [string, unknown][] = []
  const client = new Proxy({} as Client, {
    get:
      (_target, name: string) =>
      async (...given: unknown[]) => {
        calls.push([name, given])
        if (refuses.includes(name)) throw new ServiceError(409, {})
        return { child_id: 'agent-7' }
      },
  })
  return { calls, client }
}

describe('variants', () => {
  it('each changes one figure, another one than the sibling before', () => {
    const born = Array.from({ length: TUNED.length * 2 }, (_, index) => variantOf(POLICY, index).policy)
    for (const policy of born) expect(Object.entries(policy).filter(([name, value]) => value !== POLICY[name as keyof typeof POLICY])).toHaveLength(1)
    expect(new Set(born.map((policy) => JSON.stringify(policy))).size).toBe(born.length)
  })

  it('are endowed, and their first windows are paid by the parent', async () => {
    const [memory, { calls, client }] = [emptyMemory(), recorder()]
    await spawnVariant(client, { memory, policy: POLICY, seen: seen() })
    expect(calls.map(([name]) => name)).toEqual(['spawn', 'bid', 'bid'])
    expect(calls[0]?.[1]).toMatchObject([{ endowment_micro: POLICY.endowment_micro, first_bid: { amount_micro: 4_000_000, paid_by: 'parent' } }])
    expect(calls.slice(1).map(([, given]) => given)).toMatchObject([
      [{ agent_id: 'agent-7', not_before_ms: 9000 }],
      [{ agent_id: 'agent-7', not_before_ms: 17_000 }],
    ])
    expect(memory.children).toEqual([{ agent_id: 'agent-7', changed: 'margin_ppm 250000 → 150000' }])
  })
})

describe('the trade in studies', () => {
  const learnt = { drift: [1], last: [1, 2, 3, 4, 5], mean: [2] }
  const experienced = () => {
    const memory = emptyMemory()
    Object.assign(memory.study, { errors: structuredClone(learnt), forecasts: { drift: 1, last: 1, mean: 1 } })
    return memory
  }

  it('a beginner asks the cheapest living seller once, if that is a small part of its balance', () => {
    const memory = emptyMemory()
    expect(sellerFor(seen(), memory)?.agent_id).toBe('a')
    expect(sellerFor(seen({ self: { ...seen().self, balance_micro: 19_000_000 } }), memory)).toBeNull()
    expect(sellerFor(seen(), experienced())).toBeNull()
    memory.tried['market-study'] = { count: 1, expected_net: null, failed: null }
    expect(sellerFor(seen(), memory)).toBeNull()
  })

  it('one with experience offers it, answers what is asked, and refuses to stumble over a refusal', async () => {
    const inbox = [{ from_agent: 'child', invocation_id: 'i', kind: 'request', message_id: 'm', service_name: 'market-study' }]
    const { calls, client } = recorder()
    expect(await trade(client, { memory: experienced(), policy: POLICY, seen: seen({ inbox, services: [] }), study: STUDY })).toContain('sold a study to child')
    expect(calls).toMatchObject([
      ['registerService', [{ cost_micro: 1_000_000 }]],
      ['respond', ['i', 'success', { errors: learnt }]],
      ['takeMessages', [['m']]],
    ])
    const refusing = recorder(['respond', 'registerService', 'takeMessages']).client
    expect(await trade(refusing, { memory: experienced(), policy: POLICY, seen: seen({ inbox, services: [] }), study: STUDY })).toEqual([])
  })

  it('takes numbers alone from what another says, and only of forecasts that it makes', () => {
    const memory = emptyMemory()
    memory.study.forecasts = { last: 1 }
    expect(learnFrom(memory, { errors: { last: [0.5, 'no', -1, null, Number.POSITIVE_INFINITY], other: [1], toString: [1] } } as never)).toBe(1)
    expect(memory.study.errors).toEqual({ last: [0.5] })
    for (const hostile of [undefined, null, 'text', 7, { errors: 'all' }, { errors: [1, 2] }]) expect(learnFrom(memory, hostile as never)).toBe(0)
  })
})
