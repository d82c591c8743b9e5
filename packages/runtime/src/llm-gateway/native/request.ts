import type { LanguageModelV4CallOptions, LanguageModelV4FilePart, LanguageModelV4Message, LanguageModelV4TextPart } from '@ai-sdk/provider'
import { z } from 'zod'

/** What a native model cannot be asked for: answered as 400, in the words of OpenAI's API. */
export class RequestUnsupported extends Error {
  override readonly name = 'RequestUnsupported'
  readonly param: string
  constructor(param: string, message: string) {
    super(message)
    this.param = param
  }
}

const TextPart = z.object({ text: z.string(), type: z.literal('text') })
const ImagePart = z.object({ image_url: z.object({ url: z.string() }), type: z.literal('image_url') })
const Text = z.union([z.string(), z.array(TextPart).transform((parts) => parts.map((part) => part.text).join(''))])
const ToolCall = z.object({ function: z.object({ arguments: z.string(), name: z.string() }), id: z.string() })
const Message = z.discriminatedUnion('role', [
  z.object({ content: Text, role: z.enum(['system', 'developer']) }),
  z.object({ content: z.union([z.string(), z.array(z.discriminatedUnion('type', [TextPart, ImagePart]))]), role: z.literal('user') }),
  z.object({ content: Text.nullish(), role: z.literal('assistant'), tool_calls: z.array(ToolCall).nullish() }),
  z.object({ content: Text, role: z.literal('tool'), tool_call_id: z.string() }),
])
const JsonObject = z.record(z.string(), z.any())
const Tool = z.object({
  function: z.object({
    description: z.string().optional(),
    name: z.string(),
    parameters: JsonObject.default({ type: 'object' }),
    strict: z.boolean().nullish(),
  }),
  type: z.literal('function'),
})
const ToolChoice = z.union([z.enum(['auto', 'none', 'required']), z.object({ function: z.object({ name: z.string() }), type: z.literal('function') })])
const Format = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text') }),
  z.object({ type: z.literal('json_object') }),
  z.object({
    json_schema: z.object({ description: z.string().optional(), name: z.string(), schema: JsonObject, strict: z.boolean().nullish() }),
    type: z.literal('json_schema'),
  }),
])

/** A chat completion as far as native models have the same thing; members that only label a call are taken and not passed on. */
const Chat = z.strictObject({
  frequency_penalty: z.number().nullish(),
  max_completion_tokens: z.int().positive().nullish(),
  max_tokens: z.int().positive().nullish(),
  messages: z.array(Message).min(1),
  metadata: z.any().optional(),
  model: z.string(),
  n: z.literal(1).nullish(),
  parallel_tool_calls: z.literal(true).nullish(),
  presence_penalty: z.number().nullish(),
  response_format: Format.nullish(),
  seed: z.int().nullish(),
  service_tier: z.enum(['auto', 'default']).nullish(),
  stop: z.union([z.string().transform((one) => [one]), z.array(z.string())]).nullish(),
  store: z.literal(false).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.any().optional(),
  temperature: z.number().nullish(),
  tool_choice: ToolChoice.nullish(),
  tools: z.array(Tool).nullish(),
  top_p: z.number().nullish(),
  user: z.string().nullish(),
})
type Chat = z.infer<typeof Chat>

export interface NativeRequest {
  readonly model: string
  readonly stream: boolean
  readonly options: LanguageModelV4CallOptions
}

const DATA_URL = /^data:([\w.+-]+\/[\w.+-]+);base64,(.*)$/s

function imagePart(url: string): LanguageModelV4FilePart {
  const [, mediaType, data] = DATA_URL.exec(url) ?? []
  if (mediaType !== undefined && data !== undefined) return { data: { data, type: 'data' }, mediaType, type: 'file' }
  if (!URL.canParse(url)) throw new RequestUnsupported('messages', 'image_url is neither a data: URL nor an address')
  return { data: { type: 'url', url: new URL(url) }, mediaType: 'image/*', type: 'file' }
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    throw new RequestUnsupported('messages', 'the arguments of a tool call are no JSON')
  }
}

