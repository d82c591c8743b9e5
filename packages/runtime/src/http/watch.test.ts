import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DEFAULT_PARAMS } from '@syntropism/economy'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createMemoryBus } from '../bus/index.ts'
import { Host } from '../host/index.ts'
import { openRuns } from '../runs/index.ts'
import { openSqlite } from '../store/index.ts'
import { type App, Tokens, createService, hashToken } from './index.ts'

const T0 = 1_700_000_000_000
const MINUTE = 60_000
const credits = (amount: number): number => amount * 1_000_000
let folder = ''
let host: Host
let app: App
let now = T0

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'syntropism-watch-'))
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
  const tokens = new Tokens([
    { hash: hashToken('ada'), human_id: 'ada', role: 'human' },
    { hash: hashToken('op'), operator_id: 'olga', role: 'operator' },
    { hash: hashToken('watcher'), role: 'observer' },
  ])
  app = createService({ host, queries, readEvents: () => [], runs: openRuns(join(folder, 'runs')), tokens })
  await host.submit({ economy_id: 'watched', owner: 'host', params: DEFAULT_PARAMS, rules_version: 1, type: 'genesis' })
  await host.submit({ human_id: 'ada', on_duty: true, owner: 'host', type: 'set_duty' })
  for (const agent_id of ['a', 'b']) await host.submit({ agent_id, grant_micro: credits(100), name: agent_id, owner: 'host', type: 'create_agent' })
})
afterEach(async () => {
  await host.stop()
  rmSync(folder, { force: true, recursive: true })
})

