import { COMMANDS, type Command, type EconomyEvent, type LlmPrice, type LlmUsage } from '@syntropism/contract'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DEFAULT_PARAMS, apply, assertConserved, balanceOf, createState, llmCostMicroUsd } from '../index.ts'

const T0 = 1_700_000_040_000
const MINUTE = 60_000
/** One micro-dollar a token, out or in. */
const PRICE: LlmPrice = {
  cache_read_per_million: 1_000_000,
  cache_write_per_million: 1_000_000,
  image_input_per_million: 1_000_000,
  input_per_million: 1_000_000,
  output_per_million: 1_000_000,
  reasoning_per_million: 1_000_000,
  request_micro_usd: 0,
}
const usage = (input: number, output: number, more: Partial<LlmUsage> = {}): LlmUsage => ({
  cache_read_tokens: 0,
  cache_write_tokens: 0,
  image_input_tokens: 0,
  input_tokens: input,
  output_tokens: output,
  reasoning_tokens: 0,
  ...more,
})
const KEY = {
  expires_at_ms: T0 + 10 * MINUTE,
  key_id: 'k',
  models: ['m'],
  name: 'team',
  parallel_max: 2,
  requests_per_minute: 3,
  token_hash: 'a'.repeat(64),
  tokens_per_minute: 500,
  windows: [{ limit_micro_usd: 300, window_ms: 0 }],
}

/** A world with an agent that has leased all LLM capacity that is for sale. */
function createWorld(params: Partial<typeof DEFAULT_PARAMS> = {}, duration_ms = 120_000) {
  const state = createState()
  const events: EconomyEvent[] = []
  const world = {
    admit: (prompt: number, output: number, more: object = {}) =>
      world.send({
        agent_id: 'a',
        model: 'm',
        output_tokens_max: output,
        price: PRICE,
        prompt_tokens_max: prompt,
        request_hash: 'b'.repeat(64),
        type: 'admit_llm_call',
        upstream_id: 'u',
        ...more,
      }),
    at: T0,
    events,
    of: (type: EconomyEvent['type']) => events.filter((event) => event.type === type).map((event) => event.data),
    send(command: { type: Command['type'] } & Record<string, unknown>) {
      const full = COMMANDS[command.type].parse({ at_ms: world.at, owner: 'test', ...command }) as Command
      const outcome = apply(state, full, { event: (event) => void events.push(event), posting: () => undefined })
      assertConserved(state.ledger)
      return outcome
    },
    settle: (call: number, used: LlmUsage | null, finish = 'completed') =>
      world.send({ call_id: `call-${call}`, finish, type: 'settle_llm_call', usage: used }),
    state,
  }
  world.send({ economy_id: 'e', params: { ...DEFAULT_PARAMS, llm_micro_usd_per_minute: 1000, ...params }, rules_version: 1, type: 'genesis' })
  world.send({ agent_id: 'a', grant_micro: 10 ** 12, name: 'a', type: 'create_agent' })
  world.send({ agent_id: 'a', amount_micro: 10 ** 10, bundle: { llm: 1_000_000 }, duration_ms, payer_id: 'a', type: 'place_bid' })
  world.send({ type: 'tick' })
  return world
}

/** An agent, its child and that one's child, and what each of their budgets has left. */
function family() {
  const world = createWorld()
  world.send({ endowment_micro: 10 ** 9, name: 'child', parent_id: 'a', type: 'spawn' })
  world.send({ endowment_micro: 10 ** 8, name: 'grandchild', parent_id: 'agent-1', type: 'spawn' })
  const { balances, index_by_name } = world.state.ledger
  const pots = (): Record<string, number> =>
    Object.fromEntries(
      ['a', 'agent-1', 'agent-2'].flatMap((id) => {
        const index = index_by_name.get(`llm_budget_micro_usd:${id}`)
        return index === undefined ? [] : [[id, balances[index] ?? 0]]
      }),
    )
  return { give: (agent_id: string, left_micro_usd: number | null) => world.send({ agent_id, left_micro_usd, type: 'set_llm_budget' }), pots, world }
}

