import { closeSync, openSync, writeSync } from 'node:fs'
import { type ExportResult, ExportResultCode } from '@opentelemetry/core'
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer'
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace'

/** Spans as lines of OTLP JSON, the form in which the Collector's file exporter writes them too. */
export class FileExporter implements SpanExporter {
  readonly #file: number

  constructor(path: string) {
    this.#file = openSync(path, 'a', 0o600)
  }

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    try {
      const bytes = JsonTraceSerializer.serializeRequest(spans)
      if (bytes !== undefined) writeSync(this.#file, `${Buffer.from(bytes).toString('utf8')}\n`)
      done({ code: ExportResultCode.SUCCESS })
    } catch (error) {
      done({ code: ExportResultCode.FAILED, error: error instanceof Error ? error : new Error(String(error)) })
    }
  }

  async shutdown(): Promise<void> {
    closeSync(this.#file)
  }
}
