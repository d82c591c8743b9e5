import type { LlmPrice, LlmUsage } from '@syntropism/contract'
import { invariant } from '../units/index.ts'

const MILLION = 1_000_000n

function toMicroUsd(picoUsd: bigint, requestMicroUsd: number): number {
  const total = Number((picoUsd + MILLION - 1n) / MILLION) + requestMicroUsd
  invariant(Number.isSafeInteger(total), 'a cost stays a safe integer', { total })
  return total
}

/** Cost of a call in micro-dollars: the exact sum over all kinds of tokens, rounded up once. */
export function llmCostMicroUsd(price: LlmPrice, usage: LlmUsage): number {
  const plain = usage.input_tokens - usage.cache_read_tokens - usage.cache_write_tokens - usage.image_input_tokens
  const parts: readonly (readonly [tokens: number, perMillion: number])[] = [
    [plain, price.input_per_million],
    [usage.cache_read_tokens, price.cache_read_per_million],
    [usage.cache_write_tokens, price.cache_write_per_million],
    [usage.image_input_tokens, price.image_input_per_million],
    [usage.output_tokens - usage.reasoning_tokens, price.output_per_million],
    [usage.reasoning_tokens, price.reasoning_per_million],
  ]
  let pico = 0n
  for (const [tokens, perMillion] of parts) if (tokens > 0) pico += BigInt(tokens) * BigInt(perMillion)
  return toMicroUsd(pico, price.request_micro_usd)
}

/** Most that a call can cost within its token bounds, whatever kind each token turns out to be. */
export function llmBoundMicroUsd(price: LlmPrice, promptTokensMax: number, outputTokensMax: number): number {
  const input = Math.max(price.input_per_million, price.cache_read_per_million, price.cache_write_per_million, price.image_input_per_million)
  const output = Math.max(price.output_per_million, price.reasoning_per_million)
  return toMicroUsd(BigInt(promptTokensMax) * BigInt(input) + BigInt(outputTokensMax) * BigInt(output), price.request_micro_usd)
}

/** Whether the parts of a usage are not larger than its wholes. */
export const isSoundUsage = (usage: LlmUsage): boolean =>
  usage.cache_read_tokens + usage.cache_write_tokens + usage.image_input_tokens <= usage.input_tokens && usage.reasoning_tokens <= usage.output_tokens
