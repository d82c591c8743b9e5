import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import type { EconomyEvent } from '@syntropism/contract'
import { connect, credsAuthenticator } from '@nats-io/transport-node'
import { expect, it } from 'vitest'
import { until } from '../contracts/events.ts'
import { Watch, finish, removeDir, run, start, tempDir } from '../program.ts'
import { NatsServer } from '../servers/nats-server.ts'

const AGENT = resolve(import.meta.dirname, 'nats-agent')
const TRACE_ID = '0af7651916cd43dd8448eb211c80319c'

interface Left {
  readonly token: string
  readonly nats: { readonly credentials: string; readonly inbox_prefix: string; readonly subject_prefix: string; readonly url: string }
}

it('nats init, live and service as processes: an agent asks for its balance over HTTP, MCP and NATS, in one trace', async () => {
  const data = tempDir()
  const keys = join(tempDir(), 'keys')
  expect((await run(['nats', 'init', keys])).code).toBe(0)
  expect((await run(['nats', 'init', keys])).stderr).toContain('exists: new keys would lock out everything')
  const server = await NatsServer.start(readFileSync(join(keys, 'server.conf'), 'utf8').split('\n').slice(3).join('\n'))
  const env = (role: string) => ({ NATS_CREDS: join(keys, `${role}.creds`), NATS_ISSUER: join(keys, 'issuer.json'), NATS_URL: server.url })
  const live = start(['live', '--data', data, '--port', '0', '--agents', AGENT, '--sandbox', 'node', '--json'], env('writer'))
  const liveEnded = finish(live)
  const liveLines = new Watch(live)
  try {
    await liveLines.find((line) => line.type === 'started')
    const leftFile = join(data, 'agents', 'workspaces', 'caller', 'left.json')
    await until(() => existsSync(leftFile))
    const left = JSON.parse(readFileSync(leftFile, 'utf8')) as Left
    const service = start(['service', '--port', '0', '--json'], env('service'))
    const serviceEnded = finish(service)
    const started = await new Watch(service).find((line) => line.type === 'started')
    const headers = { authorization: `Bearer ${left.token}`, traceparent: `00-${TRACE_ID}-b7ad6b7169203331-01` }
    const overHttp = (await (await fetch(`${String(started.url)}/economic/balance/caller`, { headers })).json()) as { balance_micro: number }
    expect(overHttp.balance_micro).toBeGreaterThan(0)
    const mcp = new Client({ name: 'caller', version: '1' })
    const authorization = { authorization: `Bearer ${left.token}` }
    await mcp.connect(new StreamableHTTPClientTransport(new URL(`${String(started.url)}/mcp`), { requestInit: { headers: authorization } }))
    expect((await mcp.listTools()).tools.map((tool) => tool.name)).toEqual(expect.arrayContaining(['economic.get_balance', 'market.bid', 'llm.complete']))
    const overMcp = await mcp.callTool({ arguments: {}, name: 'economic.get_balance' })
    expect(overMcp).toMatchObject({ isError: false, structuredContent: { balance_micro: overHttp.balance_micro } })
    const refused = await mcp.callTool({ arguments: { agent_id: 'nobody' }, name: 'economic.get_balance' })
    expect(refused).toMatchObject({ isError: true, structuredContent: { status: expect.any(Number) as number } })
    await mcp.close()
    expect(await liveLines.find((line) => line.type === 'tool_call_completed')).toMatchObject({ data: { tool_name: 'economic.get_balance' } })
    const stranger = { body: '{"id":1,"jsonrpc":"2.0","method":"tools/list"}', headers: { 'content-type': 'application/json' }, method: 'POST' }
    expect((await fetch(`${String(started.url)}/mcp`, stranger)).status).toBe(401)
    const agent = await connect({
      authenticator: credsAuthenticator(new TextEncoder().encode(left.nats.credentials)),
      inboxPrefix: left.nats.inbox_prefix,
      servers: left.nats.url,
    })
    const overNats = (await agent.request(`${left.nats.subject_prefix}.economic.balance.get`, '{}', { timeout: 120_000 })).json<{ balance_micro: number }>()
    expect(overNats.balance_micro).toBe(overHttp.balance_micro)
    await agent.close()
    const reported = await fetch(`${String(started.url)}/execution/report`, {
      body: JSON.stringify({ data: { decision: 'ask', decision_id: 'd', reasoning: 'r' }, event_type: 'reasoning_trace' }),
      headers: { ...headers, 'content-type': 'application/json' },
      method: 'POST',
    })
    expect(reported.status).toBe(200)
    const event = (await liveLines.find((line) => line.type === 'reasoning_trace')) as unknown as EconomyEvent
    expect(event.traceparent).toContain(TRACE_ID)
    service.kill('SIGTERM')
    expect(await serviceEnded).toMatchObject({ code: 0, stderr: '' })
  } finally {
    live.kill('SIGTERM')
    await liveEnded
    await server.remove()
    removeDir(data)
    removeDir(keys)
  }
})
