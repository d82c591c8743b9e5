import { type IncomingMessage, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

interface Tool {
  readonly function: { readonly name: string; readonly parameters: Record<string, unknown> }
}
interface Asked {
  readonly messages: { readonly content: unknown; readonly role: string }[]
  readonly model: string
  readonly tools?: Tool[]
}
export interface ScriptedModel {
  readonly url: string
  readonly asked: Asked[]
  /** What was wrong with requests, as OpenAI's API would say it. */
  readonly refused: string[]
  close(): Promise<void>
}

/** What OpenAI's API takes as the name of a function. */
const NAME = /^[a-zA-Z0-9_-]{1,64}$/
const TOOLS_MAX = 128
const NOT_AT_THE_TOP = ['allOf', 'anyOf', 'enum', 'not', 'oneOf']
const USAGE = { completion_tokens: 7, prompt_tokens: 10, total_tokens: 17 }
export const TOKENS_OF_AN_ANSWER = USAGE.total_tokens

/** Arrays that do not say what they hold, anywhere in a schema. */
const bareArrays = (schema: unknown): boolean =>
  typeof schema === 'object' &&
  schema !== null &&
  (('type' in schema && schema.type === 'array' && !('items' in schema) && !('prefixItems' in schema)) || Object.values(schema).some(bareArrays))

/** What OpenAI's API would refuse tools for; null when it would take them. */
function refusalOf(tools: readonly Tool[]): string | null {
  if (tools.length > TOOLS_MAX) return `array too long: ${tools.length} tools`
  for (const { function: one } of tools) {
    if (!NAME.test(one.name)) return `"${one.name}" does not match ${NAME.source}`
    if (one.parameters.type !== 'object' || NOT_AT_THE_TOP.some((word) => word in one.parameters)) return `the schema of "${one.name}" is no plain object`
    if (bareArrays(one.parameters)) return `the schema of "${one.name}" has an array without items`
  }
  return null
}

async function bodyOf(incoming: IncomingMessage): Promise<Asked> {
  let text = ''
  for await (const part of incoming) text += String(part)
  return JSON.parse(text) as Asked
}

/** A model that is as strict about tools as OpenAI's API, calls those of the script one after the other, and then says "done". */
export async function startScriptedModel(script: readonly { readonly name: string; readonly arguments: object }[]): Promise<ScriptedModel> {
  const asked: Asked[] = []
  const refused: string[] = []
  const server = createServer((incoming, answer) => {
    const handle = async (): Promise<void> => {
      const body = await bodyOf(incoming)
      asked.push(body)
      const refusal = refusalOf(body.tools ?? [])
      answer.setHeader('content-type', 'application/json')
      if (refusal !== null) {
        refused.push(refusal)
        answer.statusCode = 400
        answer.end(JSON.stringify({ error: { code: 'invalid_value', message: refusal, type: 'invalid_request_error' } }))
        return
      }
      const answered = body.messages.filter(({ role }) => role === 'tool').length
      const next = script[answered]
      const call = next && [{ function: { arguments: JSON.stringify(next.arguments), name: next.name }, id: `call-${answered}`, type: 'function' }]
      const message = { content: call ? null : 'done', role: 'assistant', ...(call ? { tool_calls: call } : {}) }
      const choices = [{ finish_reason: call ? 'tool_calls' : 'stop', index: 0, logprobs: null, message }]
      answer.end(JSON.stringify({ choices, created: 0, id: 'c', model: body.model, object: 'chat.completion', usage: USAGE }))
    }
    handle().catch((error: unknown) => answer.destroy(error as Error))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    asked,
    close: async () => {
      server.closeAllConnections()
      await new Promise<void>((done) => server.close(() => done()))
    },
    refused,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
  }
}