describe('LLM calls', () => {
  it('hold their worst case and give back at settlement what they did not cost', () => {
    const world = createWorld()
    expect(world.admit(300, 500)).toMatchObject({ ok: true, result: { bound_micro_usd: 800, call_id: 'call-1' } })
    expect(world.admit(100, 101)).toMatchObject({
      ok: false,
      refusal: { code: 'llm_rate_limited', detail: { left: 200, required: 201, retry_after_ms: MINUTE } },
    })
    world.settle(1, usage(200, 100))
    expect(world.admit(200, 500)).toMatchObject({ ok: true })
    expect(world.of('llm_call_settled')).toMatchObject([{ bound_micro_usd: 800, cost_micro_usd: 300, estimated: false, overrun_micro_usd: 0 }])
  })

  it('are told whether waiting helps: the next minute, or never in this lease', () => {
    const world = createWorld({}, 90_000)
    expect(world.admit(1, 1000)).toMatchObject({ ok: false, refusal: { code: 'llm_budget_exhausted', detail: { left: 1000, required: 1001 } } })
    world.admit(500, 500)
    expect(world.admit(250, 250)).toMatchObject({ ok: false, refusal: { code: 'llm_rate_limited' } })
    expect(world.admit(250, 251)).toMatchObject({ ok: false, refusal: { code: 'llm_budget_exhausted' } })
  })

  it('draw on the minute in which they start: a slice that is not used lapses', () => {
    const world = createWorld()
    world.admit(400, 400)
    world.at = T0 + MINUTE
    expect(world.admit(500, 500)).toMatchObject({ ok: true })
    world.settle(1, usage(1, 1))
    expect(world.admit(1, 0)).toMatchObject({ ok: false, refusal: { code: 'llm_budget_exhausted' } })
  })

  it('need a lease with LLM', () => {
    const world = createWorld()
    world.send({ agent_id: 'poor', grant_micro: 1, name: 'poor', type: 'create_agent' })
    expect(world.admit(1, 1, { agent_id: 'poor' })).toMatchObject({ ok: false, refusal: { code: 'llm_budget_exhausted', detail: { left: 0 } } })
  })

  it('without usage are booked at their bound, until a late report corrects them', () => {
    const world = createWorld()
    world.admit(300, 500)
    world.settle(1, null, 'cancelled')
    expect(world.admit(201, 0)).toMatchObject({ ok: false })
    world.at += 1000
    expect(world.settle(1, usage(100, 50))).toMatchObject({ ok: true })
    expect(world.admit(800, 50)).toMatchObject({ ok: true })
    expect(world.settle(1, usage(1, 1))).toMatchObject({ ok: false, refusal: { code: 'llm_call_unknown' } })
    expect(world.of('llm_call_settled')).toMatchObject([
      { corrects: false, cost_micro_usd: 800, estimated: true },
      { corrects: true, cost_micro_usd: 150, estimated: false },
    ])
  })

  it('that nobody settles are settled at their bound after a time', () => {
    const world = createWorld({ llm_call_ms_max: 30_000 })
    world.admit(300, 500)
    world.at += 30_000
    world.send({ type: 'tick' })
    expect(world.of('llm_call_settled')).toMatchObject([{ cost_micro_usd: 800, estimated: true, finish: 'expired' }])
  })

  it('end in the receipt of their lease', () => {
    const world = createWorld()
    world.admit(300, 500)
    world.settle(1, usage(200, 100))
    world.at += 120_000
    world.send({ type: 'tick' })
    expect(world.of('execution_terminated')).toMatchObject([{ spend_micro_usd: 300, tokens: 300 }])
  })

  it('cost the exact sum of all kinds of tokens, rounded up once', () => {
    const price = {
      ...PRICE,
      cache_read_per_million: 300_000,
      input_per_million: 150_000,
      output_per_million: 600_000,
      reasoning_per_million: 700_000,
      request_micro_usd: 2,
    }
    expect(llmCostMicroUsd(price, usage(10, 3, { cache_read_tokens: 4, reasoning_tokens: 1 }))).toBe(2 + Math.ceil((6 * 0.15 + 4 * 0.3 + 2 * 0.6 + 0.7) * 1))
  })
})

