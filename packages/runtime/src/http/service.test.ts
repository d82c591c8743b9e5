import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DEFAULT_PARAMS } from '@syntropism/economy'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createMemoryBus } from '../bus/index.ts'
import { Host } from '../host/index.ts'
import { openSqlite } from '../store/index.ts'
import { type App, Tokens, createService, hashToken } from './index.ts'

const T0 = 1_700_000_000_000
let folder = ''
let host: Host
let app: App
let tokens: Tokens
let run = ''
let now = T0

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'syntropism-http-'))
  now = T0
  const { journal, queries } = openSqlite(join(folder, 'economy.sqlite'))
  host = await Host.open({
    bus: createMemoryBus(() => undefined),
    createClock: () => ({ now: () => now }),
    journal,
    onFatal: (error) => {
      throw error
    },
  })
  const kept = [
    { hash: hashToken('human-token'), human_id: 'ada', role: 'human' },
    { hash: hashToken('operator-token'), role: 'operator' },
    { hash: hashToken('observer-token'), role: 'observer' },
  ] as const
  tokens = new Tokens(kept, (hash) => (hash === hashToken('key-token') ? 'team' : null))
  app = createService({ metricsText: () => Promise.resolve('# figures'), host, queries, readEvents: () => [], tokens })
  await host.submit({ economy_id: 'http', owner: 'host', params: DEFAULT_PARAMS, rules_version: 1, type: 'genesis' })
  await host.submit({ cpu_millicores: 1000, executor_id: 'local', incarnation: 'i', memory_mb: 2048, owner: 'x', reports: true, type: 'register_executor' })
  for (const agent_id of ['a', 'b']) await host.submit({ agent_id, grant_micro: 100_000_000, name: agent_id, owner: 'host', type: 'create_agent' })
  await host.submit({
    agent_id: 'a',
    amount_micro: 10_000_000,
    bundle: { cpu: 250_000, memory: 100_000 },
    duration_ms: 5000,
    owner: 'host',
    payer_id: 'a',
    type: 'place_bid',
  })
  await host.submit({ owner: 'host', type: 'tick' })
  await host.submit({ executor_id: 'local', incarnation: 'i', lease_id: 'lease-1', owner: 'x', type: 'start_lease' })
  run = tokens.issue('a', 'lease-1')
})
afterEach(async () => {
  await host.stop()
  rmSync(folder, { force: true, recursive: true })
})

interface Answer {
  readonly status: number
  readonly body: Record<string, unknown>
  readonly type: string
}

