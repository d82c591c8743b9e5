import { type ExportResult, ExportResultCode } from '@opentelemetry/core'
import type { ReadableSpan, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace'

export interface SpanQueueOptions {
  readonly exporter: SpanExporter
  /** Most spans that wait; what comes on top is dropped and counted. */
  readonly size_max: number
  readonly batch_max: number
  /** Rest between two looks at the queue, and after a failure the first rest; it doubles up to `retry_ms_max`. */
  readonly delay_ms: number
  readonly retry_ms_max: number
}

/**
 * Finished spans on their way out: a bounded queue that keeps a batch until its export has succeeded. The OpenTelemetry batch processor forgets a
 * batch whose export failed and does not count what it drops.
 */
export class SpanQueue implements SpanProcessor {
  readonly #options: SpanQueueOptions
  #waiting: ReadableSpan[] = []
  #timer: NodeJS.Timeout | null = null
  #running: Promise<void> | null = null
  #closed = false
  exported = 0
  dropped = 0
  failures = 0
  /** Failures since the last success. */
  #failedInARow = 0

  constructor(options: SpanQueueOptions) {
    this.#options = options
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /** Whether a further span would be dropped: then none need be made. */
  get full(): boolean {
    return this.#waiting.length >= this.#options.size_max
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    if (this.full || this.#closed) this.dropped += 1
    else {
      this.#waiting.push(span)
      this.#plan(this.#options.delay_ms)
    }
  }

  #plan(delayMs: number): void {
    if (this.#timer !== null || this.#running !== null || this.#closed) return
    this.#timer = setTimeout(() => {
      this.#timer = null
      this.#running = this.#drain().finally(() => {
        this.#running = null
        if (this.#waiting.length > 0) this.#plan(this.#rest())
      })
    }, delayMs)
    this.#timer.unref()
  }

  #rest(): number {
    const { delay_ms, retry_ms_max } = this.#options
    return this.#failedInARow === 0 ? delay_ms : Math.min(retry_ms_max, delay_ms * 2 ** this.#failedInARow)
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, this.#options.batch_max)
      if (!(await this.#export(batch))) return
      this.#waiting = this.#waiting.slice(batch.length)
    }
  }

  async #export(batch: ReadableSpan[]): Promise<boolean> {
    const result = await new Promise<ExportResult>((done) => this.#options.exporter.export(batch, done))
    if (result.code === ExportResultCode.SUCCESS) {
      this.exported += batch.length
      this.#failedInARow = 0
      return true
    }
    this.failures += 1
    this.#failedInARow += 1
    return false
  }

  /** Exports what waits, once; what cannot be exported stays. */
  async forceFlush(): Promise<void> {
    await this.#running
    await this.#drain()
  }

  /** Exports what waits, once; what cannot be exported is dropped and counted. */
  async shutdown(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer)
    await this.forceFlush()
    this.#closed = true
    this.dropped += this.#waiting.length
    this.#waiting = []
    await this.#options.exporter.shutdown()
  }
}
