import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import type { EconomyEvent } from '@syntropism/contract'
import { DEFAULT_PARAMS } from '@syntropism/economy'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createMemoryBus } from '../bus/index.ts'
import { Host } from '../host/index.ts'
import { IDEMPOTENCY_META } from '../mcp/index.ts'
import { openSqlite } from '../store/index.ts'
import type { Doors } from './doors.ts'
import { type App, Tokens, createService, hashToken, openDoors } from './index.ts'
import { operationsIn } from './service.ts'

const T0 = 1_700_000_000_000
let folder = ''
let host: Host
let app: App
let tokens: Tokens
let doors: Doors
let events: EconomyEvent[] = []
let clients: Client[] = []

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'syntropism-mcp-'))
  events = []
  clients = []
  const bus = createMemoryBus(() => undefined)
  bus.subscribe((event) => void events.push(event))
  const { journal, queries } = openSqlite(join(folder, 'economy.sqlite'))
  host = await Host.open({
    bus,
    createClock: () => ({ now: () => T0 }),
    journal,
    onFatal: (error) => {
      throw error
    },
  })
  tokens = new Tokens([{ hash: hashToken('operator-token'), role: 'operator' }])
  app = createService({ host, queries, readEvents: () => [], tokens })
  doors = await openDoors((request) => app.fetch(request), { host: '127.0.0.1', port: 0 }, null)
  await host.submit({ economy_id: 'mcp', owner: 'host', params: DEFAULT_PARAMS, rules_version: 1, type: 'genesis' })
  await host.submit({ cpu_millicores: 1000, executor_id: 'local', incarnation: 'i', memory_mb: 2048, owner: 'x', reports: true, type: 'register_executor' })
  for (const agent_id of ['a', 'b']) await host.submit({ agent_id, grant_micro: 100_000_000, name: agent_id, owner: 'host', type: 'create_agent' })
  const bundle = { cpu: 250_000, memory: 100_000 }
  await host.submit({ agent_id: 'a', amount_micro: 10_000_000, bundle, duration_ms: 5000, owner: 'host', payer_id: 'a', type: 'place_bid' })
  await host.submit({ owner: 'host', type: 'tick' })
  await host.submit({ executor_id: 'local', incarnation: 'i', lease_id: 'lease-1', owner: 'x', type: 'start_lease' })
})
afterEach(async () => {
  for (const client of clients) await client.close()
  await doors.close()
  await host.stop()
  rmSync(folder, { force: true, recursive: true })
})

async function connect(token: string, mode: 'legacy' | 'auto' = 'auto', path = '/mcp'): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } })
  clients.push(client)
  await client.connect(new StreamableHTTPClientTransport(new URL(`${doors.url}${path}`), { requestInit: { headers: { authorization: `Bearer ${token}` } } }))
  return client
}
const namesOf = async (client: Client): Promise<string[]> => (await client.listTools()).tools.map((tool) => tool.name)
/** Observations are committed with a later batch: the tick lets them in. */
const toolEvents = async (): Promise<object[]> => {
  await host.submit({ owner: 'host', type: 'tick' })
  return events.filter(({ type }) => type.startsWith('tool_call_')).map(({ agent_id, data, type }) => ({ agent_id, data, type }))
}

