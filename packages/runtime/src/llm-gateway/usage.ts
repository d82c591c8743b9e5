import { type LlmUsage, TOKENS_MAX } from '@syntropism/contract'
import { isSoundUsage } from '@syntropism/economy'
import type { Api } from './bounds.ts'

const record = (value: unknown): Readonly<Record<string, unknown>> => (typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {})
const count = (...values: readonly unknown[]): unknown => values.find((value) => value !== undefined && value !== null) ?? 0

/**
 * Output with what the total has beyond prompt and output: some count what a model thinks in the total alone, and some leave out an output of none. Where
 * neither is told, it is unknown; embeddings have none.
 */
function outputOf(api: Api, output: unknown, input: unknown, total: unknown): unknown {
  const told = output ?? (typeof total === 'number' || api === 'embeddings' ? 0 : null)
  return typeof told === 'number' && typeof input === 'number' && typeof total === 'number' ? Math.max(told, total - input) : told
}

/** Whether every member is a count of tokens. */
const isUsage = (told: Readonly<Record<keyof LlmUsage, unknown>>): told is LlmUsage =>
  Object.values(told).every((value) => Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= TOKENS_MAX)

/** Tokens that an upstream reports, in the words of any of its three APIs; null when it reports none, or nothing that could be true. */
function readUsage(api: Api, reported: unknown): LlmUsage | null {
  if (typeof reported !== 'object' || reported === null) return null
  const usage = record(reported)
  const input = record(usage.prompt_tokens_details ?? usage.input_tokens_details)
  const output = record(usage.completion_tokens_details ?? usage.output_tokens_details)
  if (usage.prompt_tokens === undefined && usage.input_tokens === undefined) return null
  const input_tokens = count(usage.prompt_tokens, usage.input_tokens)
  const told = {
    cache_read_tokens: count(input.cached_tokens),
    cache_write_tokens: count(input.cache_write_tokens, input.cache_creation_tokens),
    image_input_tokens: count(input.image_tokens),
    input_tokens,
    output_tokens: outputOf(api, usage.completion_tokens ?? usage.output_tokens, input_tokens, usage.total_tokens),
    reasoning_tokens: count(output.reasoning_tokens),
  }
  return isUsage(told) && isSoundUsage(told) ? told : null
}

/** The usage inside a whole answer or one event of a stream. */
export function usageIn(api: Api, text: string): LlmUsage | null {
  try {
    const value = record(JSON.parse(text))
    return readUsage(api, value.usage ?? record(value.response).usage)
  } catch {
    // What is no JSON reports nothing; it is passed on as it came.
    return null
  }
}
