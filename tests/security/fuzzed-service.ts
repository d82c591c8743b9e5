import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Params } from '@syntropism/contract'
import { Host, Tokens, Workspaces, createMemoryBus, createService, hashToken, readEvents, openSqlite } from '@syntropism/runtime'

export interface FuzzedOperation {
  readonly method: string
  readonly path: string
}

/** A service with two agents, one of them in a window, reached without a network. */
export interface FuzzedService {
  readonly operations: readonly FuzzedOperation[]
  readonly roles: readonly string[]
  /** Sends a request and returns the status of its answer. */
  request(operation: FuzzedOperation, role: string, pathValue: string, query: string, body: string | Uint8Array): Promise<number>
  close(): Promise<void>
  readonly bearer: Readonly<Record<string, string>>
  fetch(request: Request): Response | Promise<Response>
}

/** A part of a path; half a surrogate pair, which no address can hold, is sent as its replacement. */
const encoded = (text: string): string => encodeURIComponent(Buffer.from(text, 'utf8').toString('utf8'))

export async function openFuzzedService(folder: string, params: Params): Promise<FuzzedService> {
  const workspaces = new Workspaces(join(folder, 'agents', 'workspaces'))
  for (const id of ['a', 'b']) mkdirSync(workspaces.pathOf(id))
  const { journal, queries } = openSqlite(join(folder, 'economy.sqlite'))
  const host = await Host.open({
    bus: createMemoryBus(() => undefined),
    createClock: () => ({ now: () => 1_700_000_000_000 }),
    journal,
    onFatal: (error) => {
      throw error
    },
  })
  const tokens = new Tokens([
    { hash: hashToken('human-token'), human_id: 'ada', role: 'human' },
    { hash: hashToken('operator-token'), role: 'operator' },
    { hash: hashToken('observer-token'), role: 'observer' },
  ])
  const app = createService({
    host,
    queries,
    readEvents: (filter) => readEvents(queries, filter),
    tokens,
    unlimited: true,
    workspaces,
  })
  await host.submit({ economy_id: 'fuzz', owner: 'host', params, rules_version: 1, type: 'genesis' })
  await host.submit({ cpu_millicores: 1000, executor_id: 'local', incarnation: 'i', memory_mb: 2048, owner: 'x', reports: true, type: 'register_executor' })
  for (const agent_id of ['a', 'b']) await host.submit({ agent_id, grant_micro: 100_000_000, name: agent_id, owner: 'host', type: 'create_agent' })
  const bundle = { cpu: 250_000, memory: 100_000 }
  await host.submit({ agent_id: 'a', amount_micro: 10_000_000, bundle, duration_ms: 5000, owner: 'host', payer_id: 'a', type: 'place_bid' })
  await host.submit({ owner: 'host', type: 'tick' })
  await host.submit({ executor_id: 'local', incarnation: 'i', lease_id: 'lease-1', owner: 'x', type: 'start_lease' })
  // A second lease's token, which ends with it; the running lease keeps its own.
  const ended = tokens.issue('b', 'lease-0')
  tokens.revoke('lease-0')
  const bearer: Readonly<Record<string, string>> = {
    ended,
    agent: tokens.issue('a', 'lease-1'),
    human: 'human-token',
    nobody: 'none',
    observer: 'observer-token',
    operator: 'operator-token',
  }
  const document = (await (await app.request('/openapi.json')).json()) as { paths: Record<string, Record<string, unknown>> }
  const operations = Object.entries(document.paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => ({ method: method.toUpperCase(), path })))
  return {
    bearer,
    fetch: app.fetch,
    async close() {
      await host.stop()
    },
    operations,
    async request({ method, path }, role, pathValue, query, body) {
      const url = new URL(`http://service${path.replaceAll(/\{\w+\}/g, encoded(pathValue))}`)
      if (query !== '') url.search = query
      const headers = { authorization: `Bearer ${bearer[role] ?? ''}`, 'content-type': 'application/json' }
      const answer = await app.request(url.href, { headers, method, ...(method === 'GET' ? {} : { body: body as BodyInit }) })
      await answer.arrayBuffer()
      return answer.status
    },
    roles: Object.keys(bearer).filter((role) => role !== 'ended'),
  }
}
