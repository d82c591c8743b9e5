import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { pushPrices } from './index.ts'
import type { ModelPrice } from './prices.ts'

interface Input {
  readonly id?: string
  readonly costs: readonly object[]
  readonly name: string
  readonly namePattern: string
}
const priceOf = (input: number, output: number): ModelPrice['price'] => ({
  cache_read_per_million: input,
  cache_write_per_million: input,
  image_input_per_million: input,
  input_per_million: input,
  output_per_million: output,
  reasoning_per_million: output,
  request_micro_usd: 0,
})

/** As much of Phoenix as is asked: a table of models, one of which is its own. */
let models: { costs: readonly object[]; id: string; kind: string; name: string; namePattern: string }[]
let refusal: string | null
let server: Server
let url: string
beforeEach(async () => {
  models = [{ costs: [], id: 'm0', kind: 'BUILT_IN', name: 'gpt', namePattern: 'gpt.*' }]
  refusal = null
  server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { query, variables } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { query: string; variables: { input?: Input } }
      const { input } = variables
      if (refusal !== null) return void response.end(JSON.stringify({ data: null, errors: [{ message: refusal }] }))
      if (input !== undefined && query.includes('createModel')) models.push({ ...input, id: `m${models.length}`, kind: 'CUSTOM' })
      if (input !== undefined && query.includes('updateModel')) models = models.map((one) => (one.id === input.id ? { ...one, ...input, id: one.id } : one))
      const edges = models.map(({ costs, id, kind, name, namePattern }) => ({ node: { id, kind, name, namePattern, tokenPrices: costs } }))
      response.end(JSON.stringify({ data: { generativeModels: { edges } } }))
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(() => new Promise<void>((done) => void server.close(() => done())))

it('prices of models are brought to Phoenix once, changed where they are others, and leave its own models alone', async () => {
  const prices = [
    { model: 'gpt', price: priceOf(1_000_000, 2_000_000) },
    { model: 'maker/small-1.5', price: priceOf(100_000, 300_000) },
  ]
  expect(await pushPrices(prices, url)).toEqual({ added: ['gpt', 'maker/small-1.5'], changed: [], known: [] })
  expect(await pushPrices(prices, url)).toEqual({ added: [], changed: [], known: ['gpt', 'maker/small-1.5'] })
  expect(await pushPrices([{ model: 'gpt', price: priceOf(1_000_000, 4_000_000) }], url)).toEqual({ added: [], changed: ['gpt'], known: [] })
  expect(models.map(({ kind, name, namePattern }) => [kind, name, namePattern])).toEqual([
    ['BUILT_IN', 'gpt', 'gpt.*'],
    ['CUSTOM', 'gpt', '^gpt$'],
    ['CUSTOM', 'maker/small-1.5', String.raw`^maker/small-1\.5$`],
  ])
  expect(models[1]?.costs).toContainEqual({ costPerMillionTokens: 4, kind: 'COMPLETION', tokenType: 'output' })
  expect(models[2]?.costs).toContainEqual({ costPerMillionTokens: 0.1, kind: 'PROMPT', tokenType: 'cache_read' })
})

it('what Phoenix refuses, and that it does not answer, is said', async () => {
  refusal = 'Model prices are for administrators'
  await expect(pushPrices([], url)).rejects.toThrow(`Phoenix at ${url} refuses: Model prices are for administrators`)
  await expect(pushPrices([], 'http://127.0.0.1:1')).rejects.toThrow('Phoenix does not answer at http://127.0.0.1:1')
})