async function ask(method: string, path: string, body?: unknown, token = run, headers: Record<string, string> = {}): Promise<Answer> {
  const answer = await app.request(path, {
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    method,
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  return { body: (await answer.json()) as Record<string, unknown>, status: answer.status, type: answer.headers.get('content-type') ?? '' }
}
const balance = (agentId: string): number => host.state.ledger.balances[host.state.agents.get(agentId)?.account ?? 0] ?? 0

describe('wrong input is refused with a problem document, and nothing changes', () => {
  it.each([
    ['an unknown receiver', 'POST', '/economic/transfer', { amount_micro: 5, to_agent_id: 'nobody' }, 404, 'agent_unknown'],
    ['a negative amount', 'POST', '/economic/transfer', { amount_micro: -5, to_agent_id: 'b' }, 422, 'command_invalid'],
    ['a fraction of a micro-credit', 'POST', '/economic/transfer', { amount: '0.0000001', to_agent_id: 'b' }, 422, 'command_invalid'],
    ['both forms of an amount', 'POST', '/economic/transfer', { amount: 1, amount_micro: 5, to_agent_id: 'b' }, 422, 'command_invalid'],
    ['a huge amount', 'POST', '/economic/transfer', { amount_micro: 2 ** 52, to_agent_id: 'b' }, 402, 'credits_insufficient'],
    ['NaN', 'POST', '/economic/transfer', '{"amount_micro":NaN,"to_agent_id":"b"}', 400, 'malformed_json'],
    ['malformed JSON', 'POST', '/economic/transfer', '{', 400, 'malformed_json'],
    ['an unknown member', 'POST', '/economic/transfer', { amount_micro: 5, extra: 1, to_agent_id: 'b' }, 422, 'command_invalid'],
    [
      'a share over capacity',
      'POST',
      '/market/bids',
      { amount_micro: 5, bundle: { cpu: 1_000_001, memory: 100_000 }, duration_ms: 1000 },
      422,
      'command_invalid',
    ],
    [
      'more cores than there are',
      'POST',
      '/market/bids',
      { amount_micro: 5, bundle: { cpu_millicores: 2000, memory_mb: 100 }, duration_ms: 1000 },
      422,
      'bundle_over_capacity',
    ],
    [
      'amounts and shares in one bundle',
      'POST',
      '/market/bids',
      { amount_micro: 5, bundle: { cpu: 250_000, memory_mb: 100 }, duration_ms: 1000 },
      422,
      'command_invalid',
    ],
    [
      'an amount of cpu without memory',
      'POST',
      '/market/bids',
      { amount_micro: 5, bundle: { cpu_millicores: 250 }, duration_ms: 1000 },
      422,
      'bundle_incomplete',
    ],
    [
      'an amount of LLM spend where none is for sale',
      'POST',
      '/market/bids',
      { amount_micro: 5, bundle: { llm_micro_usd_per_minute: 1 }, duration_ms: 1000 },
      422,
      'resource_not_offered',
    ],
    ['a zero duration', 'POST', '/market/bids', { amount_micro: 5, bundle: { cpu: 250_000, memory: 100_000 }, duration_ms: 0 }, 422, 'command_invalid'],
    ['cpu without memory', 'POST', '/market/bids', { amount_micro: 5, bundle: { cpu: 250_000 }, duration_ms: 1000 }, 422, 'bundle_incomplete'],
    ['an unknown bid', 'DELETE', '/market/bids/bid-99', undefined, 404, 'bid_unknown'],
    ['another’s balance', 'GET', '/economic/balance/b', undefined, 403, 'not_yours'],
    ['an agent that scores', 'POST', '/attention/prompts/prompt-1/score', { interesting: 10, understandable: 10, useful: 10 }, 403, 'role_forbidden'],
    ['an address that does not exist', 'GET', '/nothing', undefined, 404, 'not_found'],
  ])('%s', async (_name, method, path, body, status, code) => {
    const before = balance('a')
    const answer = await ask(method, path, body)
    expect({ code: answer.body.code, status: answer.status }).toEqual({ code, status })
    expect(answer.type).toContain('application/problem+json')
    expect(answer.body).toMatchObject({ status, type: `/docs#problem-${code}` })
    expect(balance('a')).toBe(before)
  })

  it('no token, a wrong one, one whose execution was revoked or whose lease has ended', async () => {
    expect((await app.request('/market/state')).status).toBe(401)
    expect((await ask('GET', '/market/state', undefined, 'wrong')).body.code).toBe('credentials_unknown')
    now = T0 + 6000
    expect((await ask('POST', '/economic/transfer', { amount_micro: 5, to_agent_id: 'b' })).body.code).toBe('lease_ended')
    tokens.revoke('lease-1')
    expect((await ask('GET', '/market/state')).status).toBe(401)
  })

  it.each([48, 10_000, 100_000])('JSON nested %i levels deep, in a body or by MCP: the economy goes on', async (levels) => {
    const deep = `${'['.repeat(levels)}${']'.repeat(levels)}`
    const objects = `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`
    const bid = '"amount":5,"bundle":{"cpu_millicores":250,"memory_mb":128},"duration_ms":1000'
    for (const [path, body] of [
      ['/market/bids', `{${bid},"payload":${deep}}`],
      ['/services', `{"cost_micro":1,"service_name":"s","specification":{"x":${objects}}}`],
      ['/attention/prompts', `{"amount_micro":5,"content":{"x":${deep}}}`],
      ['/mcp', `{"id":1,"jsonrpc":"2.0","method":"tools/call","params":{"arguments":{${bid},"payload":${deep}},"name":"market.bid"}}`],
    ] as const) {
      const answer = await ask('POST', path, body, run, { accept: 'application/json, text/event-stream', 'idempotency-key': path })
      expect(answer).toMatchObject({ body: { code: 'malformed_json' }, status: 400 })
    }
    expect((await ask('POST', '/economic/transfer', { amount_micro: 5, to_agent_id: 'b' })).status).toBe(200)
  })

  it('brackets within a text are no levels', async () => {
    const content = { text: `${'['.repeat(1000)}"\\${'{'.repeat(1000)}` }
    expect((await ask('POST', '/attention/prompts', { amount_micro: 5_000_000, content })).status).toBe(200)
  })

  it('a body over the limit', async () => {
    expect((await ask('POST', '/attention/prompts', { amount_micro: 5, content: { text: 'x'.repeat(1_100_000) } })).body.code).toBe('body_too_large')
  })
})

it.each([
  ['an agent', () => run, 403],
  ['a key', () => 'key-token', 403],
  ['an observer', () => 'observer-token', 200],
])('figures for a monitor: %s', async (_name, token, status) => {
  expect((await app.request('/metrics', { headers: { authorization: `Bearer ${token()}` } })).status).toBe(status)
})

describe('operations', () => {
  it('a retry with the same Idempotency-Key pays once, other content under it is refused', async () => {
    const pay = (amount_micro: number) => ask('POST', '/economic/transfer', { amount_micro, to_agent_id: 'b' }, run, { 'idempotency-key': 'k1' })
    const first = await pay(500)
    const second = await pay(500)
    expect(second.body.transfer_id).toBe(first.body.transfer_id)
    expect(second.body.repeated).toBe(true)
    expect(balance('b')).toBe(100_000_500)
    expect((await pay(600)).body.code).toBe('id_reused')
  })

  it('a bundle in amounts becomes shares of what is for sale, LLM spend as well: in a bid, a standing bid and a spawn', async () => {
    await host.submit({
      changes: { llm_keys_micro_usd_per_minute: 1000, llm_micro_usd_per_minute: 4000 },
      owner: 'operator',
      type: 'tune_rules',
    })
    const bundle = { cpu_millicores: 250, llm_micro_usd_per_minute: 1000, memory_mb: 128 }
    const shares = { cpu: 250_000, llm: 333_334, memory: 62_500 }
    const standing_bid = { bundle, duration_ms: 1000, limit_micro: 5_000_000, margin_ppm: 250_000, pause_ms: 0 }
    const bid = await ask('POST', '/market/bids', { amount: 5, bundle, duration_ms: 1000 })
    expect(host.state.bids.get(String(bid.body.bid_id))?.bundle).toEqual(shares)
    const alone = await ask('POST', '/market/bids', { amount: 5, bundle: { llm_micro_usd_per_minute: 3000 }, duration_ms: 1000 })
    expect(host.state.bids.get(String(alone.body.bid_id))?.bundle).toEqual({ llm: 1_000_000 })
    expect((await ask('PUT', '/market/standing-bid', { standing_bid })).status).toBe(200)
    expect(host.state.agents.get('a')?.standing_bid?.bundle).toEqual(shares)
    await host.submit({ agent_id: 'a', amount_micro: 1_000_000_000, owner: 'operator', type: 'fund' })
    const child = await ask('POST', '/social/spawn', { endowment_micro: 500_000_000, name: 'kid', standing_bid })
    expect(host.state.agents.get(String(child.body.child_id))?.standing_bid?.bundle).toEqual(shares)
    const more = await ask('POST', '/market/bids', { amount: 5, bundle: { ...bundle, llm_micro_usd_per_minute: 3001 }, duration_ms: 1000 })
    expect(more.body).toMatchObject({ code: 'bundle_over_capacity', figures: { llm_micro_usd_per_minute: 3000 } })
  })

  it('an agent bids, raises, withdraws; files a prompt that a human scores', async () => {
    const bid = await ask('POST', '/market/bids', { amount: 5, bundle: { cpu_millicores: 250, memory_mb: 128 }, duration_ms: 1000 })
    expect(bid.status).toBe(200)
    expect((await ask('POST', `/market/bids/${String(bid.body.bid_id)}/raise`, { amount: 4 })).body.code).toBe('amount_not_higher')
    expect((await ask('POST', `/market/bids/${String(bid.body.bid_id)}/raise`, { amount: 6 })).status).toBe(200)
    expect((await ask('DELETE', `/market/bids/${String(bid.body.bid_id)}`)).status).toBe(200)
    const prompt = await ask('POST', '/attention/prompts', { amount_micro: 5_000_000, content: { title: 't' } })
    const before = balance('a')
    await host.submit({ human_id: 'ada', on_duty: true, owner: 'host', type: 'set_duty' })
    const scored = await ask(
      'POST',
      `/attention/prompts/${String(prompt.body.prompt_id)}/score`,
      { interesting: 7, understandable: 6, useful: 8 },
      'human-token',
    )
    expect(scored.body.credits_awarded_micro).toBe(1_050_000_000)
    expect(balance('a') - before).toBe(1_050_000_000)
    expect((await ask('GET', `/attention/prompts/${String(prompt.body.prompt_id)}`)).body).toMatchObject({
      credits_awarded_micro: 1_050_000_000,
      status: 'scored',
    })
  })

  it('an operator funds, and reverses a transfer once', async () => {
    const paid = await ask('POST', '/economic/transfer', { amount_micro: 500, to_agent_id: 'b' })
    const reverse = () => ask('POST', `/operator/transfers/${String(paid.body.transfer_id)}/reverse`, { reason: 'mistake' }, 'operator-token')
    expect((await reverse()).status).toBe(200)
    expect(balance('b')).toBe(100_000_000)
    expect((await reverse()).status).toBe(409)
    expect((await ask('POST', '/operator/agents/b/fund', { amount: '1.5' }, 'operator-token')).status).toBe(200)
    expect(balance('b')).toBe(101_500_000)
    expect((await ask('POST', '/operator/agents/b/fund', { amount: 1 }, 'observer-token')).body.code).toBe('role_forbidden')
  })

  it('pays several agents or nobody', async () => {
    const pay = (first: number, second: number) =>
      ask('POST', '/economic/transfers', {
        transfers: [
          { amount_micro: first, to_agent_id: 'b' },
          { amount_micro: second, to_agent_id: 'b' },
        ],
      })
    expect((await pay(60_000_000, 60_000_000)).body.code).toBe('credits_insufficient')
    expect(balance('b')).toBe(100_000_000)
    expect((await pay(5, 6)).body.transfer_ids).toHaveLength(2)
    expect(balance('b')).toBe(100_000_011)
  })

  it('answers for a balance in the past', async () => {
    const before = host.state.seq
    await ask('POST', '/economic/transfer', { amount_micro: 500, to_agent_id: 'b' })
    const at = async (seq: number) => (await ask('GET', `/economic/balance/b/at?seq=${seq}`, undefined, 'observer-token')).body.balance_micro
    expect(await at(before)).toBe(100_000_000)
    expect(await at(host.state.seq)).toBe(100_000_500)
    expect(await at(0)).toBe(0)
  })

  it('the OpenAPI document names every operation and a reference page shows it', async () => {
    const document = (await (await app.request('/openapi.json')).json()) as { openapi: string; paths: Record<string, unknown> }
    expect(document.openapi).toBe('3.1.0')
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining(['/economic/transfer', '/market/bids', '/social/spawn', '/services', '/attention/prompts/{prompt_id}/score', '/execution/self']),
    )
    expect(await (await app.request('/docs')).text()).toContain('problem-credits_insufficient')
  })
})
