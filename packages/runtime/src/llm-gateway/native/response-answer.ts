import { randomUUID } from 'node:crypto'
import { createParser } from 'eventsource-parser'
import type { ResponseRequest } from './response-request.ts'

interface ChatUsage {
  readonly completion_tokens: number
  readonly completion_tokens_details?: { readonly reasoning_tokens?: number }
  readonly prompt_tokens: number
  readonly prompt_tokens_details?: { readonly cache_write_tokens?: number; readonly cached_tokens?: number }
  readonly total_tokens: number
}
interface ToolCall {
  readonly function: { readonly arguments: string; readonly name: string }
  readonly id: string
}
export interface ChatCompletion {
  readonly choices: readonly {
    readonly finish_reason: string
    readonly message: { readonly content: string | null; readonly tool_calls?: readonly ToolCall[] }
  }[]
  readonly usage?: ChatUsage
}
interface ChatChunk {
  readonly choices?: readonly {
    readonly delta: {
      readonly content?: string | null
      readonly tool_calls?: readonly {
        readonly function: { readonly arguments?: string; readonly name?: string }
        readonly id?: string
        readonly index: number
      }[]
    }
    readonly finish_reason: string | null
  }[]
  readonly usage?: ChatUsage
}

const id = (prefix: string): string => `${prefix}_${randomUUID().replaceAll('-', '')}`

const usageOf = (usage: ChatUsage | undefined): object | null =>
  usage === undefined
    ? null
    : {
        input_tokens: usage.prompt_tokens,
        input_tokens_details: {
          cache_write_tokens: usage.prompt_tokens_details?.cache_write_tokens ?? 0,
          cached_tokens: usage.prompt_tokens_details?.cached_tokens ?? 0,
        },
        output_tokens: usage.completion_tokens,
        output_tokens_details: { reasoning_tokens: usage.completion_tokens_details?.reasoning_tokens ?? 0 },
        total_tokens: usage.total_tokens,
      }

const textPart = (text: string): object => ({ annotations: [], logprobs: [], text, type: 'output_text' })
const messageItem = (itemId: string, text: string): object => ({
  content: [textPart(text)],
  id: itemId,
  role: 'assistant',
  status: 'completed',
  type: 'message',
})
const callItem = (itemId: string, call: ToolCall): object => ({
  arguments: call.function.arguments,
  call_id: call.id,
  id: itemId,
  name: call.function.name,
  status: 'completed',
  type: 'function_call',
})

/** Why an answer is not whole; null when it is. */
const INCOMPLETE: Readonly<Record<string, string>> = { content_filter: 'content_filter', length: 'max_output_tokens' }

/** What a response says of its request. */
const about = (request: ResponseRequest): object => ({
  background: false,
  created_at: Math.floor(Date.now() / 1000),
  error: null,
  id: id('resp'),
  instructions: request.instructions ?? null,
  max_output_tokens: request.max_output_tokens ?? null,
  metadata: request.metadata ?? {},
  model: request.model,
  object: 'response',
  parallel_tool_calls: true,
  previous_response_id: null,
  store: false,
  temperature: request.temperature ?? null,
  text: { format: request.text?.format ?? { type: 'text' } },
  tool_choice: request.tool_choice ?? 'auto',
  tools: request.tools ?? [],
  top_p: request.top_p ?? null,
  truncation: 'disabled',
})

function ended(
  base: object,
  output: readonly object[],
  finish: string,
  usage: ChatUsage | undefined,
): Readonly<Record<string, unknown>> & { readonly status: string } {
  const reason = INCOMPLETE[finish]
  return {
    ...base,
    incomplete_details: reason === undefined ? null : { reason },
    output,
    status: reason === undefined ? 'completed' : 'incomplete',
    usage: usageOf(usage),
  }
}

/** A chat completion as a response. */
export function toResponse(request: ResponseRequest, { choices, usage }: ChatCompletion): object {
  const [choice] = choices
  const text = choice?.message.content ?? ''
  const calls = choice?.message.tool_calls ?? []
  const output = [...(text === '' && calls.length > 0 ? [] : [messageItem(id('msg'), text)]), ...calls.map((call) => callItem(id('fc'), call))]
  return ended(about(request), output, choice?.finish_reason ?? 'stop', usage)
}

interface OpenItem {
  readonly at: number
  readonly id: string
  /** Null for the text. */
  readonly call: { readonly id: string; readonly name: string } | null
  text: string
}