describe('an upstream that passes its bound', () => {
  it('is booked in full, taken out of rotation, and paid for by the following minutes', () => {
    const world = createWorld({}, 600_000)
    world.admit(100, 100)
    world.settle(1, usage(100, 1700))
    expect(world.of('llm_upstream_tripped')).toMatchObject([{ call_id: 'call-1', overrun_micro_usd: 1600, upstream_id: 'u' }])
    expect(world.admit(1, 1)).toMatchObject({ ok: false, refusal: { code: 'llm_upstream_tripped', detail: { call_id: 'call-1' } } })
    world.send({ type: 'restore_llm_upstream', upstream_id: 'u' })
    expect(world.admit(1, 1)).toMatchObject({ ok: true })
    world.at = T0 + MINUTE
    expect(world.admit(1, 1)).toMatchObject({ ok: false, refusal: { code: 'llm_rate_limited', detail: { left: 0, limit: 'cap' } } })
    world.at = T0 + 2 * MINUTE
    expect(world.admit(1, 400)).toMatchObject({ ok: false, refusal: { detail: { left: 400 } } })
    expect(world.admit(0, 400)).toMatchObject({ ok: true })
    world.at = T0 + 3 * MINUTE
    expect(world.admit(0, 1000)).toMatchObject({ ok: true })
  })

  it('is taken out also when only its tokens pass the bound', () => {
    const world = createWorld()
    world.admit(500, 100)
    world.settle(1, usage(0, 101))
    expect(world.of('llm_upstream_tripped')).toMatchObject([{ overrun_micro_usd: 0 }])
  })
})

