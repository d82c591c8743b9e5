import type { LlmPrice } from '@syntropism/contract'
import { z } from 'zod'
import { PhoenixError } from './client.ts'

/** A model as calls name it, and what it costs. */
export interface ModelPrice {
  readonly model: string
  readonly price: LlmPrice
}

/** What became of the prices: models that Phoenix did not know, that had another price, and that were as they are. */
export interface PushedPrices {
  readonly added: readonly string[]
  readonly changed: readonly string[]
  readonly known: readonly string[]
}

const TIMEOUT_MS = 30_000
const Cost = z.object({ costPerMillionTokens: z.number(), kind: z.enum(['PROMPT', 'COMPLETION']), tokenType: z.string() })
type Cost = z.infer<typeof Cost>
const Known = z.object({
  generativeModels: z.object({
    edges: z.array(z.object({ node: z.object({ id: z.string(), kind: z.string(), name: z.string(), namePattern: z.string(), tokenPrices: z.array(Cost) }) })),
  }),
})

const ASK = '{generativeModels(first:10000){edges{node{id kind name namePattern tokenPrices{tokenType kind costPerMillionTokens}}}}}'
const ADD = 'mutation($input:CreateModelMutationInput!){createModel(input:$input){model{id}}}'
const CHANGE = 'mutation($input:UpdateModelMutationInput!){updateModel(input:$input){model{id}}}'

/** Kinds of tokens by the names that spans have for them. */
const costsOf = (price: LlmPrice): Cost[] =>
  (
    [
      ['input', 'PROMPT', price.input_per_million],
      ['cache_read', 'PROMPT', price.cache_read_per_million],
      ['cache_write', 'PROMPT', price.cache_write_per_million],
      ['output', 'COMPLETION', price.output_per_million],
      ['reasoning', 'COMPLETION', price.reasoning_per_million],
    ] as const
  ).map(([tokenType, kind, micro]) => ({ costPerMillionTokens: micro / 1_000_000, kind, tokenType }))

const told = (costs: readonly Cost[]): string =>
  costs
    .map((one) => `${one.kind} ${one.tokenType} ${one.costPerMillionTokens}`)
    .toSorted()
    .join()

async function ask(url: string, query: string, variables: object = {}): Promise<unknown> {
  let answer: Response
  try {
    const body = JSON.stringify({ query, variables })
    answer = await fetch(`${url}/graphql`, { body, headers: { 'content-type': 'application/json' }, method: 'POST', signal: AbortSignal.timeout(TIMEOUT_MS) })
  } catch (error) {
    throw new PhoenixError(`Phoenix does not answer at ${url}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
  const { data, errors } = (await answer.json().catch(() => ({}))) as { data?: unknown; errors?: readonly { message: string }[] }
  if (!answer.ok || errors !== undefined || data === undefined)
    throw new PhoenixError(`Phoenix at ${url} refuses: ${errors?.map((one) => one.message).join('; ') ?? `status ${answer.status}`}`)
  return data
}

/**
 * Tells Phoenix what models cost: it reckons the costs that it shows by prices of its own, for calls that it stores from then on, and takes
 * none from spans. Pushing again changes nothing. Throws PhoenixError.
 */
export async function pushPrices(prices: readonly ModelPrice[], url: string): Promise<PushedPrices> {
  const { generativeModels } = Known.parse(await ask(url, ASK))
  const own = new Map(generativeModels.edges.filter(({ node }) => node.kind === 'CUSTOM').map(({ node }) => [node.name, node]))
  const pushed = { added: [] as string[], changed: [] as string[], known: [] as string[] }
  for (const { model, price } of prices) {
    const input = { costs: costsOf(price), name: model, namePattern: `^${model.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&')}$`, provider: null }
    const there = own.get(model)
    const became =
      there === undefined ? 'added' : told(there.tokenPrices) === told(input.costs) && there.namePattern === input.namePattern ? 'known' : 'changed'
    if (became === 'added') await ask(url, ADD, { input })
    if (became === 'changed') await ask(url, CHANGE, { input: { ...input, id: there?.id } })
    pushed[became].push(model)
  }
  return pushed
}
