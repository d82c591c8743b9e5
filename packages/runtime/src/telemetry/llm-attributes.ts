import { type Message, getLLMAttributes } from '@arizeai/openinference-core'
import { SemanticConventions as S } from '@arizeai/openinference-semantic-conventions'
import type { Attributes } from '@opentelemetry/api'
import type { EventData } from '@syntropism/contract'
import type { LlmContent, LlmMessage } from '../ports/index.ts'
import { inputOf, outputOf } from './span-maker.ts'

const messageOf = ({ content, role, tool_calls }: LlmMessage): Message => ({
  content,
  role,
  ...(tool_calls === undefined
    ? {}
    : { toolCalls: tool_calls.map((call) => ({ function: { arguments: call.arguments_json, name: call.name }, id: call.id })) }),
})

/** A model's call in the words of OpenInference; without content only model and upstream. */
export const llmAttributes = (model: string, upstream: string, content: LlmContent = {}): Attributes => ({
  // What lists of spans show.
  ...(content.input_messages === undefined ? {} : inputOf({ messages: content.input_messages })),
  ...(content.output_messages === undefined ? {} : outputOf(content.output_messages.at(-1)?.content ?? '')),
  ...getLLMAttributes({
    modelName: model,
    provider: upstream,
    ...(content.invocation_parameters === undefined ? {} : { invocationParameters: { ...content.invocation_parameters } }),
    ...(content.input_messages === undefined ? {} : { inputMessages: content.input_messages.map(messageOf) }),
    ...(content.output_messages === undefined ? {} : { outputMessages: content.output_messages.map(messageOf) }),
    ...(content.tools === undefined ? {} : { tools: content.tools.map((tool) => ({ jsonSchema: { ...tool } })) }),
  }),
})

/** Counts of tokens, with those that came from a cache. */
export const tokensOf = (usage: NonNullable<EventData<'llm_call_settled'>['usage']>): Attributes => ({
  [S.LLM_TOKEN_COUNT_COMPLETION]: usage.output_tokens,
  [S.LLM_TOKEN_COUNT_COMPLETION_DETAILS_REASONING]: usage.reasoning_tokens,
  [S.LLM_TOKEN_COUNT_PROMPT]: usage.input_tokens,
  [S.LLM_TOKEN_COUNT_PROMPT_DETAILS_CACHE_READ]: usage.cache_read_tokens,
  [S.LLM_TOKEN_COUNT_PROMPT_DETAILS_CACHE_WRITE]: usage.cache_write_tokens,
  [S.LLM_TOKEN_COUNT_TOTAL]: usage.input_tokens + usage.output_tokens,
})