describe('keys', () => {
  const withKey = (terms: object = {}) => {
    const world = createWorld({ llm_keys_micro_usd_per_minute: 400 })
    world.send({ ...KEY, ...terms, type: 'create_llm_key' })
    return Object.assign(world, { call: (prompt: number, output: number) => world.admit(prompt, output, { agent_id: undefined, key_id: 'k' }) })
  }

  it('have a part of the cap that leases cannot buy', () => {
    const world = withKey({ windows: [{ limit_micro_usd: 10_000, window_ms: 0 }] })
    expect(world.admit(601, 0)).toMatchObject({ ok: false })
    expect(world.admit(600, 0)).toMatchObject({ ok: true })
    expect(world.call(401, 0)).toMatchObject({ ok: false, refusal: { code: 'llm_budget_exhausted', detail: { limit: 'keys' } } })
    expect(world.call(400, 0)).toMatchObject({ ok: true })
  })

  it('are held to parallel calls, requests, tokens and every window at once', () => {
    const world = withKey()
    expect(world.call(50, 50)).toMatchObject({ ok: true })
    expect(world.call(50, 50)).toMatchObject({ ok: true })
    expect(world.call(1, 1)).toMatchObject({ ok: false, refusal: { code: 'llm_rate_limited', detail: { limit: 'key:k/parallel' } } })
    world.settle(1, usage(50, 40))
    world.settle(2, usage(10, 10))
    expect(world.call(200, 0)).toMatchObject({ ok: false, refusal: { code: 'llm_budget_exhausted', detail: { left: 190, limit: 'key:k/0' } } })
    expect(world.call(10, 0)).toMatchObject({ ok: true })
    expect(world.call(10, 0)).toMatchObject({ ok: false, refusal: { code: 'llm_rate_limited', detail: { limit: 'key:k/requests' } } })
    world.at += MINUTE
    expect(world.call(10, 0)).toMatchObject({ ok: true })
  })

  it('count a request once that is taken up at another upstream, with the tokens of the one that takes it up', () => {
    const world = withKey({ requests_per_minute: 1, tokens_per_minute: 100 })
    const counted = (name: string) => [world.state.llm.gauges.get(`key:k/${name}`)?.counted, world.state.llm.gauges.get(`key:k/${name}`)?.settled]
    const follow = (prompt: number, before: string) => world.admit(prompt, 0, { agent_id: undefined, follows_call_id: before, key_id: 'k', upstream_id: 'v' })
    world.call(80, 0)
    world.settle(1, null, 'failed')
    expect(counted('tokens')).toEqual([80, 80])
    expect(world.call(1, 0)).toMatchObject({ ok: false, refusal: { code: 'llm_rate_limited', detail: { limit: 'key:k/requests' } } })
    expect(follow(101, 'call-1')).toMatchObject({ ok: false, refusal: { code: 'llm_budget_exhausted', detail: { left: 100, limit: 'key:k/tokens' } } })
    expect(follow(100, 'call-1')).toMatchObject({ ok: true })
    expect(world.of('llm_call_admitted')).toMatchObject([{ call_id: 'call-1' }, { call_id: 'call-2', follows_call_id: 'call-1', upstream_id: 'v' }])
    expect([counted('requests'), counted('tokens')]).toEqual([
      [1, 1],
      [100, 0],
    ])
    // What the first may have cost stays booked, and is corrected for itself.
    expect(world.state.llm.gauges.get('key:k/0')?.counted).toBe(180)
    world.settle(1, usage(30, 0))
    world.settle(2, usage(60, 0))
    expect([counted('requests'), counted('tokens'), counted('0')]).toEqual([
      [1, 1],
      [60, 60],
      [90, 90],
    ])
  })

  it('count a request in the minute in which it began, also when it is taken up in the next', () => {
    const world = withKey({ requests_per_minute: 1 })
    world.at = T0 + MINUTE - 1
    world.call(80, 0)
    world.settle(1, usage(0, 0), 'failed')
    world.at = T0 + MINUTE
    expect(world.call(10, 0)).toMatchObject({ ok: true })
    expect(world.admit(80, 0, { agent_id: undefined, follows_call_id: 'call-1', key_id: 'k' })).toMatchObject({ ok: true })
    expect(world.call(10, 0)).toMatchObject({ ok: false, refusal: { detail: { limit: 'key:k/parallel' } } })
    world.settle(2, usage(10, 0))
    expect(world.call(10, 0)).toMatchObject({ ok: false, refusal: { detail: { limit: 'key:k/requests' } } })
  })

  it('are not to blame for what an upstream reports past its bound, in money or tokens', () => {
    const world = withKey()
    world.call(50, 50)
    world.settle(1, usage(50, 5000))
    world.send({ type: 'restore_llm_upstream', upstream_id: 'u' })
    expect(world.state.llm.gauges.get('key:k/tokens')).toMatchObject({ counted: 100, settled: 100 })
    expect(world.state.llm.gauges.get('key:k/0')).toMatchObject({ counted: 100, settled: 100 })
    expect(world.call(100, 0)).toMatchObject({ ok: true })
  })

  it('take up no request of somebody else', () => {
    const world = withKey()
    world.admit(80, 0)
    expect(world.admit(80, 0, { agent_id: undefined, follows_call_id: 'call-1', key_id: 'k' })).toMatchObject({
      ok: false,
      refusal: { code: 'command_invalid', detail: { field: 'follows_call_id' } },
    })
  })

  it('are told which setting would let them call where nothing is kept for them', () => {
    const world = createWorld()
    world.send({ ...KEY, type: 'create_llm_key' })
    expect(world.admit(1, 1, { agent_id: undefined, key_id: 'k' })).toMatchObject({
      ok: false,
      refusal: { code: 'llm_keys_not_offered', detail: { setting: 'llm.keys_usd_per_minute' } },
    })
  })

  it('are refused for other models, once expired and once revoked', () => {
    const world = withKey()
    expect(world.admit(1, 1, { agent_id: undefined, key_id: 'k', model: 'other' })).toMatchObject({ ok: false, refusal: { code: 'llm_model_forbidden' } })
    expect(world.admit(1, 1, { agent_id: undefined, key_id: 'nobody' })).toMatchObject({ refusal: { code: 'llm_key_unusable', detail: { reason: 'unknown' } } })
    world.at = T0 + 10 * MINUTE
    expect(world.call(1, 1)).toMatchObject({ ok: false, refusal: { code: 'llm_key_unusable', detail: { reason: 'expired' } } })
    const other = withKey()
    other.send({ key_id: 'k', type: 'revoke_llm_key' })
    expect(other.call(1, 1)).toMatchObject({ ok: false, refusal: { code: 'llm_key_unusable', detail: { reason: 'revoked' } } })
  })

  it('keep their windows when their secret is rotated', () => {
    const world = withKey()
    world.call(200, 0)
    world.send({ key_id: 'k', token_hash: 'c'.repeat(64), type: 'rotate_llm_key' })
    expect(world.state.llm.keys.get('k')?.token_hash).toBe('c'.repeat(64))
    expect(world.call(101, 0)).toMatchObject({ ok: false, refusal: { detail: { left: 100 } } })
  })

  it('announce 50, 80 and 95 percent once each', () => {
    const world = withKey({ requests_per_minute: 100, tokens_per_minute: 100_000 })
    for (const [index, tokens] of [140, 10, 5, 90, 45].entries()) {
      world.call(tokens, 0)
      world.settle(index + 1, usage(tokens, 0))
    }
    expect(world.of('llm_threshold_reached').map((data) => (data as { threshold_percent: number }).threshold_percent)).toEqual([50, 80, 95])
  })

  it('announce every threshold that one call passes', () => {
    const world = withKey({ requests_per_minute: 100, tokens_per_minute: 100_000 })
    world.call(290, 0)
    world.settle(1, usage(290, 0))
    expect(world.of('llm_threshold_reached').map((data) => (data as { threshold_percent: number }).threshold_percent)).toEqual([50, 80, 95])
  })
})

