import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EconomyEvent } from '@syntropism/contract'
import { DEFAULT_PARAMS } from '@syntropism/economy'
import { InMemorySpanExporter, type ReadableSpan } from '@opentelemetry/sdk-trace'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createMemoryBus } from '../bus/index.ts'
import { Host } from '../host/index.ts'
import { Tokens, createService } from '../http/index.ts'
import { openSqlite } from '../store/index.ts'
import { Traces } from './index.ts'
import type { TraceOptions } from './traces.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'syntropism-traces-'))
})
afterEach(() => rmSync(folder, { force: true, recursive: true }))

const REPORT = { decision: 'ask', decision_id: 'd1', reasoning: 'because it pays' }
const END = {
  cause: 'crashed',
  cpu_ms: 5,
  detail: 'secret output',
  elapsed_ms: 500,
  exit_code: 3,
  memory_mb_ms: 9,
  memory_peak_mb: 3,
  type: 'end_lease',
} as const
const OF_X = { executor_id: 'x', incarnation: 'i', lease_id: 'lease-1', owner: 'executor:x' }

/** One agent's window through the real host and service, with every span kept in memory. */
async function runWindow(options: Partial<TraceOptions> = {}, headers: Record<string, string> = {}) {
  const exporter = new InMemorySpanExporter()
  const fail = (error: unknown): never => {
    throw error
  }
  const traces = new Traces({
    hide_inputs: false,
    hide_outputs: false,
    onError: fail,
    operator: 'ada',
    queue_max: 10_000,
    sample_ppm: 1_000_000,
    to: { exporter },
    ...options,
  })
  // The exporter empties itself when it is shut down.
  exporter.shutdown = () => Promise.resolve()
  const { journal, queries } = openSqlite(join(folder, 'economy.sqlite'))
  const events: EconomyEvent[] = []
  const bus = createMemoryBus(fail)
  bus.subscribe((event) => void events.push(event))
  traces.follow(bus, '')
  let now = 1_700_000_000_000
  const { tracing } = traces
  const host = await Host.open({ bus, createClock: () => ({ now: () => now }), journal, onFatal: fail, tracing })
  const tokens = new Tokens([])
  const app = createService({ host, queries, readEvents: () => [], tokens, tracing })
  const submit = async (draft: Parameters<Host['submit']>[0]) => expect(await host.submit(draft)).toMatchObject({ ok: true })
  await submit({ economy_id: 'spans', owner: 'host', params: DEFAULT_PARAMS, rules_version: 1, type: 'genesis' })
  await submit({ human_id: 'ada', on_duty: true, owner: 'host', type: 'set_duty' })
  await submit({ cpu_millicores: 1000, executor_id: 'x', incarnation: 'i', memory_mb: 2048, owner: 'executor:x', reports: true, type: 'register_executor' })
  for (const agent_id of ['a', 'b']) await submit({ agent_id, grant_micro: 100_000_000, name: agent_id, owner: 'host', type: 'create_agent' })
  const bundle = { cpu: 900_000, memory: 100_000 }
  await submit({ agent_id: 'a', amount_micro: 50_000_000, bundle, duration_ms: 4000, owner: 'host', payer_id: 'a', type: 'place_bid' })
  await submit({ owner: 'host', type: 'tick' })
  await submit({ ...OF_X, type: 'start_lease' })
  const token = tokens.issue('a', 'lease-1')
  const call = async (path: string, body: object) =>
    app.request(path, {
      body: JSON.stringify(body),
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      method: 'POST',
    })
  await call('/execution/report', { data: REPORT, event_type: 'reasoning_trace' })
  await call('/economic/transfer', { amount: 2, purpose: 'thanks', to_agent_id: 'b' })
  await call('/economic/transfer', { amount: 2000, purpose: 'too much', to_agent_id: 'b' })
  await call('/attention/prompts', { amount_micro: 9_000_000, content: { title: 'private question' } })
  await submit({ owner: 'host', type: 'tick' })
  await submit({ human_id: 'ada', owner: 'human:ada', prompt_id: 'prompt-1', scores: { interesting: 7, understandable: 6, useful: 8 }, type: 'score_prompt' })
  for (let i = 0; i < 3; i++) {
    now += 1000
    await submit({ owner: 'host', type: 'tick' })
  }
  await submit({ ...OF_X, ...END, traceparent: host.state.leases.get('lease-1')?.traceparent as string })
  await host.stop()
  await traces.close()
  return { events, figures: traces.figures(), spans: exporter.getFinishedSpans() }
}

const kind = (span: ReadableSpan): unknown => span.attributes['openinference.span.kind']
const named = (spans: ReadableSpan[], name: string): ReadableSpan => spans.find((span) => span.name === name) as ReadableSpan

