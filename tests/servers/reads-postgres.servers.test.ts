import { afterAll, beforeAll, expect, it } from 'vitest'
import { openPostgres } from '../../packages/runtime/src/store/postgres/index.ts'
import { type SmallEconomy, openSmallEconomy } from './economy.ts'
import { PostgresServer } from './postgres-server.ts'

let server: PostgresServer
const economies: SmallEconomy[] = []
beforeAll(async () => {
  server = await PostgresServer.start()
  const onLost = (error: Error): never => {
    throw error
  }
  economies.push(await openSmallEconomy('same'))
  economies.push(await openSmallEconomy('same', await openPostgres({ onLost, url: await server.newDatabase() })))
})
afterAll(async () => {
  for (const economy of economies) await economy.close()
  await server.remove()
})

interface Document {
  readonly paths: Readonly<
    Record<string, { readonly get?: { readonly parameters?: readonly { readonly in: string; readonly name: string; readonly required?: boolean }[] } }>
  >
}
const VALUES: Readonly<Record<string, string>> = {
  agent_id: 'a',
  at_ms: String(Date.now() + 86_400_000),
  bid_id: 'bid-1',
  call_id: 'call-1',
  clearing_seq: '1',
  commit: '0'.repeat(40),
  model: 'm',
  path: 'p',
  prompt_id: 'prompt-1',
}

/** Every operation that reads, without what may be left out and with one of these at a time. */
async function readsOf({ app }: SmallEconomy): Promise<string[]> {
  const document = (await (await app.request('/openapi.json')).json()) as Document
  return Object.entries(document.paths).flatMap(([path, { get }]) => {
    if (get === undefined || path.startsWith('/events')) return []
    const parameters = get.parameters ?? []
    const valueOf = (name: string): string => VALUES[name] ?? '1'
    const filled = path.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => valueOf(name))
    const queries = parameters.filter((one) => one.in === 'query')
    const required = queries.filter((one) => one.required === true).map(({ name }) => `${name}=${valueOf(name)}`)
    const optional = queries.filter((one) => one.required !== true).map(({ name }) => [...required, `${name}=${valueOf(name)}`])
    return [required, ...optional].map((pairs) => (pairs.length === 0 ? filled : `${filled}?${pairs.join('&')}`))
  })
}

const timeless = (value: unknown): unknown => JSON.parse(JSON.stringify(value), (key, inner: unknown) => (/(_ms|hash|seq)$/.test(key) ? typeof inner : inner))

async function answers({ app, run }: SmallEconomy, paths: readonly string[]): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {}
  for (const path of paths)
    for (const [role, token] of [
      ['agent', run],
      ['operator', 'operator-token'],
    ] as const) {
      const answer = await app.request(path, { headers: { authorization: `Bearer ${token}` } })
      const text = await answer.text()
      found[`${role} ${path}`] = [answer.status, answer.headers.get('content-type')?.includes('json') === true ? timeless(JSON.parse(text)) : typeof text]
    }
  return found
}

async function act({ app, host, run }: SmallEconomy): Promise<void> {
  const ask = async (path: string, body: object): Promise<void> => {
    const answer = await app.request(path, {
      body: JSON.stringify(body),
      headers: { authorization: `Bearer ${run}`, 'content-type': 'application/json' },
      method: 'POST',
    })
    if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`)
  }
  await host.submit({ human_id: 'ada', on_duty: true, owner: 'host', type: 'set_duty' })
  await ask('/services', { cost_micro: 1, service_name: 'sum', specification: {} })
  await ask('/attention/prompts', { amount_micro: 5_000_000, content: { title: 't' } })
  await host.submit({ agent_id: 'a', content: 'hello', owner: 'operator', type: 'instruct_agent' })
  await ask('/social/messages', { content: 'to me', to_agent_id: 'a' })
}

it('every operation that reads is answered over PostgreSQL as over SQLite: of an economy where little happened, and of one where more did', async () => {
  const [sqlite, postgres] = economies as [SmallEconomy, SmallEconomy]
  const paths = await readsOf(sqlite)
  expect(paths.length).toBeGreaterThan(40)
  for (const more of [false, true]) {
    if (more) for (const economy of economies) await act(economy)
    const expected = await answers(sqlite, paths)
    expect(Object.entries(expected).filter(([, answer]) => Number((answer as [number])[0]) >= 500)).toEqual([])
    expect(await answers(postgres, paths)).toEqual(expected)
  }
})