describe('budgets', () => {
  it('hold a call to what its agent may spend, and are carved for a child', () => {
    const world = createWorld()
    world.send({ agent_id: 'a', left_micro_usd: 500, type: 'set_llm_budget' })
    expect(world.admit(501, 0)).toMatchObject({ ok: false, refusal: { code: 'llm_budget_exhausted', detail: { left: 500, limit: 'budget' } } })
    const spawn = { endowment_micro: 10 ** 9, name: 'child', parent_id: 'a', type: 'spawn' as const }
    expect(world.send({ ...spawn, llm_budget_micro_usd: 501 })).toMatchObject({ ok: false, refusal: { code: 'llm_budget_exhausted' } })
    expect(world.send({ ...spawn, llm_budget_micro_usd: 200 })).toMatchObject({ ok: true })
    expect(world.admit(301, 0)).toMatchObject({ ok: false, refusal: { detail: { left: 300 } } })
    world.send({ agent_id: 'agent-1', reason: 'test', type: 'kill_agent' })
    expect(world.admit(500, 0)).toMatchObject({ ok: true })
  })

  it('of a parent pay for the children that have none', () => {
    const world = createWorld()
    world.send({ endowment_micro: 10 ** 9, name: 'child', parent_id: 'a', type: 'spawn' })
    world.send({ agent_id: 'a', left_micro_usd: 10, type: 'set_llm_budget' })
    expect(world.admit(11, 0, { agent_id: 'agent-1' })).toMatchObject({ ok: false, refusal: { code: 'llm_budget_exhausted', detail: { limit: 'budget' } } })
    world.send({ agent_id: 'a', left_micro_usd: null, type: 'set_llm_budget' })
    expect(world.admit(11, 0, { agent_id: 'agent-1' })).toMatchObject({ ok: false, refusal: { detail: { limit: 'no lease with llm' } } })
  })

  it('that the operator gives a descendant are carved from what its ancestor has left, and return there', () => {
    const world = createWorld()
    world.send({ endowment_micro: 10 ** 9, name: 'child', parent_id: 'a', type: 'spawn' })
    const give = (agent_id: string, left_micro_usd: number | null) => world.send({ agent_id, left_micro_usd, type: 'set_llm_budget' })
    const pot = (id: string) => balanceOf(world.state.ledger, world.state.ledger.index_by_name.get(`llm_budget_micro_usd:${id}`) ?? 0)
    give('a', 500)
    expect(give('agent-1', 501)).toMatchObject({
      ok: false,
      refusal: { code: 'llm_budget_exhausted', detail: { left: 500, limit: 'budget of a', required: 501 } },
    })
    expect(give('agent-1', 300)).toMatchObject({ ok: true })
    expect([pot('a'), pot('agent-1')]).toEqual([200, 300])
    expect(give('agent-1', 501)).toMatchObject({ ok: false, refusal: { detail: { left: 200, required: 201 } } })
    give('agent-1', 100)
    expect([pot('a'), pot('agent-1')]).toEqual([400, 100])
    expect(world.of('llm_budget_set').at(-1)).toMatchObject({ agent_id: 'agent-1', from_agent: 'a', left_micro_usd: 100 })
    give('agent-1', null)
    expect(pot('a')).toBe(500)
    expect(world.admit(501, 0, { agent_id: 'agent-1' })).toMatchObject({ ok: false, refusal: { detail: { left: 500, limit: 'budget' } } })
  })

  it('given before an ancestor had one are a part of what that is given: one tree, whatever the order', () => {
    const { give, pots, world } = family()
    give('agent-2', 300)
    give('agent-1', 400)
    expect(pots()).toEqual({ 'agent-1': 100, 'agent-2': 300 })
    expect(give('a', 399)).toMatchObject({
      ok: false,
      refusal: { code: 'llm_budget_exhausted', detail: { left: 399, limit: 'budgets below a', required: 400 } },
    })
    expect(give('a', 500)).toMatchObject({ ok: true })
    expect(pots()).toEqual({ a: 100, 'agent-1': 100, 'agent-2': 300 })
    expect(world.admit(101, 0)).toMatchObject({ ok: false, refusal: { code: 'llm_budget_exhausted', detail: { left: 100, limit: 'budget' } } })
    give('agent-1', null)
    expect(pots()).toEqual({ a: 200, 'agent-2': 300 })
    give('agent-1', 450)
    expect(pots()).toEqual({ a: 50, 'agent-1': 150, 'agent-2': 300 })
  })

  it('outlive their owner for those who draw on them, and go to the one above when nobody is left', () => {
    const { give, pots, world } = family()
    const kill = (agent_id: string) => world.send({ agent_id, reason: 'test', type: 'kill_agent' })
    give('a', 500)
    give('agent-1', 100)
    kill('agent-1')
    expect(world.admit(101, 0, { agent_id: 'agent-2' })).toMatchObject({ ok: false, refusal: { detail: { left: 100, limit: 'budget' } } })
    expect(give('agent-1', 50)).toMatchObject({ ok: true })
    expect(pots()).toEqual({ a: 450, 'agent-1': 50 })
    kill('a')
    expect(pots()).toEqual({ a: 450, 'agent-1': 50 })
    kill('agent-2')
    expect(pots()).toEqual({})
    expect(give('a', 5)).toMatchObject({ ok: false, refusal: { code: 'agent_dead' } })
    expect(balanceOf(world.state.ledger, world.state.ledger.index_by_name.get('llm_budget_micro_usd:lapsed') ?? 0)).toBe(500)
  })

  it('get back what a call held that outlived its caller, at the next level above', () => {
    const { give, pots, world } = family()
    give('a', 500)
    give('agent-1', 200)
    world.at += 2 * MINUTE
    world.send({ type: 'tick' })
    world.send({ agent_id: 'agent-1', amount_micro: 10 ** 9, bundle: { llm: 1_000_000 }, duration_ms: MINUTE, payer_id: 'a', type: 'place_bid' })
    world.send({ type: 'tick' })
    expect(world.admit(100, 50, { agent_id: 'agent-1' })).toMatchObject({ ok: true })
    world.send({ agent_id: 'agent-2', reason: 'test', type: 'kill_agent' })
    world.send({ agent_id: 'agent-1', reason: 'test', type: 'kill_agent' })
    expect(pots()).toEqual({ a: 350 })
    world.settle(1, usage(10, 5))
    expect(pots()).toEqual({ a: 485 })
  })

  it('of a line of descent are what was ordered last for its first, whatever else is ordered and whoever dies', () => {
    const order = fc.record({ kills: fc.integer({ max: 19, min: 0 }).map((chance) => chance === 0), left: fc.option(fc.nat(800)), who: fc.nat(2) })
    fc.assert(
      fc.property(fc.array(order, { maxLength: 40 }), (orders) => {
        const { give, pots, world } = family()
        let total: number | null = null
        for (const { kills, left, who } of orders) {
          const id = ['a', 'agent-1', 'agent-2'][who] ?? ''
          if (kills && world.state.living_agents > 1) world.send({ agent_id: id, reason: 'test', type: 'kill_agent' })
          else if (give(id, left).ok) {
            if (id === 'a') total = left
            const below = { a: ['a', 'agent-1', 'agent-2'], 'agent-1': ['agent-1', 'agent-2'], 'agent-2': ['agent-2'] }[id] ?? []
            if (left !== null) expect(below.reduce((sum, one) => sum + (pots()[one] ?? 0), 0)).toBe(left)
          }
          if (total !== null) expect(Object.values(pots()).reduce((sum, one) => sum + one, 0)).toBe(total)
        }
      }),
      { numRuns: 200 },
    )
  })

  it('of the run and of a model bound calls of all', () => {
    const limits = [
      { limit_micro_usd: 150, model: null, window_ms: 0 },
      { limit_micro_usd: 100, model: 'm', window_ms: MINUTE },
    ]
    const world = createWorld({ llm_limits: limits })
    expect(world.admit(100, 0)).toMatchObject({ ok: true })
    expect(world.admit(1, 0)).toMatchObject({ ok: false, refusal: { code: 'llm_rate_limited', detail: { limit: `model:m/${MINUTE}` } } })
    expect(world.admit(50, 0, { model: 'n' })).toMatchObject({ ok: true })
    expect(world.admit(1, 0, { model: 'n' })).toMatchObject({ ok: false, refusal: { code: 'llm_budget_exhausted', detail: { limit: 'run/0' } } })
  })
})

