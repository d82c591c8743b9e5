import type { EconomyEvent } from '@syntropism/contract'
import { type Msg, type MsgHdrs, headers } from '@nats-io/transport-node'

/** Version of the shape of what is published; it grows only with a change that a reader has to know. */
const SCHEMA_VERSION = '1'

export const HEADER = {
  cause: 'Syntropism-Cause-Id',
  correlation: 'Syntropism-Correlation-Id',
  expected_last: 'Nats-Expected-Last-Sequence',
  id: 'Nats-Msg-Id',
  schema: 'Syntropism-Schema',
  seq: 'Syntropism-Seq',
  traceparent: 'traceparent',
  tracestate: 'tracestate',
} as const

/** Headers of an event: id for the server's own deduplication, place in the journal, who caused it, and its trace. */
export function eventHeaders(event: EconomyEvent): MsgHdrs {
  const made = headers()
  made.set(HEADER.id, event.event_id)
  made.set(HEADER.expected_last, String(event.seq - 1))
  made.set(HEADER.schema, SCHEMA_VERSION)
  made.set(HEADER.seq, String(event.seq))
  if (event.cause_id !== '') made.set(HEADER.cause, encodeURIComponent(event.cause_id))
  if (event.correlation_id !== '') made.set(HEADER.correlation, encodeURIComponent(event.correlation_id))
  if (event.traceparent !== '') made.set(HEADER.traceparent, event.traceparent)
  return made
}

/** A header's value, or undefined when the message has none. */
export const headerOf = (message: Pick<Msg, 'headers'>, name: string): string | undefined => {
  const value = message.headers?.get(name)
  return value === undefined || value === '' ? undefined : value
}
