import { traceIdsOf } from '@syntropism/contract'

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

export interface LogRecord {
  readonly at_ms: number
  readonly level: LogLevel
  readonly message: string
  /** Names and figures; errors are said by name and message. */
  readonly fields: Readonly<Record<string, unknown>>
  readonly trace_id: string
  readonly span_id: string
}

export interface LogOptions {
  readonly level: LogLevel
  readonly format: 'json' | 'text'
  /** Takes one line; standard error by default. */
  readonly write?: (line: string) => void
  readonly now?: () => number
}

const HIDDEN = '[hidden]'
const SECRET_NAME = /authorization|cookie|password|secret|token(?!s)|api_?key/i
/** Bearer tokens of this service, and keys in the form that model providers give them. */
const SECRET_VALUE = /\b(?:run|human|operator|observer|key)_[\w-]{24,}|\bsk-[\w-]{16,}|\bBearer\s+\S+/g

/** A field as it may be written down: secrets are hidden by the name they go under and by their form. */
function shown(name: string, value: unknown): unknown {
  if (SECRET_NAME.test(name)) return HIDDEN
  if (value instanceof Error) return `${value.name}: ${value.message}`.replace(SECRET_VALUE, HIDDEN)
  if (typeof value === 'string') return value.replace(SECRET_VALUE, HIDDEN)
  if (Array.isArray(value)) return value.map((one) => shown('', one))
  if (typeof value === 'object' && value !== null) return shownFields(value as Record<string, unknown>)
  return value
}

const shownFields = (fields: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, shown(name, value)]))

/** Structured log: one line a record, with the trace it belongs to, without secrets. */
export class Log {
  readonly #options: LogOptions
  readonly #listeners = new Set<(record: LogRecord) => void>()

  constructor(options: LogOptions) {
    this.#options = options
  }

  /** Hands every record that is written to a further place. */
  subscribe(listener: (record: LogRecord) => void): void {
    this.#listeners.add(listener)
  }

  debug(message: string, fields?: LogRecord['fields'], traceparent?: string): void {
    this.#write('debug', message, fields, traceparent)
  }

  info(message: string, fields?: LogRecord['fields'], traceparent?: string): void {
    this.#write('info', message, fields, traceparent)
  }

  warn(message: string, fields?: LogRecord['fields'], traceparent?: string): void {
    this.#write('warn', message, fields, traceparent)
  }

  error(message: string, fields?: LogRecord['fields'], traceparent?: string): void {
    this.#write('error', message, fields, traceparent)
  }

  #write(level: LogLevel, message: string, fields: LogRecord['fields'] = {}, traceparent = ''): void {
    const { format, level: least, now = Date.now, write = (line) => void process.stderr.write(`${line}\n`) } = this.#options
    if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(least)) return
    const ids = traceIdsOf(traceparent)
    const record: LogRecord = {
      at_ms: now(),
      fields: shownFields(fields),
      level,
      message: String(shown('', message)),
      span_id: ids?.span_id ?? '',
      trace_id: ids?.trace_id ?? '',
    }
    write(format === 'json' ? jsonOf(record) : textOf(record))
    for (const listener of this.#listeners) listener(record)
  }
}

const jsonOf = ({ at_ms, fields, level, message, span_id, trace_id }: LogRecord): string =>
  JSON.stringify({ timestamp: new Date(at_ms).toISOString(), level, message, ...(trace_id === '' ? {} : { span_id, trace_id }), ...fields })

function textOf({ fields, level, message, trace_id }: LogRecord): string {
  const pairs = Object.entries(fields).map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
  return [`syntropism: ${level === 'info' ? '' : `${level}: `}${message}`, ...pairs, ...(trace_id === '' ? [] : [`trace=${trace_id}`])].join(' ')
}
