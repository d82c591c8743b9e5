import { randomUUID } from 'node:crypto'
import type {
  LanguageModelV4Content,
  LanguageModelV4FinishReason,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
  SharedV4Warning,
} from '@ai-sdk/provider'
import { UpstreamFailure } from '../guard.ts'

const FINISH: Readonly<Record<LanguageModelV4FinishReason['unified'], string>> = {
  'content-filter': 'content_filter',
  error: 'stop',
  interrupted: 'length',
  length: 'length',
  other: 'stop',
  stop: 'stop',
  'tool-calls': 'tool_calls',
}

/** Usage in the words of OpenAI's API; undefined when the upstream reported none. */
function usageOf({ inputTokens, outputTokens }: LanguageModelV4Usage): object | undefined {
  if (inputTokens.total === undefined || outputTokens.total === undefined) return undefined
  return {
    completion_tokens: outputTokens.total,
    completion_tokens_details: { reasoning_tokens: outputTokens.reasoning ?? 0 },
    prompt_tokens: inputTokens.total,
    prompt_tokens_details: { cache_write_tokens: inputTokens.cacheWrite ?? 0, cached_tokens: inputTokens.cacheRead ?? 0 },
    total_tokens: inputTokens.total + outputTokens.total,
  }
}

const common = (model: string) => ({ created: Math.floor(Date.now() / 1000), id: `chatcmpl-${randomUUID()}`, model })

const textOf = (content: readonly LanguageModelV4Content[]): string => content.map((part) => (part.type === 'text' ? part.text : '')).join('')

/** What the library left out of a request, said beside the answer. */
const warned = (warnings: readonly SharedV4Warning[]): { warnings?: readonly SharedV4Warning[] } => (warnings.length > 0 ? { warnings } : {})

/** A whole answer as a chat completion. */
export function toCompletion(
  model: string,
  { content, finishReason, usage, warnings }: Pick<LanguageModelV4GenerateResult, 'content' | 'finishReason' | 'usage' | 'warnings'>,
): object {
  const calls = content.flatMap((part) =>
    part.type === 'tool-call' ? [{ function: { arguments: part.input, name: part.toolName }, id: part.toolCallId, type: 'function' }] : [],
  )
  const text = textOf(content)
  return {
    ...common(model),
    choices: [
      {
        finish_reason: FINISH[finishReason.unified],
        index: 0,
        logprobs: null,
        message: {
          content: text === '' && calls.length > 0 ? null : text,
          refusal: null,
          role: 'assistant',
          ...(calls.length > 0 ? { tool_calls: calls } : {}),
        },
      },
    ],
    object: 'chat.completion',
    usage: usageOf(usage),
    ...warned(warnings),
  }
}

/** The parts of an answer as the events of a chat stream, its usage last. Throws what broke it off. */
export async function* toChunks(model: string, parts: ReadableStream<LanguageModelV4StreamPart>): AsyncGenerator<Uint8Array> {
  const about = { ...common(model), object: 'chat.completion.chunk' }
  const encoder = new TextEncoder()
  const event = (value: object): Uint8Array => encoder.encode(`data: ${JSON.stringify({ ...about, ...value })}\n\n`)
  const delta = (value: object, finish: string | null = null): Uint8Array => event({ choices: [{ delta: value, finish_reason: finish, index: 0 }] })
  const calls = new Map<string, number>()
  const begun = (id: string, name: string, input: string): Uint8Array => {
    const index = calls.size
    calls.set(id, index)
    return delta({ tool_calls: [{ function: { arguments: input, name }, id, index, type: 'function' }] })
  }
  for await (const part of parts) {
    if (part.type === 'stream-start')
      yield event({ choices: [{ delta: { content: '', role: 'assistant' }, finish_reason: null, index: 0 }], ...warned(part.warnings) })
    else if (part.type === 'text-delta') yield delta({ content: part.delta })
    else if (part.type === 'tool-input-start') yield begun(part.id, part.toolName, '')
    else if (part.type === 'tool-input-delta') yield delta({ tool_calls: [{ function: { arguments: part.delta }, index: calls.get(part.id) ?? 0 }] })
    // A call whose input did not come in parts comes whole.
    else if (part.type === 'tool-call' && !calls.has(part.toolCallId)) yield begun(part.toolCallId, part.toolName, part.input)
    else if (part.type === 'error') throw part.error
    else if (part.type === 'finish') {
      if (part.finishReason.unified === 'interrupted') throw new UpstreamFailure('the stream ended before the answer did', { may_have_cost: true })
      yield delta({}, FINISH[part.finishReason.unified])
      const usage = usageOf(part.usage)
      if (usage !== undefined) yield event({ choices: [], usage })
    }
  }
  yield encoder.encode('data: [DONE]\n\n')
}