describe('reserves', () => {
  const reserving = (params: object = {}) => {
    const world = createWorld({ llm_micro_usd_per_minute: 10_000, ...params }, 240_000)
    const size = { model: 'm', output_tokens_max: 50, price: PRICE, prompt_tokens_max: 50, upstream_id: 'u' }
    return Object.assign(world, {
      draw: (prompt: number, output: number, id = 'reserve-1') => world.admit(prompt, output, { agent_id: undefined, reserve_id: id }),
      held: () => balanceOf(world.state.ledger, world.state.ledger.index_by_name.get('llm_micro_usd:held') as number),
      left: () => balanceOf(world.state.ledger, world.state.leases.get('lease-1')?.accounts.llm_micro_usd ?? 0),
      reserve: (calls: number, more: object = {}) => world.send({ agent_id: 'a', calls, type: 'reserve_llm_calls', ...size, ...more }),
    })
  }

  it('hold the worst case of several calls, at most an eighth of what is left', () => {
    const world = reserving()
    expect(world.reserve(5)).toMatchObject({ ok: true, result: { calls: 5, reserve_id: 'reserve-1' } })
    expect([world.held(), world.left()]).toEqual([500, 9500])
    expect(world.reserve(1000)).toMatchObject({ ok: true, result: { calls: 11 } })
    world.send({ agent_id: 'a', left_micro_usd: 799, type: 'set_llm_budget' })
    expect(world.reserve(1)).toMatchObject({ ok: false, refusal: { code: 'llm_budget_exhausted', detail: { limit: 'reserve' } } })
  })

  it('give each call its number and its part, also one recorded after the lease has ended', () => {
    const world = reserving()
    world.reserve(3)
    expect(world.draw(10, 20)).toMatchObject({ ok: true, result: { bound_micro_usd: 30, call_id: 'call-1' } })
    world.at += 240_000
    world.send({ type: 'tick' })
    expect(world.draw(100, 50)).toMatchObject({ ok: true, result: { call_id: 'call-2' } })
    expect(world.draw(51, 0)).toMatchObject({ ok: false, refusal: { code: 'llm_budget_exhausted', detail: { limit: 'reserve-1' } } })
    expect(world.of('llm_call_admitted')).toMatchObject([{ minute: T0 / MINUTE, reserve_id: 'reserve-1' }, { minute: T0 / MINUTE }])
    expect(world.held()).toBe(300)
  })

  it('give back what was not drawn, at once with the last of their calls', () => {
    const world = reserving()
    world.reserve(2)
    world.draw(10, 20)
    expect(world.draw(10, 20, 'reserve-9')).toMatchObject({ ok: false, refusal: { code: 'llm_reserve_unknown' } })
    world.draw(10, 20)
    expect(world.of('llm_reserve_closed')).toMatchObject([{ booked_micro_usd: 0, reserve_id: 'reserve-1', returned_micro_usd: 140 }])
    expect([world.held(), world.left()]).toEqual([60, 9940])
    world.reserve(4)
    world.send({ reserve_id: 'reserve-4', rest: 'unused', type: 'close_llm_reserve' })
    expect([world.held(), world.left()]).toEqual([60, 9940])
  })

  it('that nobody can account for are booked in full, to be corrected late', () => {
    const world = reserving()
    world.reserve(4)
    world.draw(50, 50)
    world.settle(1, usage(10, 10))
    world.send({ reserve_id: 'reserve-1', rest: 'unknown', type: 'close_llm_reserve' })
    expect(world.of('llm_call_settled')).toMatchObject([
      { cost_micro_usd: 20, estimated: false },
      { call_id: 'call-5', cost_micro_usd: 300, estimated: true, finish: 'failed' },
    ])
    expect([world.held(), world.left()]).toEqual([0, 9680])
    expect(world.settle(5, usage(40, 40))).toMatchObject({ ok: true })
    expect(world.left()).toBe(9900)
  })

  it('that nobody closes are booked in full after a time', () => {
    const world = reserving({ llm_call_ms_max: 30_000 })
    world.reserve(2)
    world.at = T0 + MINUTE + 30_000
    world.send({ type: 'tick' })
    expect(world.of('llm_call_settled')).toMatchObject([{ cost_micro_usd: 200, estimated: true, finish: 'expired', minute: T0 / MINUTE }])
  })

  it('of a key count in every limit and may be used until the first of its windows ends', () => {
    const world = reserving({ llm_keys_micro_usd_per_minute: 8000 })
    const windows = [{ limit_micro_usd: 8000, window_ms: 7000 }]
    world.send({ ...KEY, requests_per_minute: 20, tokens_per_minute: 100_000, type: 'create_llm_key', windows })
    expect(world.reserve(5, { agent_id: undefined, key_id: 'k' })).toMatchObject({ ok: true, result: { calls: 2 } })
    const [opened] = world.of('llm_reserve_opened') as { ends_at_ms: number }[]
    expect(opened?.ends_at_ms).toBe(Math.ceil((T0 + 1) / 7000) * 7000)
    expect(world.state.llm.gauges.get('key:k/requests')?.counted).toBe(2)
    world.send({ reserve_id: 'reserve-1', rest: 'unused', type: 'close_llm_reserve' })
    for (const gauge of world.state.llm.gauges.values()) expect([gauge.counted, gauge.settled]).toEqual([0, 0])
  })

  it('of a key give back the request of a call that takes up one', () => {
    const world = reserving({ llm_keys_micro_usd_per_minute: 8000 })
    const windows = [{ limit_micro_usd: 8000, window_ms: 0 }]
    world.send({ ...KEY, requests_per_minute: 100, tokens_per_minute: 100_000, type: 'create_llm_key', windows })
    const byKey = { agent_id: undefined, key_id: 'k' }
    world.admit(50, 50, { ...byKey, upstream_id: 'v' })
    world.settle(1, usage(0, 0), 'failed')
    world.reserve(2, byKey)
    const requests = () => world.state.llm.gauges.get('key:k/requests')?.counted
    expect(requests()).toBe(3)
    expect(world.admit(50, 50, { agent_id: undefined, follows_call_id: 'call-1', reserve_id: 'reserve-2' })).toMatchObject({ ok: true })
    expect(requests()).toBe(2)
    world.send({ reserve_id: 'reserve-2', rest: 'unused', type: 'close_llm_reserve' })
    expect(requests()).toBe(1)
  })
})
