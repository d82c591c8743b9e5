import { createAnthropic } from '@ai-sdk/anthropic'
import { createGoogle } from '@ai-sdk/google'
import { APICallError, type EmbeddingModelV4, type LanguageModelV4 } from '@ai-sdk/provider'
import { type Dispatcher, fetch as send } from 'undici'
import { z } from 'zod'
import type { UpstreamConfig } from '../../config/index.ts'
import { type Attempt, type UpstreamAnswer, UpstreamFailure, failureOf, failureOfStatus, isFailing } from '../guard.ts'
import { toChunks, toCompletion } from './answer.ts'
import { RequestUnsupported, readChat } from './request.ts'

type Kind = 'anthropic' | 'google'
interface Provider {
  languageModel(name: string): LanguageModelV4
  /** Null where the provider has none. */
  embeddingModel(name: string): EmbeddingModelV4 | null
}

/** A fetch that sends one request alone: what a library would send on its own has no hold. */
function once(dispatcher: Dispatcher): typeof fetch {
  let sent = false
  return (async (input: string | URL, init: object) => {
    if (sent) throw new UpstreamFailure('the answer asks for another request, and that has no hold', { may_have_cost: true })
    sent = true
    return send(input, { ...init, dispatcher })
  }) as unknown as typeof fetch
}

function createProvider(config: UpstreamConfig, kind: Kind, apiKey: string | null, dispatcher: Dispatcher): Provider {
  const settings = {
    apiKey: apiKey ?? 'none',
    ...(config.base_url === undefined ? {} : { baseURL: config.base_url.replace(/\/$/, '') }),
    fetch: once(dispatcher),
  }
  if (kind === 'google') {
    const google = createGoogle(settings)
    return { embeddingModel: (name) => google.embeddingModel(name), languageModel: (name) => google(name) }
  }
  const anthropic = createAnthropic(settings)
  return { embeddingModel: () => null, languageModel: (name) => anthropic(name) }
}

export const jsonAnswer = (value: object, status = 200): UpstreamAnswer => ({
  body: (async function* () {
    yield new TextEncoder().encode(JSON.stringify(value))
  })(),
  content_type: 'application/json',
  status,
})

/** The answer to a request that a native model has nothing for. */
export const unsupportedAnswer = ({ message, param }: RequestUnsupported): UpstreamAnswer =>
  jsonAnswer({ error: { code: 'unsupported_parameter', message: `${param}: ${message}`, param, type: 'invalid_request_error' } }, 400)

export const streamAnswer = (body: AsyncIterable<Uint8Array>): UpstreamAnswer => ({ body, content_type: 'text/event-stream', status: 200 })

/** A library's error as this gateway knows them: an answer of the upstream, or a failure. */
function refusalOf(error: unknown, config: UpstreamConfig, signal: AbortSignal): UpstreamAnswer {
  if (error instanceof RequestUnsupported) return unsupportedAnswer(error)
  signal.throwIfAborted()
  if (error instanceof UpstreamFailure) throw error
  if (!APICallError.isInstance(error)) throw new UpstreamFailure(`${config.id}: ${String(error)}`, { may_have_cost: true }, { cause: error })
  const { cause, responseBody = '', responseHeaders, statusCode } = error
  // The library wraps what its connection met, and answers it could not read.
  if (statusCode === undefined) throw failureOf(deepest(cause) ?? error)
  if (isFailing(statusCode)) throw failureOfStatus(config.id, statusCode, responseBody, responseHeaders?.['retry-after'])
  if (statusCode < 400) throw new UpstreamFailure(`${config.id} answered what is not its API: ${error.message}`, { may_have_cost: true }, { cause: error })
  return jsonAnswer({ error: { code: 'upstream_refused', message: error.message, type: 'invalid_request_error' } }, statusCode)
}

/** The first cause below an error: what the socket said. */
function deepest(error: unknown): Error | null {
  let found = error instanceof Error ? error : null
  while (found?.cause instanceof Error) found = found.cause
  return found
}

const Embeddings = z.object({
  dimensions: z.int().positive().optional(),
  encoding_format: z.literal('float').optional(),
  input: z.union([z.string(), z.array(z.string())]),
  model: z.string(),
})

async function embed(provider: Provider, body: string, abortSignal: AbortSignal): Promise<UpstreamAnswer> {
  const read = Embeddings.safeParse(JSON.parse(body))
  if (!read.success) throw new RequestUnsupported(read.error.issues[0]?.path.join('.') ?? 'body', 'strings, with encoding_format "float"')
  const { input, model } = read.data
  const embedder = provider.embeddingModel(model)
  if (embedder === null) throw new RequestUnsupported('model', 'this upstream has no embeddings')
  const { embeddings, usage } = await embedder.doEmbed({ abortSignal, values: typeof input === 'string' ? [input] : input })
  return jsonAnswer({
    data: embeddings.map((embedding, index) => ({ embedding, index, object: 'embedding' })),
    model,
    object: 'list',
    ...(usage === undefined ? {} : { usage: { prompt_tokens: usage.tokens, total_tokens: usage.tokens } }),
  })
}

/** One attempt at a provider's own API. */
export function openProvider(config: UpstreamConfig, kind: Kind, apiKey: string | null, dispatcher: Dispatcher): Attempt {
  return async (api, body, { signal }) => {
    try {
      const provider = createProvider(config, kind, apiKey, dispatcher)
      if (api === 'embeddings') return await embed(provider, body, signal)
      const { model, options, stream } = readChat(body)
      const language = provider.languageModel(model)
      const asked = { ...options, abortSignal: signal }
      if (!stream) return jsonAnswer(toCompletion(model, await language.doGenerate(asked)))
      return streamAnswer(toChunks(model, (await language.doStream(asked)).stream))
    } catch (error) {
      return refusalOf(error, config, signal)
    }
  }
}
