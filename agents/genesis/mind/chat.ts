import { type Body, type Client, type Json, ServiceError } from '@syntropism/sdk/node'

export interface ToolCall {
  readonly arguments: string
  readonly id: string
  readonly name: string
}

/** What a model said; whatever it was, it has this shape. */
export interface Said {
  readonly text: string
  readonly tokens: number
  readonly tool_calls: readonly ToolCall[]
}

/** Why no answer came: `tools` when the model takes none, `gone` for everything that will not be better in this window. */
export interface Silent {
  readonly reason: 'gone' | 'tools'
}

export interface Asking {
  readonly max_tokens: number
  readonly messages: readonly Body[]
  /** JSON Schema that the answer must fit. */
  readonly schema?: Body
  readonly tools?: readonly Body[]
}

export type Chat = (asking: Asking) => Promise<Said | Silent>

const CALLS_MAX = 8
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** Reads an answer of the gateway. Nothing of it is taken on trust: what has another shape is left out. */
function saidOf(answer: unknown): Said {
  const choices: unknown = isObject(answer) ? answer.choices : undefined
  const first: unknown = Array.isArray(choices) ? choices[0] : undefined
  const message = isObject(first) && isObject(first.message) ? first.message : {}
  const calls: unknown[] = Array.isArray(message.tool_calls) ? message.tool_calls : []
  const usage = isObject(answer) && isObject(answer.usage) ? answer.usage : {}
  const tokens = typeof usage.total_tokens === 'number' && usage.total_tokens > 0 ? usage.total_tokens : 0
  return {
    text: textOf(message.content),
    tokens,
    tool_calls: calls.slice(0, CALLS_MAX).flatMap((call, index) => {
      if (!isObject(call) || !isObject(call.function)) return []
      return [{ arguments: textOf(call.function.arguments), id: textOf(call.id) || `call-${index}`, name: textOf(call.function.name) }]
    }),
  }
}

/** Talks to a model through the gateway of the economy. A refusal is no error: an agent must be able to live without its model. */
export const openChat =
  (client: Client, model: string): Chat =>
  async ({ max_tokens, messages, schema, tools }) => {
    const body = {
      max_tokens,
      messages: messages as Json,
      model,
      temperature: 0,
      ...(schema === undefined ? {} : { response_format: { json_schema: { name: 'answer', schema }, type: 'json_schema' } }),
      ...(tools === undefined ? {} : { tools: tools as Json }),
    }
    try {
      return saidOf(await client.call('POST', '/v1/chat/completions', body))
    } catch (error) {
      if (!(error instanceof ServiceError) && !(error instanceof SyntaxError)) throw error
      return { reason: error instanceof ServiceError && error.status === 400 && tools !== undefined ? 'tools' : 'gone' }
    }
  }

/** The first model that this agent may ask; null where there is none. */
export async function modelOf(client: Client): Promise<string | null> {
  try {
    const { data } = (await client.call('GET', '/v1/models')) as unknown as { data?: readonly { readonly id?: unknown }[] }
    const id = data?.[0]?.id
    return typeof id === 'string' ? id : null
  } catch (error) {
    if (error instanceof ServiceError) return null
    throw error
  }
}
