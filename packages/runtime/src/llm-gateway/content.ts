import type { LlmContent, LlmMessage } from '../ports/index.ts'
import type { Api, Body } from './bounds.ts'

// What a call says and is answered, in the words of a tracer, out of OpenAI's.

/** A tracer keeps no more of one text. */
const TEXT_MAX = 16_384

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)
const listOf = (value: unknown): readonly Record<string, unknown>[] => (Array.isArray(value) ? value.filter(isObject) : [])
const short = (text: string): string => (text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text)

/** Text of a content: itself, or its parts; what is no text is named. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return short(content)
  return short(
    listOf(content)
      .map((part) => (typeof part.text === 'string' ? part.text : typeof part.refusal === 'string' ? part.refusal : `[${String(part.type)}]`))
      .join('\n'),
  )
}

function messageOf(message: Record<string, unknown>): LlmMessage {
  const calls = listOf(message.tool_calls).map((call) => {
    const named = isObject(call.function) ? call.function : {}
    return { arguments_json: short(String(named.arguments ?? '')), id: String(call.id ?? ''), name: String(named.name ?? '') }
  })
  return { content: textOf(message.content ?? ''), role: String(message.role ?? 'assistant'), ...(calls.length === 0 ? {} : { tool_calls: calls }) }
}

/** An item of a response's input or output. */
function itemOf(item: Record<string, unknown>): LlmMessage {
  if (item.type === 'function_call')
    return {
      content: '',
      role: 'assistant',
      tool_calls: [{ arguments_json: short(String(item.arguments ?? '')), id: String(item.call_id ?? ''), name: String(item.name ?? '') }],
    }
  if (item.type === 'function_call_output') return { content: textOf(item.output), role: 'tool' }
  return messageOf(item)
}

const itemsOf = (value: unknown): LlmMessage[] =>
  typeof value === 'string'
    ? [{ content: short(value), role: 'user' }]
    : listOf(value)
        .filter((item) => item.type !== 'reasoning')
        .map(itemOf)

/** Members of a request that are no parameters of the model's work. */
const NO_PARAMETERS = new Set(['input', 'instructions', 'messages', 'model', 'stream', 'stream_options', 'tools'])

export function requestContent(api: Api, body: Body): LlmContent {
  const said = (text: unknown): LlmMessage[] => (typeof text === 'string' ? [{ content: short(text), role: 'system' }] : [])
  const texts = Array.isArray(body.input) && body.input.every((one) => typeof one === 'string') ? (body.input as string[]).join('\n') : body.input
  return {
    input_messages: api === 'chat/completions' ? listOf(body.messages).map(messageOf) : [...said(body.instructions), ...itemsOf(texts)],
    invocation_parameters: Object.fromEntries(Object.entries(body).filter(([name]) => !NO_PARAMETERS.has(name))),
    ...(Array.isArray(body.tools) ? { tools: listOf(body.tools) } : {}),
  }
}

const parsed = (text: string): Record<string, unknown> | null => {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : null
  } catch {
    return null
  }
}

/** Data of server-sent events, one JSON object each. */
const eventsOf = (text: string): Record<string, unknown>[] =>
  text
    .split(/\r\n|\n|\r/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => parsed(line.slice('data:'.length)))
    .filter((event) => event !== null)

/** The message that a chat's pieces make. */
function assembled(events: readonly Record<string, unknown>[]): LlmMessage[] {
  let content = ''
  const calls: { arguments_json: string; id: string; name: string }[] = []
  for (const event of events) {
    const [choice] = listOf(event.choices)
    const delta = isObject(choice?.delta) ? choice.delta : {}
    if (typeof delta.content === 'string' && content.length < TEXT_MAX) content += delta.content
    for (const piece of listOf(delta.tool_calls)) {
      const index = Number(piece.index ?? calls.length)
      if (!Number.isInteger(index) || index < 0 || index > 127) continue
      const call = (calls[index] ??= { arguments_json: '', id: '', name: '' })
      const named = isObject(piece.function) ? piece.function : {}
      if (typeof piece.id === 'string') call.id = piece.id
      if (typeof named.name === 'string') call.name += named.name
      if (typeof named.arguments === 'string') call.arguments_json = short(call.arguments_json + named.arguments)
    }
  }
  const made = calls.filter((call) => call !== undefined)
  return content === '' && made.length === 0 ? [] : [{ content: short(content), role: 'assistant', ...(made.length === 0 ? {} : { tool_calls: made }) }]
}

/** What an answer says, whole or as a stream; nothing where it says nothing. */
export function answerContent(api: Api, text: string): LlmContent {
  if (api === 'embeddings') return {}
  const whole = parsed(text)
  const events = whole === null ? eventsOf(text) : []
  if (api === 'responses') {
    const last = whole ?? events.map((event) => event.response).findLast(isObject)
    return { output_messages: itemsOf(last?.output) }
  }
  if (whole === null) return { output_messages: assembled(events) }
  return { output_messages: listOf(whole.choices).flatMap((choice) => (isObject(choice.message) ? [messageOf(choice.message)] : [])) }
}
