import { z } from 'zod'
import { RequestUnsupported } from './request.ts'

const Text = z.object({ text: z.string(), type: z.enum(['input_text', 'output_text']) })
const Image = z.object({ image_url: z.string(), type: z.literal('input_image') })
const Refusal = z.object({ refusal: z.string(), type: z.literal('refusal') })
const Message = z.object({
  content: z.union([z.string(), z.array(z.discriminatedUnion('type', [Text, Image, Refusal]))]),
  role: z.enum(['assistant', 'developer', 'system', 'user']),
  type: z.literal('message').optional(),
})
const Called = z.object({ arguments: z.string(), call_id: z.string(), name: z.string(), type: z.literal('function_call') })
const Returned = z.object({ call_id: z.string(), output: z.union([z.string(), z.array(Text)]), type: z.literal('function_call_output') })
const Tool = z.object({
  description: z.string().nullish(),
  name: z.string(),
  parameters: z.record(z.string(), z.any()).nullish(),
  strict: z.boolean().nullish(),
  type: z.literal('function'),
})
const Format = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text') }),
  z.object({ type: z.literal('json_object') }),
  z.object({
    description: z.string().nullish(),
    name: z.string(),
    schema: z.record(z.string(), z.any()),
    strict: z.boolean().nullish(),
    type: z.literal('json_schema'),
  }),
])

/** A request for a response as far as a chat completion has the same thing; members that only label a call are taken and not passed on. */
const Request = z.strictObject({
  include: z.array(z.never()).nullish(),
  input: z.union([z.string(), z.array(z.union([Called, Returned, Message])).min(1)]),
  instructions: z.string().nullish(),
  max_output_tokens: z.int().positive().nullish(),
  metadata: z.any().optional(),
  model: z.string(),
  parallel_tool_calls: z.literal(true).nullish(),
  prompt_cache_key: z.string().nullish(),
  safety_identifier: z.string().nullish(),
  service_tier: z.enum(['auto', 'default']).nullish(),
  store: z.literal(false).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.any().optional(),
  temperature: z.number().nullish(),
  text: z.strictObject({ format: Format.nullish() }).nullish(),
  tool_choice: z.union([z.enum(['auto', 'none', 'required']), z.object({ name: z.string(), type: z.literal('function') })]).nullish(),
  tools: z.array(Tool).nullish(),
  top_p: z.number().nullish(),
  truncation: z.literal('disabled').nullish(),
  user: z.string().nullish(),
})
export type ResponseRequest = z.infer<typeof Request>

/** Reads a request. Throws RequestUnsupported for what a chat completion does not have. */
export function readResponseRequest(text: string): ResponseRequest {
  const result = Request.safeParse(JSON.parse(text))
  if (result.success) return result.data
  const [issue] = result.error.issues
  const param = issue?.code === 'unrecognized_keys' ? issue.keys[0] : issue?.path.join('.')
  throw new RequestUnsupported(param ?? 'body', `this upstream does not take it so: ${issue?.message ?? 'malformed'}`)
}

const joined = (parts: readonly { readonly text: string }[]): string => parts.map((part) => part.text).join('')

function messageOf({ content, role }: z.infer<typeof Message>): object {
  if (typeof content === 'string') return { content, role }
  const parts = content.map((part) =>
    part.type === 'input_image'
      ? { image_url: { url: part.image_url }, type: 'image_url' as const }
      : { text: part.type === 'refusal' ? part.refusal : part.text, type: 'text' as const },
  )
  if (role === 'user') return { content: parts, role }
  return { content: joined(parts.flatMap((part) => (part.type === 'text' ? [part] : []))), role }
}

/** The items of an input as messages: calls of tools that follow each other are one turn of the assistant. */
function messagesOf(input: ResponseRequest['input']): object[] {
  if (typeof input === 'string') return [{ content: input, role: 'user' }]
  const messages: object[] = []
  let calls: object[] | null = null
  for (const item of input) {
    if (item.type === 'function_call') {
      if (calls === null) messages.push({ content: null, role: 'assistant', tool_calls: (calls = []) })
      calls.push({ function: { arguments: item.arguments, name: item.name }, id: item.call_id, type: 'function' })
      continue
    }
    calls = null
    if (item.type === 'function_call_output')
      messages.push({ content: typeof item.output === 'string' ? item.output : joined(item.output), role: 'tool', tool_call_id: item.call_id })
    else messages.push(messageOf(item))
  }
  return messages
}

function formatOf(text: ResponseRequest['text']): object | undefined {
  const format = text?.format
  if (format?.type !== 'json_schema') return format ?? undefined
  const { description, name, schema, strict } = format
  return { json_schema: { description: description ?? undefined, name, schema, strict: strict ?? undefined }, type: 'json_schema' }
}

/** The chat completion that asks for the same. */
export function chatFor(request: ResponseRequest): object {
  const { instructions, tool_choice: choice } = request
  return {
    max_completion_tokens: request.max_output_tokens ?? undefined,
    messages: [...(typeof instructions === 'string' ? [{ content: instructions, role: 'system' }] : []), ...messagesOf(request.input)],
    model: request.model,
    response_format: formatOf(request.text),
    stream: request.stream ?? undefined,
    temperature: request.temperature ?? undefined,
    tool_choice: typeof choice === 'object' && choice !== null ? { function: { name: choice.name }, type: 'function' } : (choice ?? undefined),
    tools: request.tools?.map(({ description, name, parameters, strict }) => ({
      function: { description: description ?? undefined, name, parameters: parameters ?? undefined, strict: strict ?? undefined },
      type: 'function',
    })),
    top_p: request.top_p ?? undefined,
  }
}
