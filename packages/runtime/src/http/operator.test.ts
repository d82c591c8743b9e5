import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DEFAULT_PARAMS } from '@syntropism/economy'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createMemoryBus } from '../bus/index.ts'
import { Host } from '../host/index.ts'
import { openSqlite } from '../store/index.ts'
import { type App, Tokens, createService, hashToken } from './index.ts'

let folder = ''
let host: Host
let app: App

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'syntropism-operator-'))
  const { journal, queries } = openSqlite(join(folder, 'economy.sqlite'))
  host = await Host.open({
    bus: createMemoryBus(() => undefined),
    createClock: () => ({ now: () => 1_700_000_000_000 }),
    journal,
    onFatal: (error) => {
      throw error
    },
  })
  const tokens = new Tokens([
    { hash: hashToken('ada'), operator_id: 'ada', role: 'operator' },
    { hash: hashToken('nameless'), role: 'operator' },
    { hash: hashToken('watcher'), role: 'observer' },
  ])
  app = createService({ host, queries, readEvents: () => [], tokens })
  await host.submit({ economy_id: 'orders', owner: 'host', params: DEFAULT_PARAMS, rules_version: 1, type: 'genesis' })
  await host.submit({ cpu_millicores: 1000, executor_id: 'local', incarnation: 'i', memory_mb: 2048, owner: 'x', reports: true, type: 'register_executor' })
  await host.submit({ agent_id: 'a', grant_micro: 100_000_000, name: 'a', owner: 'host', type: 'create_agent' })
})
afterEach(async () => {
  await host.stop()
  rmSync(folder, { force: true, recursive: true })
})

async function ask(method: string, path: string, body?: unknown, token = 'ada') {
  const answer = await app.request(path, {
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { body: (await answer.json()) as Record<string, unknown>, status: answer.status }
}
const orders = async (): Promise<Record<string, unknown>[]> => (await ask('GET', '/operator/orders')).body.orders as Record<string, unknown>[]

describe('orders of the operator', () => {
  it('are carried out and kept with who gave them and why, newest first', async () => {
    expect((await ask('POST', '/operator/agents/a/pause', { reason: 'it loops' })).status).toBe(200)
    expect((await ask('GET', '/operator/state')).body).toMatchObject({ everyone_paused: false, paused_agents: ['a'] })
    expect((await ask('POST', '/operator/agents/a/resume', { reason: 'fixed' }, 'nameless')).status).toBe(200)
    expect((await ask('POST', '/operator/agents/a/fund', { amount: 5 })).status).toBe(200)
    expect((await ask('POST', '/operator/agents/a/message', { content: 'hello' })).status).toBe(200)
    expect(await orders()).toMatchObject([
      { action: 'instruct_agent', details: { content: 'hello' }, ordered_by: 'ada', reason: 'no reason given' },
      { action: 'fund', agent_id: 'a', details: { amount_micro: 5_000_000 } },
      { action: 'resume_windows', ordered_by: 'operator', reason: 'fixed' },
      { action: 'pause_windows', agent_id: 'a', ordered_by: 'ada', reason: 'it loops' },
    ])
  })

  it('move credits between agents, all or none or each by itself, in one request that takes effect once', async () => {
    await host.submit({ agent_id: 'b', grant_micro: 5_000_000, name: 'b', owner: 'host', type: 'create_agent' })
    const transfers = [
      { amount: 60, from_agent_id: 'a', to_agent_id: 'b' },
      { amount_micro: 64_999_999, from_agent_id: 'b', purpose: 'onward', to_agent_id: 'a' },
      { amount: 2, from_agent_id: 'b', to_agent_id: 'a' },
    ]
    const refused = await ask('POST', '/operator/transfers', { transfers })
    expect(refused).toMatchObject({ body: { code: 'credits_insufficient', figures: { available_micro: 1, index: 2 } }, status: 402 })
    const each = { body: JSON.stringify({ linked: false, reason: 'pay round', transfers }), method: 'POST' }
    const headers = { authorization: 'Bearer ada', 'content-type': 'application/json', 'idempotency-key': 'round-1' }
    for (const repeated of [false, true])
      expect(await (await app.request('/operator/transfers', { ...each, headers })).json()).toMatchObject({
        first_transfer_id: 'transfer-3',
        posted: 2,
        refused: [{ code: 'credits_insufficient', index: 2 }],
        repeated,
      })
    expect((await ask('GET', '/economic/balance/b')).body).toMatchObject({ balance_micro: 1 })
    const { body } = await ask('GET', '/economic/history/b?limit=2')
    expect(body.transfers).toMatchObject([
      { amount_micro: 64_999_999, from_agent: 'b', purpose: 'onward', transfer_id: 'transfer-4' },
      { amount_micro: 60_000_000, purpose: 'payment', to_agent: 'b', transfer_id: 'transfer-3' },
    ])
    expect(await orders()).toMatchObject([{ action: 'transfer_batch', details: { linked: false }, reason: 'pay round' }])
    expect((await ask('POST', '/operator/transfers/transfer-4/reverse', { reason: 'wrong way' })).status).toBe(200)
    expect((await ask('GET', '/economic/balance/b')).body).toMatchObject({ balance_micro: 65_000_000 })
    expect((await ask('POST', '/operator/transfers', { transfers }, 'watcher')).status).toBe(403)
    expect((await ask('POST', '/operator/transfers', { transfers: [] })).status).toBe(422)
  })

  it('need a reason, and an operator', async () => {
    expect(await ask('POST', '/operator/drain', {})).toMatchObject({ body: { code: 'command_invalid' }, status: 422 })
    expect(await ask('POST', '/operator/drain', { reason: 'r' }, 'watcher')).toMatchObject({ body: { code: 'role_forbidden' }, status: 403 })
    expect(host.state.paused.everyone).toBe(false)
    expect(await orders()).toEqual([])
  })

  it('drain and resume the whole economy', async () => {
    await ask('POST', '/operator/drain', { end_now: true, reason: 'kernel update' })
    expect((await ask('GET', '/operator/state', undefined, 'watcher')).body).toMatchObject({ everyone_paused: true, windows: 0 })
    await ask('POST', '/operator/resume', { reason: 'done' })
    expect(host.state.paused.everyone).toBe(false)
  })

  it('tune the rules and the capacity, or refuse with what would be right', async () => {
    expect((await ask('POST', '/operator/rules', { changes: { curves: { cpu: { up_ppm: 50_000 } } }, reason: 'calmer' })).status).toBe(200)
    expect(host.state.params.curves.cpu.up_ppm).toBe(50_000)
    const wrong = await ask('POST', '/operator/rules', { changes: { curves: { cpu: { low_ppm: 999_999 } } }, reason: 'r' })
    expect(wrong).toMatchObject({ body: { code: 'command_invalid', figures: { field: 'curves.cpu.low_ppm' } }, status: 422 })
    expect((await ask('POST', '/operator/rules', { changes: { no_such_number: 1 }, reason: 'r' })).status).toBe(422)
    expect((await ask('PUT', '/operator/executors/local/capacity', { cpu_millicores: 500, reason: 'half' })).status).toBe(200)
    expect(host.state.executors.get('local')).toMatchObject({ cpu: 500, incarnation: 'i', memory: 2048, reports: true })
    expect(await ask('PUT', '/operator/executors/other/capacity', { reason: 'r' })).toMatchObject({ body: { code: 'executor_unknown' }, status: 404 })
  })
})
