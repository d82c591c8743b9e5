import { type EconomyEvent, COMMANDS, type Command, type LlmUsage } from '@syntropism/contract'
import { DEFAULT_PARAMS, apply, createState } from '@syntropism/economy'
import { InMemorySpanExporter, type ReadableSpan } from '@opentelemetry/sdk-trace'
import { expect, it } from 'vitest'
import { createMemoryBus } from '../bus/index.ts'
import { Traces } from './index.ts'

const AT = 1_700_000_040_000
const PRICE = {
  cache_read_per_million: 0,
  cache_write_per_million: 0,
  image_input_per_million: 0,
  input_per_million: 1_000_000,
  output_per_million: 1_000_000,
  reasoning_per_million: 0,
  request_micro_usd: 0,
}
const USAGE: LlmUsage = { cache_read_tokens: 4, cache_write_tokens: 0, image_input_tokens: 0, input_tokens: 30, output_tokens: 12, reasoning_tokens: 0 }
const KEY = {
  expires_at_ms: null,
  key_id: 'k',
  models: [],
  name: 'team',
  parallel_max: 2,
  requests_per_minute: 30,
  token_hash: 'a'.repeat(64),
  tokens_per_minute: 5000,
  windows: [{ limit_micro_usd: 3000, window_ms: 0 }],
}
const CALLER = `00-${'d'.repeat(32)}-${'c'.repeat(16)}-01`
const CALL = {
  key_id: 'k',
  model: 'small-model',
  output_tokens_max: 50,
  price: PRICE,
  prompt_tokens_max: 50,
  request_hash: 'b'.repeat(64),
  traceparent: CALLER,
  type: 'admit_llm_call',
  upstream_id: 'local',
} as const

/** A key's call of a model, settled, with what the gateway says about it. */
async function callModel(hide: boolean): Promise<ReadableSpan> {
  const exporter = new InMemorySpanExporter()
  exporter.shutdown = () => Promise.resolve()
  const fail = (error: unknown): never => {
    throw error
  }
  const traces = new Traces({ hide_inputs: hide, hide_outputs: hide, onError: fail, operator: 'ada', queue_max: 1000, sample_ppm: 1_000_000, to: { exporter } })
  const bus = createMemoryBus(fail)
  traces.follow(bus, '')
  const state = createState()
  const send = (command: { type: Command['type'] } & Record<string, unknown>): void => {
    const events: EconomyEvent[] = []
    const full = COMMANDS[command.type].parse({ at_ms: AT, owner: 'test', traceparent: traces.tracing.begin(), ...command }) as Command
    const outcome = apply(state, full, { event: (event) => void events.push(event), posting: () => undefined })
    expect(outcome.ok ? null : outcome.refusal).toBeNull()
    bus.publish(events)
  }
  const params = { ...DEFAULT_PARAMS, llm_keys_micro_usd_per_minute: 1000, llm_micro_usd_per_minute: 1000 }
  send({ economy_id: 'llm', params, rules_version: 1, type: 'genesis' })
  send({ ...KEY, type: 'create_llm_key' })
  traces.tracing.adopt(CALLER)
  traces.tracing.describeCall('call-1', { input_messages: [{ content: 'what is dear?', role: 'user' }], invocation_parameters: { temperature: 0 } })
  send(CALL)
  traces.tracing.describeCall('call-1', { output_messages: [{ content: 'attention is', role: 'assistant' }] })
  send({ call_id: 'call-1', finish: 'completed', type: 'settle_llm_call', usage: USAGE })
  await traces.close()
  return exporter.getFinishedSpans().find((span) => span.attributes['openinference.span.kind'] === 'LLM') as ReadableSpan
}

it('a model’s call is an LLM span with messages, parameters, tokens and cost, below the caller’s span', async () => {
  const span = await callModel(false)
  expect(span.parentSpanContext).toMatchObject({ spanId: 'c'.repeat(16), traceId: 'd'.repeat(32) })
  expect(span.attributes).toMatchObject({
    'llm.cost.total': 0.000038,
    'llm.input_messages.0.message.content': 'what is dear?',
    'llm.invocation_parameters': '{"temperature":0}',
    'llm.model_name': 'small-model',
    'llm.output_messages.0.message.content': 'attention is',
    'llm.token_count.completion': 12,
    'llm.token_count.prompt': 30,
    'llm.token_count.prompt_details.cache_read': 4,
    'llm.token_count.total': 42,
    'output.value': 'attention is',
    'syntropism.foreign_parent': true,
  })
  expect(span.attributes['syntropism.event_ids']).toHaveLength(2)
})

it('hides the messages when told to, and keeps the counts', async () => {
  const span = await callModel(true)
  expect(JSON.stringify(span.attributes)).not.toMatch(/what is dear|attention is/)
  expect(span.attributes['llm.token_count.total']).toBe(42)
})