describe.each(['legacy', 'auto'] as const)('a client of MCP (%s version)', (mode) => {
  it('calls operations as tools under the names of the taxonomy, with the events of an HTTP call', async () => {
    const client = await connect(tokens.issue('a', 'lease-1'), mode)
    const balance = await client.callTool({ arguments: {}, name: 'economic.get_balance' })
    expect(balance).toMatchObject({ isError: false, structuredContent: { agent_id: 'a', balance_micro: expect.any(Number) as number } })
    const bid = { amount_micro: 5_000_000, bundle: { cpu_millicores: 250, memory_mb: 128 }, duration_ms: 1000 }
    expect(await client.callTool({ arguments: bid, name: 'market.bid' })).toMatchObject({ structuredContent: { bid_id: 'bid-2' } })
    const over = await toolEvents()
    events.length = 0
    const headers = { authorization: `Bearer ${tokens.issue('a', 'lease-1')}`, 'content-type': 'application/json' }
    await app.request('/economic/balance/a', { headers })
    const again = (await (
      await app.request('/market/bids', { body: JSON.stringify({ ...bid, amount_micro: 5_000_001 }), headers, method: 'POST' })
    ).json()) as object
    expect(again).toMatchObject({ bid_id: 'bid-3' })
    expect(over.map((one) => ({ ...one, data: undefined }))).toEqual((await toolEvents()).map((one) => ({ ...one, data: undefined })))
    expect(over).toMatchObject([
      { agent_id: 'a', data: { tool_name: 'economic.get_balance' }, type: 'tool_call_initiated' },
      { agent_id: 'a', data: { result: 'success', tool_name: 'economic.get_balance' }, type: 'tool_call_completed' },
      { agent_id: 'a', data: { parameters: bid, tool_name: 'market.bid' }, type: 'tool_call_initiated' },
      { agent_id: 'a', data: { response: { bid_id: 'bid-2' }, result: 'success', tool_name: 'market.bid' }, type: 'tool_call_completed' },
    ])
  })

  it('is told of a refusal as a failed tool with the problem document, and nothing changes', async () => {
    const client = await connect(tokens.issue('a', 'lease-1'), mode)
    const refused = await client.callTool({ arguments: { amount_micro: 10 ** 12, to_agent_id: 'b' }, name: 'economic.transfer' })
    expect(refused).toMatchObject({ isError: true, structuredContent: { code: 'credits_insufficient', status: 402 } })
    expect(await client.callTool({ arguments: { extra: 1 }, name: 'economic.transfer' })).toMatchObject({ isError: true, structuredContent: { status: 422 } })
    expect(await client.callTool({ arguments: { agent_id: 'b' }, name: 'economic.get_balance' })).toMatchObject({
      isError: true,
      structuredContent: { code: 'not_yours' },
    })
    await expect(client.callTool({ arguments: {}, name: 'economic.print_money' })).rejects.toMatchObject({ code: -32602 })
    await expect(client.callTool({ arguments: { amount_micro: 5 }, name: 'operator.agents.fund.post' })).rejects.toMatchObject({ code: -32602 })
  })

  it('repeats a call with the same key and gets the first answer', async () => {
    const client = await connect(tokens.issue('a', 'lease-1'), mode)
    const call = { _meta: { [IDEMPOTENCY_META]: 'once' }, arguments: { amount_micro: 7, to_agent_id: 'b' }, name: 'economic.transfer' }
    const first = (await client.callTool(call)).structuredContent as { transfer_id: string }
    expect(await client.callTool(call)).toMatchObject({ structuredContent: { repeated: true, transfer_id: first.transfer_id } })
  })
})