/** Turns the events of a chat stream into those of a response, one item after the other. */
class ResponseEvents {
  readonly #base: object
  readonly #output: object[] = []
  readonly #items = new Map<number, OpenItem>()
  #sequence = 0
  #text: OpenItem | null = null
  #finish = 'stop'
  #usage: ChatUsage | undefined
  readonly ready: string[] = []

  constructor(request: ResponseRequest) {
    this.#base = about(request)
    const begun = { ...this.#base, incomplete_details: null, output: [], status: 'in_progress', usage: null }
    this.#emit('response.created', { response: begun })
    this.#emit('response.in_progress', { response: begun })
  }

  #emit(type: string, more: object): void {
    this.ready.push(`event: ${type}\ndata: ${JSON.stringify({ ...more, sequence_number: this.#sequence, type })}\n\n`)
    this.#sequence += 1
  }

  take({ choices = [], usage }: ChatChunk): void {
    this.#usage = usage ?? this.#usage
    const [choice] = choices
    if (choice === undefined) return
    const { content, tool_calls: calls = [] } = choice.delta
    if (typeof content === 'string' && content !== '') this.#write(content)
    for (const { function: called, id: callId, index } of calls) {
      if (!this.#items.has(index)) this.#items.set(index, this.#begin({ id: callId ?? id('call'), name: called.name ?? '' }))
      this.#fill(this.#items.get(index) as OpenItem, called.arguments ?? '')
    }
    this.#finish = choice.finish_reason ?? this.#finish
  }

  #begin(call: OpenItem['call']): OpenItem {
    const item: OpenItem = { at: this.#output.length, call, id: id(call === null ? 'msg' : 'fc'), text: '' }
    const begun =
      call === null
        ? { content: [], id: item.id, role: 'assistant', status: 'in_progress', type: 'message' }
        : { arguments: '', call_id: call.id, id: item.id, name: call.name, status: 'in_progress', type: 'function_call' }
    this.#output.push(begun)
    this.#emit('response.output_item.added', { item: begun, output_index: item.at })
    return item
  }

  #write(delta: string): void {
    if (this.#text === null) {
      this.#text = this.#begin(null)
      this.#emit('response.content_part.added', { content_index: 0, item_id: this.#text.id, output_index: this.#text.at, part: textPart('') })
    }
    this.#text.text += delta
    this.#emit('response.output_text.delta', { content_index: 0, delta, item_id: this.#text.id, logprobs: [], output_index: this.#text.at })
  }

  #fill(item: OpenItem, delta: string): void {
    if (delta === '') return
    item.text += delta
    this.#emit('response.function_call_arguments.delta', { delta, item_id: item.id, output_index: item.at })
  }

  #close({ at, call, id: itemId, text }: OpenItem): void {
    const place = { item_id: itemId, output_index: at }
    const item = call === null ? messageItem(itemId, text) : callItem(itemId, { function: { arguments: text, name: call.name }, id: call.id })
    if (call === null) {
      this.#emit('response.output_text.done', { ...place, content_index: 0, logprobs: [], text })
      this.#emit('response.content_part.done', { ...place, content_index: 0, part: textPart(text) })
    } else this.#emit('response.function_call_arguments.done', { ...place, arguments: text, name: call.name })
    this.#output[at] = item
    this.#emit('response.output_item.done', { item, output_index: at })
  }

  end(): void {
    for (const item of [...(this.#text === null ? [] : [this.#text]), ...this.#items.values()].toSorted((one, other) => one.at - other.at)) this.#close(item)
    const response = ended(this.#base, this.#output, this.#finish, this.#usage)
    this.#emit(`response.${response.status}`, { response })
  }
}

/** The events of a chat stream as those of a response's stream. Throws what broke the first off. */
export async function* toResponseEvents(request: ResponseRequest, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const events = new ResponseEvents(request)
  const parser = createParser({ onEvent: ({ data }) => (data === '[DONE]' ? undefined : events.take(JSON.parse(data) as ChatChunk)) })
  const decoder = new TextDecoder()
  const encoder = new TextEncoder()
  for await (const chunk of chunks) {
    parser.feed(decoder.decode(chunk, { stream: true }))
    if (events.ready.length > 0) yield encoder.encode(events.ready.splice(0).join(''))
  }
  events.end()
  yield encoder.encode(events.ready.splice(0).join(''))
}
