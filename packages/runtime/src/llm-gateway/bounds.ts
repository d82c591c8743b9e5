import { TOKENS_MAX } from '@syntropism/contract'
import type { ModelConfig, UpstreamConfig } from '../config/index.ts'
import { Refused } from '../refusal/index.ts'
import { type Api, IMAGE_PARTS, ITEMS, MEMBERS, MESSAGE_MEMBERS, TEXT_PARTS } from './members.ts'
import { bytesOfText } from './texts.ts'

export type { Api } from './members.ts'
export type Body = Readonly<Record<string, unknown>>

export interface Bounded {
  /** The request as it goes upstream, but for its maximum of output. */
  readonly body: Body
  /** The maximum of output of each choice, named by the request or for it; null where there is none. */
  readonly output_max: number | null
  readonly prompt_tokens_max: number
  readonly output_tokens_max: number
}

const CHOICES_MAX = 16
const TOKENS_PER_MESSAGE = 16
const TOKENS_PER_TOOL = 64
const TIERS: ReadonlySet<unknown> = new Set(['auto', 'default', 'flex'])

const unbounded = (field: string, expected: string): never => {
  throw new Refused('llm_request_unbounded', { expected, field })
}
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)
/** Nothing is asked for: clients write out what they leave as it is. */
const isNothing = (value: unknown): boolean => value === undefined || value === null || value === false

function bytesOf(value: unknown): number {
  if (typeof value === 'string') return bytesOfText(value) + 4
  if (typeof value !== 'object' || value === null) return String(value).length + 2
  let bytes = 2
  if (Array.isArray(value)) for (const one of value) bytes += bytesOf(one)
  else for (const key of Object.keys(value)) bytes += bytesOfText(key) + 4 + bytesOf((value as Body)[key])
  return bytes
}

/** What of a request is known to be bounded, and its images; the rest is refused. */
class Look {
  images = 0
  /** Bytes of the images themselves: they are counted as images. */
  imageBytes = 0
  readonly #extra: readonly string[]

  constructor(model: ModelConfig) {
    this.#extra = model.request_members
  }

  members(value: Body, known: ReadonlySet<string>, path: string): void {
    for (const name of Object.keys(value))
      if (!known.has(name) && !isNothing(value[name]) && !this.#extra.includes(name))
        unbounded(`${path}${name}`, 'a member whose cost is known; others must stand in request_members of the model')
  }

  #kind(kind: unknown, known: ReadonlySet<string>, path: string): void {
    const name = String(kind)
    if (!known.has(name) && !this.#extra.includes(name)) unbounded(path, `one of ${[...known].join(', ')}: the tokens of others have no bound`)
  }

  /** The content of a message or of a tool's result: text, or parts. */
  content(content: unknown, path: string): void {
    if (!Array.isArray(content)) {
      if (isObject(content)) unbounded(path, 'text, or a list of parts')
      return
    }
    for (const [index, part] of content.entries()) {
      if (typeof part === 'string') continue
      if (!isObject(part)) return unbounded(`${path}[${index}]`, 'a part')
      if (IMAGE_PARTS.has(String(part.type))) this.#image(part)
      else this.#kind(part.type, TEXT_PARTS, `${path}[${index}].type`)
    }
  }

  #image(part: Body): void {
    this.images += 1
    const url = isObject(part.image_url) ? part.image_url.url : part.image_url
    if (typeof url === 'string') this.imageBytes += Buffer.byteLength(url)
  }

  messages(messages: unknown): void {
    if (!Array.isArray(messages)) return unbounded('messages', 'a list')
    for (const [index, message] of messages.entries()) {
      const path = `messages[${index}]`
      if (!isObject(message)) return unbounded(path, 'a message')
      this.members(message, MESSAGE_MEMBERS, `${path}.`)
      this.content(message.content, `${path}.content`)
    }
  }

  /** The input of a response. An item that is neither a message nor of a known kind may stand for something that the upstream keeps. */
  items(input: unknown): void {
    if (!Array.isArray(input)) {
      if (isObject(input)) unbounded('input', 'text, or a list of items')
      return
    }
    for (const [index, item] of input.entries()) {
      const path = `input[${index}]`
      if (!isObject(item)) return unbounded(path, 'an item')
      if (item.type === 'message' || (isNothing(item.type) && typeof item.role === 'string')) this.content(item.content, `${path}.content`)
      else {
        this.#kind(item.type, ITEMS, `${path}.type`)
        if (item.type === 'reasoning' && !isNothing(item.id) && typeof item.encrypted_content !== 'string' && !this.#extra.includes('reasoning'))
          unbounded(path, 'reasoning with its encrypted_content, or without an id: the id alone stands for what the upstream keeps')
        this.content(item.output, `${path}.output`)
      }
    }
  }

  /** What embeddings are asked of: texts, or tokens. */
  texts(input: unknown): void {
    const isPlain = (one: unknown): boolean => typeof one === 'string' || typeof one === 'number'
    if (isPlain(input) || (Array.isArray(input) && input.every((one) => isPlain(one) || (Array.isArray(one) && one.every((token) => isPlain(token)))))) return
    unbounded('input', 'a text or a list of texts or tokens')
  }

  tools({ functions, tools }: Body): number {
    const listed = this.#list(tools, 'tools')
    for (const [index, tool] of listed.entries())
      if (!isObject(tool) || (tool.type !== 'function' && tool.type !== 'custom'))
        unbounded(`tools[${index}].type`, 'function or custom: tools that the upstream runs itself have no bound')
    return listed.length + this.#list(functions, 'functions').length
  }

  #list(value: unknown, name: string): readonly unknown[] {
    return isNothing(value) ? [] : Array.isArray(value) ? value : unbounded(name, 'a list')
  }
}

