import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { balanceOf } from '@syntropism/economy'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createMemoryBus } from '../../packages/runtime/src/bus/index.ts'
import { LlmConfig } from '../../packages/runtime/src/config/index.ts'
import { Host } from '../../packages/runtime/src/host/index.ts'
import { Cancellation, Gateway } from '../../packages/runtime/src/llm-gateway/index.ts'
import { openSqlite } from '../../packages/runtime/src/store/index.ts'
import { type World, openWorld } from './world.ts'

/** Economy time stands still: no reserve goes back because a busy machine left it unused for a while. */
const now = (): number => 1_800_000_000_000
const openStill = (): Promise<World> => openWorld({ now })

let world: World
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'syntropism-reserves-'))
})
afterEach(async () => {
  await world.close()
  rmSync(folder, { force: true, recursive: true })
})

const call = (token: string, more: object = {}) =>
  fetch(`${world.url}/v1/chat/completions`, {
    body: JSON.stringify({ messages: [{ content: 'hello', role: 'user' }], model: 'plain', ...more }),
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    method: 'POST',
  })
const admitted = () => world.events.flatMap((event) => (event.type === 'llm_call_admitted' ? [event.data] : []))
const account = (host: Host, name: string): number => balanceOf(host.state.ledger, host.state.ledger.index_by_name.get(name) as number)

/** Calls until one has gone out on a reserve. */
async function warmUp(token: string): Promise<void> {
  while (!admitted().some((one) => one.reserve_id !== undefined)) {
    expect((await call(token)).status).toBe(200)
    await world.quiet()
  }
}

describe('calls that follow each other', () => {
  it('go out on a reserve, each with its own record and cost', async () => {
    world = await openStill()
    await warmUp(world.agentToken)
    const answer = await call(world.agentToken)
    expect(answer.status).toBe(200)
    await answer.text()
    await world.quiet()
    expect(admitted().at(-1)).toMatchObject({ call_id: answer.headers.get('x-syntropism-call-id') })
    expect(admitted().at(-1)?.reserve_id).toMatch(/^reserve-/)
    const { input, output } = world.upstream.reported
    expect(world.settled().reduce((sum, one) => sum + one.cost_micro_usd, 0)).toBe(input + output)
  })

  it('are refused only for what is really gone: reserves go back first', async () => {
    const limit = 5000
    world = await openWorld({ key: { windows: [{ limit_micro_usd: limit, window_ms: 0 }] }, now })
    let refused: { figures: { left: number; required: number } } | null = null
    while (refused === null) {
      const answer = await call('key-token')
      const body = (await answer.json()) as { figures: { left: number; required: number } }
      if (answer.status !== 200) refused = body
    }
    await world.quiet()
    expect(admitted().filter((one) => one.reserve_id !== undefined).length).toBeGreaterThan(5)
    const spent = world.settled().reduce((sum, one) => sum + one.cost_micro_usd, 0)
    expect(refused).toMatchObject({ code: 'llm_budget_exhausted', figures: { left: limit - spent, limit: 'key:team/0' } })
    expect(refused.figures.required).toBeGreaterThan(refused.figures.left)
  })

  it('may take the budget of their agent to the last micro-dollar, and lose it at once', async () => {
    world = await openStill()
    await warmUp(world.agentToken)
    const set = await fetch(`${world.url}/operator/agents/a/llm-budget`, {
      body: JSON.stringify({ left_micro_usd: 0 }),
      headers: { authorization: 'Bearer operator', 'content-type': 'application/json' },
      method: 'PUT',
    })
    expect(set.status).toBe(200)
    expect(world.host.state.llm.reserves.size).toBe(0)
    expect(await (await call(world.agentToken)).json()).toMatchObject({ code: 'llm_budget_exhausted', figures: { left: 0, limit: 'budget' } })
  })

  it('are recorded before their reserve goes back, also when it goes back in the same moment', async () => {
    world = await openStill()
    await warmUp('key-token')
    const before = admitted().length
    const body = { messages: [{ content: 'hello', role: 'user' }], model: 'plain' }
    const out = [1, 2].map(() => world.gateway.call({ api: 'chat/completions', body, caller: { key_id: 'team' }, gone: new Cancellation(), traceparent: '' }))
    await world.gateway.withoutReserves(() => Promise.resolve())
    expect((await Promise.all(out)).map(({ status }) => status)).toEqual([200, 200])
    await world.quiet()
    expect(
      admitted()
        .slice(before)
        .map((one) => one.reserve_id !== undefined),
    ).toEqual([true, true])
    expect(world.events.flatMap((event) => (event.type === 'llm_reserve_closed' ? [event.data.booked_micro_usd] : []))).not.toEqual([])
    expect(world.alarms).toEqual([])
  })

  it('stop when the key is revoked', async () => {
    world = await openStill()
    await warmUp('key-token')
    await world.host.submit({ key_id: 'team', owner: 'operator', type: 'revoke_llm_key' })
    expect((await call('key-token')).status).toBe(403)
  })
})

describe('a process that dies', () => {
  it('leaves every call that went out held: the next one books them', async () => {
    world = await openStill()
    await warmUp('key-token')
    const [reserveId] = world.host.state.llm.reserves.keys()
    expect(reserveId).toBeDefined()
    // What the disk holds now is what a crash at any moment until the next commit would leave.
    const copy = join(folder, 'economy.sqlite')
    new DatabaseSync(join(world.folder, 'economy.sqlite')).exec(`VACUUM INTO '${copy}'`)
    expect(existsSync(copy)).toBe(true)
    const before = admitted().length
    await Promise.all([call('key-token'), call('key-token', { stream: true }), call('key-token')])
    await world.quiet()
    const drawn = admitted()
      .slice(before)
      .filter((one) => one.reserve_id === reserveId)
    expect(drawn.length).toBe(3)
    const host = await Host.open({
      bus: createMemoryBus(() => undefined),
      createClock: () => ({ now }),
      journal: openSqlite(copy).journal,
      onFatal: (error) => {
        throw error
      },
    })
    const booked = account(host, 'llm_micro_usd:used')
    const config = LlmConfig.parse({ models: {}, upstreams: [{ base_url: world.upstream.url, id: 'fake' }], usd_per_minute: 1 })
    const around = { alarm: () => undefined, bus: createMemoryBus(() => undefined), environment: {}, host, models_dir: folder, onError: () => undefined }
    const gateway = new Gateway({ ...around, config, recordings_dir: folder })
    await gateway.start()
    expect(host.state.llm.reserves.size).toBe(0)
    expect(account(host, 'llm_micro_usd:held')).toBe(0)
    expect(account(host, 'llm_micro_usd:used') - booked).toBeGreaterThanOrEqual(drawn.reduce((sum, one) => sum + one.bound_micro_usd, 0))
    await gateway.close()
    await host.stop()
  })
})
