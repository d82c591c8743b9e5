import { type EconomyEvent, traceIdsOf } from '@syntropism/contract'

/** A stored span, as far as completeness needs it. */
export interface StoredSpan {
  readonly trace_id: string
  readonly span_id: string
  readonly parent_id: string | null
  readonly name: string
  /** Events that it tells of; null for a span that is not the economy's own. */
  readonly event_ids: readonly string[] | null
  /** Whether its parent is kept by somebody else. */
  readonly foreign_parent: boolean
}

/** What a walk over a run's journal and its spans found. All lists are empty in a complete run. */
export interface TraceCheck {
  readonly events: number
  readonly spans: number
  readonly traces: number
  /** Spans stored more than once under one id. */
  readonly repeated: number
  /** Events of traces of which nothing is stored; counted apart when the traces were sampled. */
  readonly events_not_sampled: number
  /** Events that name no trace. */
  readonly events_untraced: readonly string[]
  readonly events_without_span: readonly string[]
  readonly spans_without_event: readonly string[]
  /** Spans whose parent is not stored. */
  readonly orphans: readonly string[]
  /** Traces with more than one root. */
  readonly split_traces: readonly string[]
}

const nameOf = (span: StoredSpan): string => `${span.trace_id}/${span.span_id} ${span.name}`

/** Compares the events of a journal with the spans that tell of them. With `sampled`, a trace may be missing as a whole. */
export async function checkTraces(
  events: AsyncIterable<EconomyEvent> | Iterable<EconomyEvent>,
  stored: Iterable<StoredSpan>,
  sampled: boolean,
): Promise<TraceCheck> {
  const spans = new Map<string, StoredSpan>()
  let count = 0
  for (const span of stored) {
    count += 1
    spans.set(span.span_id, span)
  }
  const told = new Set<string>()
  const roots = new Map<string, number>()
  const orphans: string[] = []
  for (const span of spans.values()) {
    for (const id of span.event_ids ?? []) told.add(id)
    const isRoot = span.parent_id === null || span.foreign_parent
    if (!isRoot && !spans.has(span.parent_id as string)) orphans.push(nameOf(span))
    roots.set(span.trace_id, (roots.get(span.trace_id) ?? 0) + (isRoot && !span.foreign_parent ? 1 : 0))
  }
  const known = new Set<string>()
  const untraced: string[] = []
  const withoutSpan: string[] = []
  let notSampled = 0
  for await (const event of events) {
    known.add(event.event_id)
    const ids = traceIdsOf(event.traceparent)
    const line = `${event.seq} ${event.type} ${event.event_id}`
    if (ids === null) untraced.push(line)
    else if (!told.has(event.event_id)) {
      if (sampled && !roots.has(ids.trace_id)) notSampled += 1
      else withoutSpan.push(line)
    }
  }
  const withoutEvent = [...spans.values()].filter(({ event_ids: ids }) => ids !== null && (ids.length === 0 || ids.some((id) => !known.has(id))))
  return {
    events: known.size,
    events_not_sampled: notSampled,
    events_untraced: untraced,
    events_without_span: withoutSpan,
    orphans,
    repeated: count - spans.size,
    spans: spans.size,
    spans_without_event: withoutEvent.map(nameOf),
    split_traces: [...roots].filter(([, number]) => number > 1).map(([trace, number]) => `${trace}: ${number} roots`),
    traces: roots.size,
  }
}