const positive = (body: Body, field: string): number | undefined => {
  const value = body[field]
  if (value === undefined || value === null) return undefined
  return Number.isSafeInteger(value) && (value as number) > 0 && (value as number) <= TOKENS_MAX
    ? (value as number)
    : unbounded(field, `a whole number from 1 to ${TOKENS_MAX}`)
}

const within = (tokens: number, field: string): number => (tokens <= TOKENS_MAX ? tokens : unbounded(field, `at most ${TOKENS_MAX} tokens in all`))

function promptBound(api: Api, body: Body, model: ModelConfig): number {
  const look = new Look(model)
  look.members(body, MEMBERS[api], '')
  if (!isNothing(body.service_tier) && !TIERS.has(body.service_tier)) unbounded('service_tier', 'auto, default or flex')
  if (!isNothing(body.modalities) && !(Array.isArray(body.modalities) && body.modalities.every((one) => one === 'text'))) unbounded('modalities', '["text"]')
  if (api === 'chat/completions') look.messages(body.messages)
  else if (api === 'responses') look.items(body.input)
  else look.texts(body.input)
  const tools = look.tools(body)
  if (look.images > 0 && model.image_tokens_max === undefined) unbounded('image', 'no images: image_tokens_max is not configured for this model')
  const pieces = api === 'chat/completions' ? body.messages : body.input
  // Every token of a text stands for at least one byte of it. The model's name is no text of the prompt.
  const text = bytesOf(body) - bytesOf({ model: body.model }) - look.imageBytes
  const frame = (Array.isArray(pieces) ? pieces.length : 1) * TOKENS_PER_MESSAGE + tools * TOKENS_PER_TOOL + model.prompt_tokens_overhead
  return within(text + look.images * (model.image_tokens_max ?? 0) + frame, api === 'chat/completions' ? 'messages' : 'input')
}

/** The maximum of output in the member that its upstream knows: newer models of OpenAI refuse the older name, and other servers take no notice of the newer. */
export function maximumFor(api: Api, outputMax: number | null, { base_url, max_tokens_member }: UpstreamConfig): Body {
  if (outputMax === null) return {}
  if (api === 'responses') return { max_output_tokens: outputMax }
  const isOpenAi = base_url !== undefined && /(^|\.)openai\.(azure\.)?com$/.test(new URL(base_url).hostname)
  return { [max_tokens_member ?? (isOpenAi ? 'max_completion_tokens' : 'max_tokens')]: outputMax }
}

/** Upper bounds of a request's tokens. Throws Refused when it cannot be bounded. */
export function boundRequest(api: Api, body: Body, model: ModelConfig): Bounded {
  const prompt_tokens_max = promptBound(api, body, model)
  if (api === 'embeddings') return { body, output_max: null, output_tokens_max: 0, prompt_tokens_max }
  const isChat = api === 'chat/completions'
  const [newer, older] = isChat ? [positive(body, 'max_completion_tokens'), positive(body, 'max_tokens')] : [positive(body, 'max_output_tokens'), undefined]
  // Of two an upstream may know either.
  const wanted = newer === undefined || older === undefined ? (newer ?? older) : Math.max(newer, older)
  const output = wanted ?? model.output_tokens_max ?? unbounded(isChat ? 'max_tokens' : 'max_output_tokens', 'a maximum: none is configured for this model')
  const choices = isChat ? (positive(body, 'n') ?? 1) : 1
  if (choices > CHOICES_MAX) unbounded('n', `at most ${CHOICES_MAX}`)
  const options = isObject(body.stream_options) ? body.stream_options : {}
  const isCounted = !isChat || body.stream !== true || options.include_usage === true
  const { max_completion_tokens: _newer, max_tokens: _older, ...unlimited } = body
  return {
    body: isCounted ? unlimited : { ...unlimited, stream_options: { ...options, include_usage: true } },
    output_max: output,
    output_tokens_max: within(output * choices, 'n'),
    prompt_tokens_max,
  }
}
