import { basename } from 'node:path'
import type { LanguageModelV4CallOptions, LanguageModelV4FinishReason, LanguageModelV4StreamPart, LanguageModelV4Usage } from '@ai-sdk/provider'
import type { UpstreamConfig } from '../../config/index.ts'
import { reasonOf } from '../../ports/index.ts'
import { type Attempt, type UpstreamAnswer, UpstreamFailure } from '../guard.ts'
import { Refused } from '../../refusal/index.ts'
import { toChunks, toCompletion } from './answer.ts'
import { type HistoryItem, type Loaded, loadModel } from './library.ts'
import { jsonAnswer, streamAnswer, unsupportedAnswer } from './providers.ts'
import { RequestUnsupported, readChat } from './request.ts'

type Options = LanguageModelV4CallOptions

const FINISH: Readonly<Record<string, LanguageModelV4FinishReason['unified']>> = {
  customStopTrigger: 'stop',
  eogToken: 'stop',
  maxTokens: 'length',
  stopGenerationTrigger: 'stop',
}

function historyOf(prompt: Options['prompt']): HistoryItem[] {
  return prompt.map((message): HistoryItem => {
    if (message.role === 'system') return { text: message.content, type: 'system' }
    if (message.role === 'tool') throw new RequestUnsupported('messages', 'the embedded model has no tools')
    const text = message.content
      .map((part) => {
        if (part.type !== 'text') throw new RequestUnsupported('messages', `the embedded model reads text alone, not ${part.type}`)
        return part.text
      })
      .join('')
    return message.role === 'user' ? { text, type: 'user' } : { response: [text], type: 'model' }
  })
}

async function grammarOf({ llama }: Loaded, format: Options['responseFormat']): Promise<object> {
  if (format?.type !== 'json') return {}
  if (format.schema === undefined) return { grammar: await llama.getGrammarFor('json') }
  try {
    return { grammar: await llama.createGrammarForJsonSchema(format.schema) }
  } catch (error) {
    throw new RequestUnsupported('response_format', `no grammar can be made of the schema: ${reasonOf(error)}`)
  }
}

interface Prepared {
  readonly history: readonly HistoryItem[]
  readonly settings: object
}

/** Everything of a request that can be refused, before its turn comes. */
async function prepare(loaded: Loaded, options: Options): Promise<Prepared> {
  if ((options.tools ?? []).length > 0) throw new RequestUnsupported('tools', 'the embedded model has none; ask for a JSON schema')
  const { maxOutputTokens, seed, stopSequences, temperature, topP } = options
  const given = { customStopTriggers: stopSequences, maxTokens: maxOutputTokens, seed, temperature, topP }
  return {
    history: historyOf(options.prompt),
    settings: { ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)), ...(await grammarOf(loaded, options.responseFormat)) },
  }
}

interface Ended {
  readonly finish: LanguageModelV4FinishReason
  readonly usage: LanguageModelV4Usage
}

/** Generates one answer; its parts go to `onText` as they come. */
async function generate({ chat, sequence }: Loaded, prepared: Prepared, signal: AbortSignal, onText: (text: string) => void): Promise<Ended> {
  // A memory of earlier calls would hide what this prompt costs.
  await sequence.clearHistory()
  const before = { input: sequence.tokenMeter.usedInputTokens, output: sequence.tokenMeter.usedOutputTokens }
  const { metadata } = await chat.generateResponse(prepared.history, { ...prepared.settings, onTextChunk: onText, signal, stopOnAbortSignal: false })
  const input = sequence.tokenMeter.usedInputTokens - before.input
  const output = sequence.tokenMeter.usedOutputTokens - before.output
  return {
    finish: { raw: metadata.stopReason, unified: FINISH[metadata.stopReason] ?? 'other' },
    usage: {
      inputTokens: { cacheRead: 0, cacheWrite: 0, noCache: input, total: input },
      outputTokens: { reasoning: 0, text: output, total: output },
    },
  }
}

function partsOf(loaded: Loaded, prepared: Prepared, signal: AbortSignal, ended: () => void): ReadableStream<LanguageModelV4StreamPart> {
  return new ReadableStream({
    async start(controller) {
      try {
        controller.enqueue({ type: 'stream-start', warnings: [] })
        const { finish, usage } = await generate(loaded, prepared, signal, (delta) => controller.enqueue({ delta, id: '0', type: 'text-delta' }))
        controller.enqueue({ finishReason: finish, type: 'finish', usage })
        controller.close()
      } catch (error) {
        controller.error(error)
      } finally {
        ended()
      }
    },
  })
}

/** Lets one in at a time. */
class Queue {
  #last: Promise<void> = Promise.resolve()
  /** Waits for those before; resolves to what lets the next one in. Who gives up meanwhile is passed over. */
  async enter(signal: AbortSignal): Promise<() => void> {
    const before = this.#last
    let leave: () => void = () => undefined
    this.#last = new Promise((done) => (leave = done))
    const gaveUp = new Promise<never>((_, fail) => signal.addEventListener('abort', () => fail(signal.reason as Error), { once: true }))
    try {
      await Promise.race([before, gaveUp])
      signal.throwIfAborted()
      return leave
    } catch (error) {
      void before.then(leave)
      throw error
    }
  }
  idle(): Promise<void> {
    return this.#last
  }
}

/** A model in this process: loaded at its first call, one answer at a time, the others wait. */
export function openEmbedded(config: UpstreamConfig, modelsDir: string): { attempt: Attempt; close(): Promise<void> } {
  const folder = config.models_dir ?? modelsDir
  const loading = new Map<string, Promise<Loaded>>()
  const queue = new Queue()
  const load = (file: string): Promise<Loaded> => {
    if (basename(file) !== file) throw new RequestUnsupported('model', 'the name of a file in the folder of models')
    const loaded = loading.get(file) ?? loadModel(folder, file, config)
    loading.set(file, loaded)
    // What did not load may be installed meanwhile.
    loaded.catch(() => loading.delete(file))
    return loaded
  }
  const answer = async (body: string, signal: AbortSignal): Promise<UpstreamAnswer> => {
    const { model, options, stream } = readChat(body)
    const loaded = await load(model)
    const prepared = await prepare(loaded, options)
    const leave = await queue.enter(signal)
    if (stream) return streamAnswer(toChunks(model, partsOf(loaded, prepared, signal, leave)))
    try {
      let text = ''
      const { finish, usage } = await generate(loaded, prepared, signal, (more) => (text += more))
      return jsonAnswer(toCompletion(model, { content: [{ text, type: 'text' }], finishReason: finish, usage, warnings: [] }))
    } finally {
      leave()
    }
  }
  const attempt: Attempt = async (api, body, { signal }) => {
    const limit = AbortSignal.timeout(config.timeout_ms)
    try {
      if (api !== 'chat/completions') throw new RequestUnsupported('model', 'the embedded model answers chat completions alone')
      return await answer(body, AbortSignal.any([signal, limit]))
    } catch (error) {
      if (error instanceof RequestUnsupported) return unsupportedAnswer(error)
      signal.throwIfAborted()
      if (error instanceof Refused) throw error
      throw new UpstreamFailure(`${config.id}: ${String(error)}`, { is_timeout: limit.aborted, may_have_cost: true }, { cause: error })
    }
  }
  return {
    attempt,
    close: async () => {
      await queue.idle()
      for (const one of await Promise.allSettled(loading.values())) if (one.status === 'fulfilled') await one.value.llama.dispose()
    },
  }
}
