import type { ModelConfig } from '../config/index.ts'
import { Refused } from '../refusal/index.ts'

export type Api = 'chat/completions' | 'responses' | 'embeddings'
export type Body = Readonly<Record<string, unknown>>

export interface Bounded {
  /** The request as it goes upstream: every maximum written out. */
  readonly body: Record<string, unknown>
  readonly prompt_tokens_max: number
  readonly output_tokens_max: number
}

/** Members that can make a call cost what no bound knows: extra searches, stored prompts, other price tiers. */
const UNBOUNDED: Readonly<Record<Api, readonly string[]>> = {
  'chat/completions': ['audio', 'prediction', 'web_search_options'],
  embeddings: [],
  responses: ['background', 'conversation', 'previous_response_id', 'prompt'],
}
const CHOICES_MAX = 16
const TOKENS_PER_MESSAGE = 16
const TOKENS_PER_TOOL = 64

const unbounded = (field: string, expected: string): never => {
  throw new Refused('llm_request_unbounded', { expected, field })
}
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

interface Measured {
  bytes: number
  images: number
}

/** Bytes of all text in a value (every token stands for at least one), and its images. What is neither is refused. */
function measure(value: unknown, path: string, into: Measured): void {
  if (Array.isArray(value)) for (const [index, one] of value.entries()) measure(one, `${path}[${index}]`, into)
  else if (isObject(value)) {
    const { type } = value
    if (type === 'image_url' || type === 'input_image') {
      into.images += 1
      return
    }
    if (type === 'input_audio' || type === 'file' || type === 'input_file' || type === 'item_reference')
      unbounded(`${path}.type`, `parts whose tokens can be bounded; "${type}" cannot`)
    for (const [key, one] of Object.entries(value)) {
      into.bytes += Buffer.byteLength(key) + 4
      measure(one, `${path}.${key}`, into)
    }
  } else into.bytes += typeof value === 'string' ? Buffer.byteLength(value) + 4 : String(value).length + 2
}

function checkTools(body: Body): number {
  const tools = body.tools ?? body.functions ?? []
  if (!Array.isArray(tools)) return unbounded('tools', 'a list')
  for (const [index, tool] of tools.entries())
    if (isObject(tool) && tool.type !== undefined && tool.type !== 'function' && tool.type !== 'custom')
      unbounded(`tools[${index}].type`, 'function or custom: tools that the upstream runs itself have no bound')
  return tools.length
}

const positive = (value: unknown, field: string): number | undefined => {
  if (value === undefined || value === null) return undefined
  return Number.isSafeInteger(value) && (value as number) > 0 ? (value as number) : unbounded(field, 'a positive whole number')
}

/** Upper bounds of a request's tokens, with every maximum written into it. Throws Refused when it cannot be bounded. */
export function boundRequest(api: Api, body: Body, model: ModelConfig): Bounded {
  for (const field of UNBOUNDED[api])
    if (body[field] !== undefined && body[field] !== null && body[field] !== false) unbounded(field, 'nothing: its cost has no bound')
  const tier = body.service_tier
  if (tier !== undefined && tier !== null && !['auto', 'default', 'flex'].includes(String(tier))) unbounded('service_tier', 'auto, default or flex')
  if (Array.isArray(body.modalities) && body.modalities.some((one) => one !== 'text')) unbounded('modalities', '["text"]')
  const tools = checkTools(body)
  const measured: Measured = { bytes: 0, images: 0 }
  const { model: _name, ...content } = body
  measure(content, 'body', measured)
  if (measured.images > 0 && model.image_tokens_max === undefined) unbounded('image', 'no images: image_tokens_max is not configured for this model')
  const messages = Array.isArray(body.messages) ? body.messages.length : Array.isArray(body.input) ? body.input.length : 1
  const prompt =
    measured.bytes + measured.images * (model.image_tokens_max ?? 0) + messages * TOKENS_PER_MESSAGE + tools * TOKENS_PER_TOOL + model.prompt_tokens_overhead
  if (api === 'embeddings') return { body: { ...body }, output_tokens_max: 0, prompt_tokens_max: prompt }
  const isChat = api === 'chat/completions'
  const wanted = isChat
    ? (positive(body.max_completion_tokens, 'max_completion_tokens') ?? positive(body.max_tokens, 'max_tokens'))
    : positive(body.max_output_tokens, 'max_output_tokens')
  const output = wanted ?? model.output_tokens_max ?? unbounded(isChat ? 'max_tokens' : 'max_output_tokens', 'a maximum: none is configured for this model')
  const choices = isChat ? (positive(body.n, 'n') ?? 1) : 1
  if (choices > CHOICES_MAX) unbounded('n', `at most ${CHOICES_MAX}`)
  const written = wanted !== undefined ? {} : isChat ? { max_tokens: output } : { max_output_tokens: output }
  const usage = isChat && body.stream === true ? { stream_options: { ...(isObject(body.stream_options) ? body.stream_options : {}), include_usage: true } } : {}
  return { body: { ...body, ...written, ...usage }, output_tokens_max: output * choices, prompt_tokens_max: prompt }
}
