import { type EconomyEvent, type TraceIds, traceIdsOf } from '@syntropism/contract'
import type { Contexts } from './contexts.ts'
import { Recent } from '../recent/index.ts'
import { Kind, type OpenSpan, type SpanMaker } from './span-maker.ts'

export interface SpanBookOptions {
  readonly contexts: Contexts
  readonly maker: SpanMaker
  /** Part of the traces that is kept, in parts per million; the trace id decides, so a trace is kept whole or not at all. */
  readonly sample_ppm: number
  /** Whether a span would be dropped on arrival: then none is made. */
  isFull(): boolean
}

/** Spans whose story is not over: bids in the book, running windows, calls under way. */
const OPEN_MAX = 50_000
/** Where the last eight digits of the trace id begin in a `traceparent`. */
const LAST_DIGITS_AT = 27

/** The spans that committed events tell. Trace ids come from the events, so that nothing but the unfinished has to be remembered. */
export class SpanBook {
  readonly #options: SpanBookOptions
  readonly #open = new Recent<OpenSpan>(OPEN_MAX)
  /** Span id of an agent's open window. */
  readonly #windows = new Recent<string>(OPEN_MAX)
  readonly #parts = new Recent<TraceIds[]>(64)
  /** Events for which no span was made because the queue was full. */
  dropped = 0
  unsampled = 0

  constructor(options: SpanBookOptions) {
    this.#options = options
  }

  /** Place of an event that is to be told; null, and counted where that is a loss, when it is not. */
  admit(event: EconomyEvent): TraceIds | null {
    if (!this.#isSampled(event.traceparent)) {
      this.unsampled += 1
      return null
    }
    const ids = traceIdsOf(event.traceparent)
    if (ids === null || !this.#options.isFull()) return ids
    this.dropped += 1
    return null
  }

  #isSampled(traceparent: string): boolean {
    const { sample_ppm: ppm } = this.#options
    return ppm >= 1_000_000 || (Number.parseInt(traceparent.slice(LAST_DIGITS_AT, LAST_DIGITS_AT + 8), 16) / 2 ** 32) * 1_000_000 < ppm
  }

  get contexts(): Contexts {
    return this.#options.contexts
  }

  /** A span that an event begins. */
  begin(event: EconomyEvent, at: { readonly ids: TraceIds; readonly parent: string | null }, kind: Kind, name: string): OpenSpan {
    return {
      agent_id: event.agent_id,
      attributes: {},
      error: null,
      event_ids: [event.event_id],
      ids: at.ids,
      kind,
      links: [],
      name,
      notes: [],
      parent: at.parent,
      start_ms: event.at_ms,
    }
  }

  /** Keeps a span until it is ended under its own span id. */
  keep(span: OpenSpan): OpenSpan {
    this.#open.set(span.ids.span_id, span)
    return span
  }

  /** Ends the unfinished span with this id with the event that ended it; false when none is known. */
  end(spanId: string, event: EconomyEvent, change: (span: OpenSpan) => void = () => undefined): boolean {
    const span = this.#open.take(spanId)
    if (span === undefined) return false
    span.event_ids.push(event.event_id)
    change(span)
    this.#options.maker.make(span, event.at_ms)
    return true
  }

  /** What a prompt asks, remembered for its judgement. */
  readonly prompts = new Recent<unknown>(4096)

  /** A span that is over as soon as it is told. */
  point(event: EconomyEvent, span: OpenSpan): void {
    this.#options.maker.make(span, event.at_ms)
  }

  /** Where a span below the event's context stands: at the root when that context was begun here and has no span yet. */
  below(event: EconomyEvent, ids: TraceIds): { ids: TraceIds; parent: string | null; foreign: boolean } {
    if (this.contexts.claimRoot(ids.span_id, ids.span_id)) return { foreign: false, ids, parent: null }
    return {
      foreign: this.contexts.isForeign(ids.span_id),
      ids: { span_id: event.event_id.replaceAll('-', '').slice(-16), trace_id: ids.trace_id },
      parent: this.contexts.holderOf(ids.span_id),
    }
  }

  /** One event as a span of its own, named by what happened unless a name is given. */
  tell(event: EconomyEvent, ids: TraceIds, change: (span: OpenSpan) => void = () => undefined, kind: Kind = Kind.CHAIN, name?: string): void {
    const place = this.below(event, ids)
    const span = this.begin(event, place, kind, name ?? event.type.replaceAll('_', ' '))
    span.attributes['syntropism.event_type'] = event.type
    if (place.foreign) span.attributes['syntropism.foreign_parent'] = true
    change(span)
    this.point(event, span)
  }

  /** Writes an event onto an unfinished span; false when none is known. */
  note(spanId: string | undefined, event: EconomyEvent, attributes: Readonly<Record<string, string>> = {}): boolean {
    const span = spanId === undefined ? undefined : this.#open.get(spanId)
    if (span === undefined) return false
    span.event_ids.push(event.event_id)
    span.notes.push({ at_ms: event.at_ms, attributes: { 'syntropism.event_id': event.event_id, ...attributes }, name: event.type })
    return true
  }

  /** Changes the unfinished span with this id, if it is known. */
  change(spanId: string | undefined, change: (span: OpenSpan) => void): void {
    const span = spanId === undefined ? undefined : this.#open.get(spanId)
    if (span !== undefined) change(span)
  }

  /** Remembers where a clearing stands in a winner's tree. */
  addPart(clearingId: string, ids: TraceIds): void {
    const parts = this.#parts.get(clearingId)
    if (parts === undefined) this.#parts.set(clearingId, [ids])
    else parts.push(ids)
  }

  partsOf(clearingId: string): readonly TraceIds[] {
    return this.#parts.take(clearingId) ?? []
  }

  openWindow(agentId: string, spanId: string): void {
    this.#windows.set(agentId, spanId)
  }

  windowOf(agentId: string): string | undefined {
    return this.#windows.get(agentId)
  }

  /** Gives up what is not over yet: how it ends will not be heard. */
  abandon(): void {
    for (const span of this.#open.values()) this.dropped += span.event_ids.length
    this.#open.clear()
  }

  /** Tells what is not over yet: the process ends, its journal goes on. */
  close(atMs: number): void {
    for (const span of this.#open.values()) {
      span.attributes['syntropism.unfinished'] = true
      this.#options.maker.make(span, atMs)
    }
    this.#open.clear()
  }
}
