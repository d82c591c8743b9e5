import { SeverityNumber, ROOT_CONTEXT, TraceFlags, trace } from '@opentelemetry/api'
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto'
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs'
import type { Log } from '../log/index.ts'
import { resourceOf } from './span-maker.ts'

const SEVERITY = { debug: SeverityNumber.DEBUG, error: SeverityNumber.ERROR, info: SeverityNumber.INFO, warn: SeverityNumber.WARN } as const

/** Sends what the log writes to an OTLP/HTTP receiver too, under the trace it belongs to. */
export function exportLog(log: Log, endpoint: string, economyId: string): { close(): Promise<void> } {
  const exporter = new OTLPLogExporter({ timeoutMillis: 5000, url: `${endpoint.replace(/\/$/, '')}/v1/logs` })
  const provider = new LoggerProvider({ processors: [new BatchLogRecordProcessor({ exporter })], resource: resourceOf(economyId) })
  const logger = provider.getLogger('syntropism')
  log.subscribe(({ at_ms, fields, level, message, span_id, trace_id }) => {
    const context = trace_id === '' ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, { spanId: span_id, traceFlags: TraceFlags.SAMPLED, traceId: trace_id })
    const attributes = Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [name, typeof value === 'string' ? value : (JSON.stringify(value) ?? '')]),
    )
    logger.emit({ attributes, body: message, context, severityNumber: SEVERITY[level], severityText: level.toUpperCase(), timestamp: at_ms })
  })
  return {
    // A receiver that is gone must not keep the economy from ending.
    close: () => provider.shutdown().catch(() => undefined),
  }
}
