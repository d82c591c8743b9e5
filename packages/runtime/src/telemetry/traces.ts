import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import type { SpanExporter } from '@opentelemetry/sdk-trace'
import type { EconomyEvent } from '@syntropism/contract'
import type { Bus, Tracing } from '../ports/index.ts'
import { Contexts } from './contexts.ts'
import { FileExporter } from './file-exporter.ts'
import { SpanBook } from './span-book.ts'
import { SpanMaker } from './span-maker.ts'
import { SpanQueue } from './span-queue.ts'
import { tellEvent } from './stories.ts'

export interface TraceOptions {
  /** Base address of an OTLP/HTTP receiver, a file for OTLP JSON lines, or an exporter made elsewhere. */
  readonly to: { readonly endpoint: string } | { readonly file: string } | { readonly exporter: SpanExporter }
  readonly operator: string
  readonly hide_inputs: boolean
  readonly hide_outputs: boolean
  readonly queue_max: number
  readonly sample_ppm: number
  /** Told of an event that could not be told as a span: a fault here, which stops nothing. */
  onError(error: unknown): void
}

/** What became of the spans. `events_dropped` counts events for which none was made because the queue was full. */
export interface TraceFigures {
  readonly created: number
  readonly exported: number
  readonly dropped: number
  readonly events_dropped: number
  readonly waiting: number
  readonly export_failures: number
}

const BATCH_MAX = 512
const DELAY_MS = 500
const RETRY_MS_MAX = 8000
const EXPORT_TIMEOUT_MS = 5000

const exporterOf = (to: TraceOptions['to']): SpanExporter =>
  'exporter' in to
    ? to.exporter
    : 'file' in to
      ? new FileExporter(to.file)
      : new OTLPTraceExporter({ timeoutMillis: EXPORT_TIMEOUT_MS, url: `${to.endpoint.replace(/\/$/, '')}/v1/traces` })

/** The economy's events as traces. */
export class Traces {
  readonly #options: TraceOptions
  readonly #contexts = new Contexts()
  readonly #queue: SpanQueue
  #book: SpanBook | null = null
  #maker: SpanMaker | null = null
  #lastMs = 0
  #backlog: EconomyEvent[] = []
  #skipping = false
  #eventsSkipped = 0

  constructor(options: TraceOptions) {
    this.#options = options
    this.#queue = new SpanQueue({
      batch_max: BATCH_MAX,
      delay_ms: DELAY_MS,
      exporter: exporterOf(options.to),
      retry_ms_max: RETRY_MS_MAX,
      size_max: options.queue_max,
    })
  }

  get tracing(): Tracing {
    return this.#contexts
  }

  /**
   * Tells every event of the bus from now on. An economy that is new says its id in its first event. `begun` are earlier events whose stories
   * a process took with it that had no time to tell them.
   */
  follow(bus: Bus, economyId: string, begun: readonly EconomyEvent[] = []): void {
    if (economyId !== '') this.#open(economyId)
    for (const event of begun) this.#onEvent(event)
    bus.subscribe((event) => this.#onEvent(event))
  }

  #open(economyId: string): void {
    const { hide_inputs, hide_outputs, operator, sample_ppm } = this.#options
    this.#maker = new SpanMaker({ economy_id: economyId, hide_inputs, hide_outputs, operator, processor: this.#queue })
    this.#book = new SpanBook({ contexts: this.#contexts, isFull: () => this.#queue.full, maker: this.#maker, sample_ppm })
  }

  /** Takes an event; its spans are made after the callers of this turn have their answers. */
  #onEvent(event: EconomyEvent): void {
    if (this.#queue.full) this.#skip()
    else this.#keep(event)
  }

  /** Nothing is made while there is no room: stories that are under way are given up, and events are counted. */
  #skip(): void {
    this.#eventsSkipped += 1
    if (this.#skipping) return
    this.#skipping = true
    this.#backlog = []
    this.#book?.abandon()
  }

  #keep(event: EconomyEvent): void {
    this.#skipping = false
    if (this.#backlog.length === 0) setImmediate(() => this.#catchUp())
    this.#backlog.push(event)
  }

  #catchUp(): void {
    const events = this.#backlog
    this.#backlog = []
    for (const event of events) {
      this.#lastMs = event.at_ms
      try {
        if (event.type === 'economy_created') this.#open(event.data.economy_id)
        if (this.#book !== null) tellEvent(this.#book, event)
      } catch (error) {
        this.#options.onError(error)
      }
    }
  }

  figures(): TraceFigures {
    return {
      created: this.#maker?.created ?? 0,
      dropped: this.#queue.dropped,
      events_dropped: this.#eventsSkipped + (this.#book?.dropped ?? 0),
      export_failures: this.#queue.failures,
      exported: this.#queue.exported,
      waiting: this.#queue.waiting,
    }
  }

  /** Tells what is unfinished and exports what waits, once. */
  async close(): Promise<void> {
    this.#catchUp()
    this.#book?.close(this.#lastMs)
    await this.#queue.shutdown()
  }
}