type Content = (LanguageModelV4TextPart | LanguageModelV4FilePart)[]

function promptOf(messages: Chat['messages']): LanguageModelV4Message[] {
  const names = new Map<string, string>()
  return messages.map((message): LanguageModelV4Message => {
    if (message.role === 'user') {
      const parts: Content =
        typeof message.content === 'string'
          ? [{ text: message.content, type: 'text' }]
          : message.content.map((part) => (part.type === 'text' ? part : imagePart(part.image_url.url)))
      return { content: parts, role: 'user' }
    }
    if (message.role === 'assistant') {
      const calls = (message.tool_calls ?? []).map(({ function: called, id }) => {
        names.set(id, called.name)
        return { input: parsed(called.arguments), toolCallId: id, toolName: called.name, type: 'tool-call' as const }
      })
      const text = message.content ?? ''
      return { content: [...(text === '' ? [] : [{ text, type: 'text' as const }]), ...calls], role: 'assistant' }
    }
    if (message.role === 'tool') {
      const toolName = names.get(message.tool_call_id)
      if (toolName === undefined) throw new RequestUnsupported('messages', `no tool call "${message.tool_call_id}" came before its result`)
      return { content: [{ output: { type: 'text', value: message.content }, toolCallId: message.tool_call_id, toolName, type: 'tool-result' }], role: 'tool' }
    }
    return { content: message.content, role: 'system' }
  })
}

function formatOf(format: Chat['response_format']): Pick<LanguageModelV4CallOptions, 'responseFormat'> {
  if (format === null || format === undefined || format.type === 'text') return {}
  if (format.type === 'json_object') return { responseFormat: { type: 'json' } }
  const { description, name, schema } = format.json_schema
  return { responseFormat: { ...(description === undefined ? {} : { description }), name, schema, type: 'json' } }
}

function toolsOf({ tool_choice: choice, tools }: Chat): Pick<LanguageModelV4CallOptions, 'toolChoice' | 'tools'> {
  if (tools === null || tools === undefined || tools.length === 0) return {}
  return {
    tools: tools.map(({ function: { description, name, parameters, strict } }) => ({
      ...(description === undefined ? {} : { description }),
      inputSchema: parameters,
      name,
      ...(strict === true ? { strict } : {}),
      type: 'function',
    })),
    ...(choice === null || choice === undefined
      ? {}
      : { toolChoice: typeof choice === 'string' ? { type: choice } : { toolName: choice.function.name, type: 'tool' } }),
  }
}

/** A chat completion in the words of the native models. Throws RequestUnsupported for what they do not have. */
export function readChat(text: string): NativeRequest {
  const result = Chat.safeParse(JSON.parse(text))
  if (!result.success) {
    const [issue] = result.error.issues
    const param = issue?.code === 'unrecognized_keys' ? issue.keys[0] : issue?.path.join('.')
    throw new RequestUnsupported(param ?? 'body', `this upstream does not take it so: ${issue?.message ?? 'malformed'}`)
  }
  const chat = result.data
  const numbers = {
    frequencyPenalty: chat.frequency_penalty,
    maxOutputTokens: chat.max_completion_tokens ?? chat.max_tokens,
    presencePenalty: chat.presence_penalty,
    seed: chat.seed,
    stopSequences: chat.stop,
    temperature: chat.temperature,
    topP: chat.top_p,
  }
  const given = Object.fromEntries(Object.entries(numbers).filter(([, value]) => value !== null && value !== undefined))
  return {
    model: chat.model,
    options: { ...given, ...formatOf(chat.response_format), ...toolsOf(chat), prompt: promptOf(chat.messages) },
    stream: chat.stream === true,
  }
}
