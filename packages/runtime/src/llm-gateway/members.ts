export type Api = 'chat/completions' | 'responses' | 'embeddings'

const COMMON = [
  'metadata',
  'model',
  'prompt_cache_key',
  'prompt_cache_retention',
  'safety_identifier',
  'service_tier',
  'store',
  'stream',
  'stream_options',
] as const
const SAMPLING = ['parallel_tool_calls', 'temperature', 'tool_choice', 'tools', 'top_logprobs', 'top_p', 'user'] as const
const CHAT = [
  ...['frequency_penalty', 'function_call', 'functions', 'logit_bias', 'logprobs', 'max_completion_tokens', 'max_tokens', 'messages', 'min_p', 'modalities'],
  ...['n', 'presence_penalty', 'reasoning_effort', 'repetition_penalty', 'response_format', 'seed', 'stop', 'top_k', 'verbosity'],
] as const
const RESPONSES = ['include', 'input', 'instructions', 'max_output_tokens', 'max_tool_calls', 'reasoning', 'text', 'truncation'] as const

/** Members of a request whose cost its bound covers. Any other may mean more to an upstream than a bound knows: another model, a search, a stored prompt. */
export const MEMBERS: Readonly<Record<Api, ReadonlySet<string>>> = {
  'chat/completions': new Set([...COMMON, ...SAMPLING, ...CHAT]),
  embeddings: new Set(['dimensions', 'encoding_format', 'input', 'model', 'user']),
  responses: new Set([...COMMON, ...SAMPLING, ...RESPONSES]),
}
/** The same for a message of a chat, whichever side wrote it. */
export const MESSAGE_MEMBERS: ReadonlySet<string> = new Set([
  ...['annotations', 'cache_control', 'content', 'function_call', 'name', 'parsed', 'partial', 'prefix', 'reasoning', 'reasoning_content', 'reasoning_details'],
  ...['refusal', 'role', 'tool_call_id', 'tool_calls'],
])
/** Kinds of items of a response's input, beside messages. */
export const ITEMS: ReadonlySet<string> = new Set(['custom_tool_call', 'custom_tool_call_output', 'function_call', 'function_call_output', 'reasoning'])
/** Kinds of parts of a content that are text, byte by byte. */
export const TEXT_PARTS: ReadonlySet<string> = new Set(['input_text', 'output_text', 'reasoning_text', 'refusal', 'summary_text', 'text'])
export const IMAGE_PARTS: ReadonlySet<string> = new Set(['image_url', 'input_image'])
