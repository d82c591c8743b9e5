import { ServiceError, createClient } from '@syntropism/sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Document, openApiDocument } from '../../scripts/openapi.ts'
import { type AgentOperation, agentOperations } from '../../scripts/sdk/operations.ts'
import { METHODS } from '../../scripts/sdk/methods.ts'
import { staleClientFiles } from '../../scripts/sdk.ts'
import { EVERYTHING, type World, openWorld } from '../tools/world.ts'
import { mismatches } from './conformance.ts'
import { type Answers, SAMPLES } from './samples.ts'

/** What this service has no part for; the Python suite sees a model, the suite of servers a bus. */
const NOT_OFFERED = new Set(['busCredentials', 'complete', 'workspaceHistory'])

let document: Document
let operations: AgentOperation[]
beforeAll(async () => {
  document = await openApiDocument()
  operations = agentOperations(document)
})

const fits = (path: string, template: string): boolean => new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path)
const operationOf = (method: string, path: string): AgentOperation | undefined =>
  operations.find((one) => one.method === method && one.path === path) ?? operations.find((one) => one.method === method && fits(path, one.path))

interface Sent {
  readonly body: Record<string, unknown> | null
  readonly method: string
  readonly query: string[]
  readonly template: string
}

/** What a method sends, without a service behind it. */
async function sentBy(name: string): Promise<Sent> {
  const sent: Sent[] = []
  const client = createClient({
    fetch: async (url, { body, method }) => {
      const { pathname, searchParams } = new URL(url)
      const template = operationOf(method, pathname)?.path ?? `${pathname} (no operation for agents)`
      sent.push({ body: body === undefined ? null : (JSON.parse(body) as Record<string, unknown>), method, query: [...searchParams.keys()], template })
      return { json: async () => ({}), status: 200 }
    },
    token: 't',
    url: 'http://service',
  })
  await (SAMPLES as Record<string, (of: typeof client, answers: Answers) => Promise<unknown>>)[name]?.(client, {})
  expect(sent.length, name).toBe(1)
  return sent[0] as Sent
}

describe('the clients and the OpenAPI document', () => {
  it('are of the same day (npm run sdk writes types, and the methods of the Python client)', async () => {
    expect(await staleClientFiles()).toEqual([])
  })

  it('have the same operations: each that an agent may call has one method, and no method is without its operation', async () => {
    expect(Object.keys(METHODS).toSorted()).toEqual(operations.map((one) => one.id))
    expect(
      Object.values(METHODS)
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(Object.keys(SAMPLES).toSorted())
    for (const [id, { name }] of Object.entries(METHODS)) {
      const { method, template } = await sentBy(name)
      const operation = operations.find((one) => one.id === id)
      expect(`${method} ${template}`, name).toBe(`${operation?.method} ${operation?.path}`)
    }
  })

  it('have the same words: what a method sends is what its operation takes', async () => {
    for (const [id, { name }] of Object.entries(METHODS)) {
      const { body, query } = await sentBy(name)
      const operation = operations.find((one) => one.id === id) as AgentOperation
      expect(body === null ? [] : mismatches(body, operation.body ?? {}, document, name)).toEqual([])
      expect(body === null, name).toBe(operation.body === null)
      expect(
        operation.query.map((one) => one.name),
        name,
      ).toEqual(expect.arrayContaining(query))
    }
  })

  it('leave out only what clients of OpenAI and of MCP speak', () => {
    const unnamed = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).flatMap(([method, one]) => (one.operationId === undefined ? [`${method} ${path}`] : [])),
    )
    expect(unnamed.toSorted()).toEqual([
      'get /v1/models',
      'get /v1/models/{model}',
      'post /mcp',
      'post /mcp/plain',
      'post /v1/chat/completions',
      'post /v1/embeddings',
      'post /v1/responses',
    ])
  })
})

describe('a running service', () => {
  let world: World
  beforeAll(async () => {
    world = await openWorld({ grant_micro: 1_000_000_000, servers: [EVERYTHING] })
    await world.host.submit({ agent_id: 'b', grant_micro: 1_000_000_000, name: 'b', owner: 'host', type: 'create_agent' })
    const echo = { cost_micro: 5, payment: 'on_response', service_name: 'echo', specification: {} } as const
    await world.host.submit({ ...echo, agent_id: 'b', owner: 'host', type: 'register_service' })
    await world.host.submit({ human_id: 'ada', on_duty: true, owner: 'host', type: 'set_duty' })
  })
  afterAll(() => world.close())

  it('answers every method as the document says, with no member less or more', async () => {
    const seen: Record<string, unknown> = {}
    const client = createClient({
      fetch: async (url, init) => {
        const answer = await fetch(url, init)
        const value: unknown = await answer.clone().json()
        const operation = operationOf(init.method, new URL(url).pathname)
        if (answer.status === 200) seen[operation?.id ?? url] = value
        return answer
      },
      token: world.token,
      url: world.url,
    })
    const answers: Answers = {}
    for (const [name, sample] of Object.entries(SAMPLES))
      try {
        answers[name] = await sample(client, answers)
        if (name === 'registerService')
          await world.host.submit({ agent_id: 'b', owner: 'host', provider_id: 'a', request: { say: 1 }, service_name: 'mine', type: 'invoke_service' })
      } catch (error) {
        expect(NOT_OFFERED.has(name) && error instanceof ServiceError, `${name}: ${String(error)}`).toBe(true)
      }
    for (const { answer, id } of operations) {
      if (NOT_OFFERED.has(METHODS[id]?.name ?? '')) continue
      expect(seen[id], `${id} was not answered`).toBeDefined()
      expect(mismatches(seen[id], answer, document, id)).toEqual([])
    }
  })
})
