import { OITracer } from '@arizeai/openinference-core'
import { MimeType, OpenInferenceSpanKind, SemanticConventions as S } from '@arizeai/openinference-semantic-conventions'
import { type Attributes, ROOT_CONTEXT, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api'
import type { TraceIds } from '@syntropism/contract'
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources'
import { type IdGenerator, type SpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'

export { OpenInferenceSpanKind as Kind } from '@arizeai/openinference-semantic-conventions'

/** One span of the economy while its story is not over. Its ids are those that the events name. */
export interface OpenSpan {
  readonly ids: TraceIds
  /** Span id of the parent, null at the root of a trace. */
  readonly parent: string | null
  readonly kind: OpenInferenceSpanKind
  readonly name: string
  readonly agent_id: string
  readonly start_ms: number
  /** Events that it tells of. */
  readonly event_ids: string[]
  readonly links: TraceIds[]
  readonly attributes: Attributes
  readonly notes: { readonly name: string; readonly at_ms: number; readonly attributes: Readonly<Record<string, string>> }[]
  error: string | null
}

export interface SpanMakerOptions {
  readonly economy_id: string
  readonly operator: string
  readonly hide_inputs: boolean
  readonly hide_outputs: boolean
  readonly processor: SpanProcessor
}

/** Hands out the ids that were set, so that a span has the id that its event names. */
class GivenIds implements IdGenerator {
  next: TraceIds = { span_id: '', trace_id: '' }
  generateTraceId = (): string => this.next.trace_id
  generateSpanId = (): string => this.next.span_id
}

/** Who speaks, for every signal. Phoenix groups by the project, which is one economy. */
export const resourceOf = (economyId: string): Resource =>
  resourceFromAttributes({ 'openinference.project.name': `syntropism-${economyId}`, 'service.name': 'syntropism', 'syntropism.economy_id': economyId })

const HOUSE_INPUTS: readonly string[] = [S.TOOL_PARAMETERS]
const HOUSE_OUTPUTS: readonly string[] = ['code_change_applied', 'code_change_proposed', 'decision', 'detail', 'reasoning_trace', 'reflection'].map(
  (name) => `syntropism.${name}`,
)
const TEXT_MAX = 16_384
/** Text of a value, at most 16 384 characters of it. */
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, TEXT_MAX)

/** What went in, or came out, in the words of OpenInference. */
export const inputOf = (value: unknown): Attributes => ({ [S.INPUT_MIME_TYPE]: mimeOf(value), [S.INPUT_VALUE]: textOf(value) })
export const outputOf = (value: unknown): Attributes => ({ [S.OUTPUT_MIME_TYPE]: mimeOf(value), [S.OUTPUT_VALUE]: textOf(value) })
const mimeOf = (value: unknown): MimeType => (typeof value === 'string' ? MimeType.TEXT : MimeType.JSON)

/** Turns finished stories into OpenTelemetry spans with OpenInference attributes; hides inputs and outputs when told to. */
export class SpanMaker {
  readonly #ids = new GivenIds()
  readonly #tracer: OITracer
  readonly #options: SpanMakerOptions
  readonly provider: TracerProvider
  created = 0

  constructor(options: SpanMakerOptions) {
    this.#options = options
    this.provider = new TracerProvider({
      idGenerator: this.#ids,
      resource: resourceOf(options.economy_id),
      spanLimits: { attributeCountLimit: 256, eventCountLimit: 512, linkCountLimit: 512 },
      spanProcessors: [options.processor],
    })
    this.#tracer = new OITracer({
      traceConfig: { hideInputs: options.hide_inputs, hideOutputs: options.hide_outputs },
      tracer: this.provider.getTracer('syntropism'),
    })
  }

  /** Session of an agent's life, unique among all economies. */
  sessionOf(agentId: string): string {
    return `${this.#options.economy_id}/${agentId}`
  }

  /** OpenInference's own attributes are hidden by its tracer; these are the house's. */
  #shown(attributes: Attributes): Attributes {
    const { hide_inputs, hide_outputs } = this.#options
    const hidden = [...(hide_inputs ? HOUSE_INPUTS : []), ...(hide_outputs ? HOUSE_OUTPUTS : [])]
    return hidden.length === 0 ? attributes : Object.fromEntries(Object.entries(attributes).filter(([key]) => !hidden.includes(key)))
  }

  make(open: OpenSpan, endMs: number): void {
    const { agent_id: agentId, ids } = open
    const context =
      open.parent === null
        ? ROOT_CONTEXT
        : trace.setSpanContext(ROOT_CONTEXT, { isRemote: true, spanId: open.parent, traceFlags: TraceFlags.SAMPLED, traceId: ids.trace_id })
    this.#ids.next = ids
    const span = this.#tracer.startSpan(
      open.name,
      {
        attributes: {
          [S.OPENINFERENCE_SPAN_KIND]: open.kind,
          [S.USER_ID]: this.#options.operator,
          ...(agentId === '' ? {} : { [S.AGENT_NAME]: agentId, [S.SESSION_ID]: this.sessionOf(agentId) }),
          'syntropism.event_ids': open.event_ids,
          ...this.#shown(open.attributes),
        },
        links: open.links.map((link) => ({ context: { spanId: link.span_id, traceFlags: TraceFlags.SAMPLED, traceId: link.trace_id } })),
        startTime: open.start_ms,
      },
      context,
    )
    for (const note of open.notes) span.addEvent(note.name, this.#options.hide_outputs ? {} : note.attributes, note.at_ms)
    // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- the API declares the enum once for each module form, with equal values
    span.setStatus(open.error === null ? { code: SpanStatusCode.OK } : { code: SpanStatusCode.ERROR, message: open.error })
    span.end(Math.max(open.start_ms, endMs))
    this.created += 1
  }
}