async function ask(method: string, path: string, body?: unknown, token = 'watcher') {
  const answer = await app.request(path, {
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { body: (await answer.json()) as Record<string, never>, status: answer.status }
}
const file = async (agent_id: string): Promise<string> => {
  await host.submit({ agent_id, amount_micro: credits(10), content: { title: 't' }, owner: 'host', type: 'file_prompt' })
  return `prompt-${host.state.counters.prompt}`
}
const later = async (ms: number): Promise<void> => {
  now += ms
  await host.submit({ owner: 'host', type: 'tick' })
}

describe('people’s attention', () => {
  it('has a break that ends by itself, and a cap that an operator can set', async () => {
    expect((await ask('POST', '/attention/duty', { break_ms: 5 * MINUTE, on_duty: false }, 'ada')).status).toBe(200)
    expect((await ask('GET', '/attention/humans')).body.humans).toMatchObject([{ back_at_ms: T0 + 5 * MINUTE, human_id: 'ada', on_duty: false }])
    await later(5 * MINUTE)
    await ask('PUT', '/operator/humans/ada/duty', { judgements_per_hour_max: 1, on_duty: true, reason: 'long day' }, 'op')
    expect((await ask('GET', '/operator/orders')).body.orders).toMatchObject([{ action: 'set_duty', ordered_by: 'olga', reason: 'long day' }])
    await ask('POST', `/attention/prompts/${await file('a')}/skip`, {}, 'ada')
    expect(await ask('POST', `/attention/prompts/${await file('b')}/skip`, {}, 'ada')).toMatchObject({ body: { code: 'hourly_cap_reached' }, status: 409 })
    expect((await ask('GET', '/attention/humans')).body.humans).toMatchObject([{ judged_last_hour: 1, judgements_per_hour_max: 1, on_duty: false }])
    expect(await ask('PUT', '/operator/humans/nobody/duty', { on_duty: true, reason: 'r' }, 'op')).toMatchObject({ body: { code: 'human_unknown' } })
    expect((await ask('POST', '/attention/duty', { on_duty: true }, 'op')).status).toBe(403)
  })

  it('is told as a digest: what was scored, by whom, and what was returned unread', async () => {
    await ask('POST', `/attention/prompts/${await file('a')}/score`, { interesting: 9, understandable: 6, useful: 6 }, 'ada')
    await file('b')
    await later(11 * MINUTE)
    const { body } = await ask('GET', '/attention/digest?hours=1')
    expect(body).toMatchObject({
      agents: [{ agent_id: 'a', judged: 1, mean_score: 7, minted_micro: credits(1050) }],
      humans: [{ human_id: 'ada', judged: 1 }],
      returned_micro: credits(10),
      returned_unread: 1,
      scored: 1,
      skipped: 0,
    })
    await later(2 * 60 * MINUTE)
    expect((await ask('GET', '/attention/digest?hours=1')).body).toMatchObject({ returned_unread: 0, scored: 0 })
  })
})

describe('agents', () => {
  beforeEach(async () => {
    await host.submit({ endowment_micro: credits(0), name: 'child', owner: 'host', parent_id: 'a', type: 'spawn' })
  })

  it('are found by parent, with the number of their children, and counted by state', async () => {
    const { body } = await ask('GET', '/agents?parent=none&order=balance')
    expect(body).toMatchObject({
      agents: [
        { agent_id: 'b', children: 0 },
        { agent_id: 'a', children: 1 },
      ],
      total: 2,
    })
    expect(Object.values(body.states ?? {}).reduce((sum: number, count) => sum + Number(count), 0)).toBe(3)
    expect((await ask('GET', '/agents?parent=a')).body).toMatchObject({ agents: [{ parent_id: 'a' }], total: 1 })
    expect((await ask('GET', '/agents?limit=1&offset=1')).body).toMatchObject({ agents: [{}], total: 3 })
  })

  it('are seen closely: turns of their life, inbox, services, spend on models', async () => {
    await ask('POST', '/operator/agents/b/message', { content: 'hello' }, 'op')
    await host.submit({
      agent_id: 'b',
      cost_micro: credits(2),
      owner: 'host',
      payment: 'on_response',
      service_name: 'sum',
      specification: {},
      type: 'register_service',
    })
    await ask('PUT', '/operator/agents/b/llm-budget', { left_micro_usd: 5_000_000 }, 'op')
    expect((await ask('GET', '/agents/b')).body).toMatchObject({
      inbox: 1,
      inbox_messages: [{ body: { content: 'hello' }, from_agent: 'system' }],
      llm: { budget_left_micro_usd: 5_000_000, budget_of: 'b', calls: 0, spent_micro_usd: 0 },
      services: [{ cost_micro: credits(2), service_name: 'sum' }],
    })
    await ask('POST', '/operator/agents/b/kill', { reason: 'enough' }, 'op')
    const { turns } = (await ask('GET', '/agents/b')).body as { turns?: { type: string }[] }
    expect(turns?.map((turn) => turn.type)).toEqual(['agent_died', 'agent_dormant', 'agent_created'])
    expect((await ask('GET', '/agents/a')).body).toMatchObject({ children: [{}], inbox: 0, llm: { budget_left_micro_usd: null }, services: [] })
  })
})

describe('credits', () => {
  it('flow from the mint through agents to the burn, and what goes out of a party came in', async () => {
    await host.submit({ amount_micro: credits(30), from_agent_id: 'a', owner: 'host', purpose: 'payment', to_agent_id: 'b', type: 'transfer' })
    await ask('POST', '/operator/agents/b/kill', { reason: 'enough' }, 'op')
    const { body } = await ask('GET', '/economic/flows')
    expect(body.is_whole).toBe(true)
    expect(body.links).toEqual(
      expect.arrayContaining([
        { amount_micro: credits(100), from: 'mint', purpose: 'grant', to: 'a' },
        { amount_micro: credits(30), from: 'a', purpose: 'payment', to: 'b' },
        expect.objectContaining({ amount_micro: credits(130), from: 'b', to: 'burn' }),
      ]),
    )
  })

  it('are told by what is paid for, not by each payment: numbers part nothing, and small purposes flow together', async () => {
    for (let index = 1; index <= 9; index++)
      await host.submit({
        amount_micro: credits(index),
        from_agent_id: 'a',
        owner: 'host',
        purpose: index > 7 ? `share of prompt-${index}` : `purpose ${'x'.repeat(index)}`,
        to_agent_id: 'b',
        type: 'transfer',
      })
    const { links } = (await ask('GET', '/economic/flows')).body as { links?: { amount_micro: number; from: string; purpose: string }[] }
    expect(links?.filter(({ from }) => from === 'a').map(({ amount_micro, purpose }) => [purpose, amount_micro / 1_000_000])).toEqual([
      ['share of prompt', 17],
      ['purpose xxxxxxx', 7],
      ['purpose xxxxxx', 6],
      ['other payments', 6],
      ['purpose xxxxx', 5],
      ['purpose xxxx', 4],
    ])
  })

  it('are known at any past moment, by number or by time', async () => {
    await later(MINUTE)
    await host.submit({ amount_micro: credits(30), from_agent_id: 'a', owner: 'host', purpose: 'payment', to_agent_id: 'b', type: 'transfer' })
    await later(MINUTE)
    const at = async (query: string) => (await ask('GET', `/economic/balance/a/at?${query}`)).body.balance_micro
    expect(await at(`at_ms=${T0 - 1}`)).toBe(0)
    expect(await at(`at_ms=${T0 + MINUTE - 1}`)).toBe(credits(100))
    expect(await at(`at_ms=${T0 + MINUTE}`)).toBe(credits(70))
    expect(await at('')).toBe(credits(70))
    expect(await at('seq=2')).toBe(0)
  })
})

describe('runs', () => {
  it('are listed, their figures told, and their reports shown in a box without scripts', async () => {
    mkdirSync(join(folder, 'runs', 'one'), { recursive: true })
    writeFileSync(join(folder, 'runs', 'one', 'series.csv'), 'run,gini\n0,0.5\n')
    writeFileSync(join(folder, 'runs', 'one', 'report.html'), '<p>plots</p>')
    expect((await ask('GET', '/runs')).body).toMatchObject({ runs: [{ kind: 'simulation', path: 'one', reports: ['one/report.html'] }] })
    expect((await ask('GET', '/runs/figures?path=one')).body).toMatchObject({ rows: [{ name: 'run' }, { cells: [0.5], name: 'gini' }] })
    expect(await ask('GET', '/runs/figures?path=..%2F..')).toMatchObject({ body: { code: 'command_invalid' }, status: 422 })
    const answer = await app.request('/runs/files/one/report.html', { headers: { authorization: 'Bearer watcher' } })
    expect(await answer.text()).toBe('<p>plots</p>')
    expect(answer.headers.get('content-security-policy')).toMatch(/^sandbox; default-src 'none'/)
    const headers = { authorization: 'Bearer watcher' }
    expect((await app.request('/runs/files/%2e%2e%2feconomy.sqlite', { headers })).status).toBe(404)
    expect((await app.request('/runs/files/one/report.html')).status).toBe(401)
  })
})
