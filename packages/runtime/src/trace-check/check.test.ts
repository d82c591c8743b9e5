import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EconomyEvent } from '@syntropism/contract'
import { expect, it } from 'vitest'
import { type StoredSpan, SpansUnreadable, checkTraces, readSpansFile } from './index.ts'

const TRACE = 'a'.repeat(32)
const event = (seq: number, trace = TRACE): EconomyEvent =>
  ({ event_id: `e${seq}`, seq, traceparent: trace === '' ? '' : `00-${trace}-${'b'.repeat(16)}-01`, type: 'agent_died' }) as unknown as EconomyEvent
const span = (id: string, event_ids: readonly string[] | null, more: Partial<StoredSpan> = {}): StoredSpan => ({
  event_ids,
  foreign_parent: false,
  name: id,
  parent_id: null,
  span_id: id,
  trace_id: TRACE,
  ...more,
})
const NOTHING = { events_not_sampled: 0, events_untraced: [], events_without_span: [], orphans: [], spans_without_event: [], split_traces: [] }

it('a run whose every event is told and whose every parent is stored is complete', async () => {
  const spans = [
    span('s1', ['e1']),
    span('s2', ['e2', 'e3'], { parent_id: 's1' }),
    span('s3', null, { foreign_parent: true, parent_id: 'elsewhere' }),
    span('s1', ['e1']),
  ]
  expect(await checkTraces([event(1), event(2), event(3)], spans, false)).toMatchObject({ ...NOTHING, events: 3, repeated: 1, spans: 3, traces: 1 })
})

it('finds an event that names no trace, one without span, a span without event, an orphan and a second root', async () => {
  const spans = [span('s1', ['e1']), span('s2', ['e9'], { parent_id: 's1' }), span('s3', [], { parent_id: 'gone' }), span('s4', ['e1'])]
  expect(await checkTraces([event(1), event(2), event(3, '')], spans, false)).toMatchObject({
    events_untraced: ['3 agent_died e3'],
    events_without_span: ['2 agent_died e2'],
    orphans: [`${TRACE}/s3 s3`],
    spans_without_event: [`${TRACE}/s2 s2`, `${TRACE}/s3 s3`],
    split_traces: [`${TRACE}: 2 roots`],
  })
})

it('lets a sampled trace be missing as a whole, but not in part', async () => {
  const other = 'c'.repeat(32)
  const check = await checkTraces([event(1), event(2), event(3, other)], [span('s1', ['e1'])], true)
  expect(check).toMatchObject({ events_not_sampled: 1, events_without_span: ['2 agent_died e2'] })
})

it('reads OTLP JSON lines, and says which line is none', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'syntropism-check-'))
  const path = join(folder, 'spans.jsonl')
  const attributes = [{ key: 'syntropism.event_ids', value: { arrayValue: { values: [{ stringValue: 'e1' }] } } }]
  const line = { resourceSpans: [{ scopeSpans: [{ spans: [{ attributes, name: 'n', parentSpanId: '', spanId: 's1', traceId: TRACE }] }] }] }
  writeFileSync(path, `${JSON.stringify(line)}\n\n`)
  expect(await readSpansFile(path)).toEqual([span('s1', ['e1'], { name: 'n' })])
  writeFileSync(path, '{"logs":1}\n')
  await expect(readSpansFile(path)).rejects.toThrow(SpansUnreadable)
  await expect(readSpansFile(path)).rejects.toThrow('line 1')
  rmSync(folder, { recursive: true })
})