describe('traces', () => {
  it('tell one bid as a single tree: clearing, window, calls, transfers, burn, price, scores and reward', async () => {
    const { figures, spans } = await runWindow()
    const root = named(spans, 'bid of a')
    const tree = spans.filter((span) => span.spanContext().traceId === root.spanContext().traceId)
    const byId = new Map(tree.map((span) => [span.spanContext().spanId, span]))
    const pathOf = (span: ReadableSpan): string =>
      span.parentSpanContext === undefined ? span.name : `${pathOf(byId.get(span.parentSpanContext.spanId) as ReadableSpan)} > ${span.name}`
    const paths = tree.map(pathOf)
    const window = 'bid of a > clearing > a'
    for (const path of [
      'bid of a > clearing > burn: resource_burn',
      window,
      `${window} > economic.transfer > transfer: thanks`,
      `${window} > human.prompt > bid of a > clearing > attention slot`,
      `${window} > human.prompt > bid of a > human scores`,
      `${window} > human.prompt > bid of a > mint: reward`,
    ])
      expect(paths).toContain(path)
    expect(paths.filter((path) => path.endsWith('price update')).length).toBeGreaterThan(0)
    expect(tree.filter((span) => span.parentSpanContext === undefined)).toHaveLength(1)
    expect(figures).toMatchObject({ created: spans.length, dropped: 0, events_dropped: 0, exported: spans.length, waiting: 0 })
  })

  it('show what an event without a story of its own says', async () => {
    const { spans } = await runWindow()
    const shown = named(spans, 'executor registered').attributes['output.value']
    expect(JSON.parse(String(shown))).toMatchObject({ cpu_millicores: 1000, executor_id: 'x', memory_mb: 2048 })
  })

  it('name every event exactly once, and have no parent that is not there', async () => {
    const { events, spans } = await runWindow()
    const told = spans.flatMap((span) => span.attributes['syntropism.event_ids'] as string[])
    const kept = new Set(events.map((event) => event.event_id))
    expect(new Set(told)).toEqual(kept)
    const ids = new Set(spans.map((span) => span.spanContext().spanId))
    expect(ids.size).toBe(spans.length)
    for (const span of spans) if (span.parentSpanContext !== undefined) expect(ids, span.name).toContain(span.parentSpanContext.spanId)
  })

  it('speak OpenInference: kinds, session, user, tool, inputs and outputs', async () => {
    const { spans } = await runWindow()
    const window = named(spans, 'a')
    expect(window.attributes).toMatchObject({ 'agent.name': 'a', 'openinference.span.kind': 'AGENT', 'session.id': 'spans/a', 'user.id': 'ada' })
    expect(window.attributes['syntropism.reasoning_trace']).toContain('because it pays')
    expect(window.events.map((event) => event.name)).toEqual(['execution_started', 'reasoning_trace'])
    expect(window.status.code).toBe(2)
    const tool = named(spans, 'economic.transfer')
    expect(tool.attributes).toMatchObject({ 'input.mime_type': 'application/json', 'openinference.span.kind': 'TOOL', 'tool.name': 'economic.transfer' })
    const scores = named(spans, 'human scores')
    expect(kind(scores)).toBe('EVALUATOR')
    expect(scores.attributes).toMatchObject({ 'syntropism.scores.interesting': 7, 'syntropism.scores.understandable': 6, 'syntropism.scores.useful': 8 })
    expect(window.resource.attributes['openinference.project.name']).toBe('syntropism-spans')
  })

  it('mark what the tail sampler keeps: a refused payment, a crash', async () => {
    const { spans } = await runWindow()
    const interests = spans.map((span) => span.attributes['syntropism.interest']).filter((interest) => interest !== undefined)
    expect(interests).toEqual(expect.arrayContaining(['payment_required', 'crashed']))
  })

  it('hide inputs and outputs when told to', async () => {
    const text = ({ spans }: { spans: ReadableSpan[] }): string => JSON.stringify(spans.map((span) => [span.attributes, span.events]))
    const open = text(await runWindow())
    for (const word of ['private question', 'because it pays', 'secret output']) expect(open).toContain(word)
    rmSync(folder, { recursive: true })
    folder = mkdtempSync(join(tmpdir(), 'syntropism-traces-'))
    const hidden = text(await runWindow({ hide_inputs: true, hide_outputs: true }))
    for (const word of ['private question', 'because it pays', 'secret output']) expect(hidden).not.toContain(word)
  })

  it('follow the context that a program sends, and ignore one that is malformed', async () => {
    const caller = { span_id: 'c'.repeat(16), trace_id: 'd'.repeat(32) }
    const followed = await runWindow({}, { traceparent: `00-${caller.trace_id}-${caller.span_id}-01` })
    expect(named(followed.spans, 'economic.transfer')).toMatchObject({ parentSpanContext: { spanId: caller.span_id, traceId: caller.trace_id } })
    expect(named(followed.spans, 'economic.transfer').attributes['syntropism.foreign_parent']).toBe(true)
    rmSync(folder, { recursive: true })
    folder = mkdtempSync(join(tmpdir(), 'syntropism-traces-'))
    const ignored = await runWindow({}, { traceparent: 'zz-1-2-3' })
    expect(named(ignored.spans, 'economic.transfer').parentSpanContext?.spanId).toBe(named(ignored.spans, 'a').spanContext().spanId)
  })

  it('keep a trace whole or not at all when sampled, and make nothing while the queue is full', async () => {
    const none = await runWindow({ sample_ppm: 0 })
    expect(none.figures).toMatchObject({ created: 0, exported: 0 })
    rmSync(folder, { recursive: true })
    folder = mkdtempSync(join(tmpdir(), 'syntropism-traces-'))
    const full = await runWindow({ queue_max: 5 })
    expect(full.figures.created).toBe(full.figures.exported + full.figures.dropped)
    expect(full.figures.events_dropped).toBeGreaterThan(10)
  })
})