describe('the list of tools', () => {
  it('has every operation that the token allows, and no other', async () => {
    const agent = await namesOf(await connect(tokens.issue('a', 'lease-1')))
    const operator = await namesOf(await connect('operator-token'))
    for (const name of [
      'economic.get_balance',
      'economic.transfer',
      'market.get_prices',
      'market.bid',
      'execution.spawn',
      'service.register',
      'service.invoke',
      'human.prompt',
      'llm.complete',
    ])
      expect(agent).toContain(name)
    const allowed = (role: 'agent' | 'operator'): number => operationsIn(app).filter(({ roles }) => roles.length === 0 || roles.includes(role)).length
    expect(agent.length).toBe(allowed('agent'))
    expect(operator.length).toBe(allowed('operator'))
    expect(new Set(operator).size).toBe(operator.length)
    expect(agent.filter((name) => name.startsWith('operator.'))).toEqual([])
    expect(operator).toContain('operator.agents.fund.post')
  })

  it('describes the same members as the document of the HTTP routes', async () => {
    interface Described {
      readonly paths: Record<
        string,
        Record<string, { requestBody?: { content: { 'application/json': { schema: { properties?: object; required?: string[] } } } } }>
      >
    }
    const document = (await (await app.request('/openapi.json')).json()) as Described
    const { tools } = await (await connect(tokens.issue('a', 'lease-1'))).listTools()
    const operations = operationsIn(app).filter(({ body, roles }) => body !== undefined && roles.includes('agent'))
    expect(operations.length).toBeGreaterThan(10)
    for (const operation of operations) {
      const schema = document.paths[operation.path]?.[operation.method]?.requestBody?.content['application/json'].schema
      const name = operation.name ?? (typeof operation.tool === 'string' ? operation.tool : undefined)
      const tool = tools.find((one) => one.name === name)
      if (name === undefined || schema === undefined) continue
      expect(Object.keys(tool?.inputSchema.properties ?? {}), name).toEqual(expect.arrayContaining(Object.keys(schema.properties ?? {})))
      expect(tool?.inputSchema.required, name).toEqual(expect.arrayContaining(schema.required ?? []))
    }
    for (const tool of tools) expect(JSON.stringify(tool.inputSchema), tool.name).not.toContain('$ref')
  })
})

describe('the door with plain names', () => {
  it('has the same tools under names that every provider of models takes, each its own', async () => {
    for (const token of [tokens.issue('a', 'lease-1'), 'operator-token']) {
      const named = await namesOf(await connect(token))
      const plain = await namesOf(await connect(token, 'auto', '/mcp/plain'))
      expect(plain).toHaveLength(named.length)
      expect(new Set(plain).size).toBe(plain.length)
      for (const name of plain) expect(name).toMatch(/^[a-zA-Z0-9_-]{1,64}$/)
    }
  })

  it('calls what the name stands for, and the log knows it by the name of the taxonomy', async () => {
    const client = await connect(tokens.issue('a', 'lease-1'), 'auto', '/mcp/plain')
    expect(await client.callTool({ arguments: {}, name: 'economic_get_balance' })).toMatchObject({ isError: false, structuredContent: { agent_id: 'a' } })
    await expect(client.callTool({ arguments: {}, name: 'economic.get_balance' })).rejects.toMatchObject({ code: -32602 })
    expect(await toolEvents()).toMatchObject([{ data: { tool_name: 'economic.get_balance' } }, { data: { tool_name: 'economic.get_balance' } }])
  })
})

describe('a token', () => {
  it('that is unknown, or whose lease has ended, opens nothing', async () => {
    await expect(connect('nobody')).rejects.toThrow()
    const token = tokens.issue('a', 'lease-1')
    const client = await connect(token)
    expect((await client.listTools()).tools.length).toBeGreaterThan(0)
    tokens.revoke('lease-1')
    await expect(client.callTool({ arguments: {}, name: 'economic.get_balance' })).rejects.toThrow()
  })

  it('cannot be put on by a header', async () => {
    const answer = await fetch(`${doors.url}/mcp`, { body: '{}', headers: { 'content-type': 'application/json', principal: 'operator' }, method: 'POST' })
    expect(answer.status).toBe(401)
  })
})

it('the address answers other methods and types as the others do', async () => {
  const headers = { authorization: 'Bearer operator-token' }
  expect((await fetch(`${doors.url}/mcp`, { headers })).status).toBe(405)
  expect((await fetch(`${doors.url}/mcp`, { body: 'x', headers: { ...headers, 'content-type': 'text/plain' }, method: 'POST' })).status).toBe(415)
  const wrong = await fetch(`${doors.url}/mcp`, {
    body: '{',
    headers: { ...headers, accept: 'application/json, text/event-stream', 'content-type': 'application/json' },
    method: 'POST',
  })
  expect(wrong.status).toBe(400)
})
