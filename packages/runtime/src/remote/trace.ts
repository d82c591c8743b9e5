import { randomBytes } from 'node:crypto'

/** One hop of a call from process to process, told when it is over. */
export interface Hop {
  readonly name: string
  /** Context that came with the call; null when this hop began the trace. */
  readonly parent: string | null
  /** Context that was sent on. */
  readonly traceparent: string
  readonly tracestate: string | null
  readonly started_at_ms: number
  readonly duration_ms: number
  readonly status: number
}

/** W3C Trace Context, version 00; other versions are read as far as this one goes. */
const TRACEPARENT = /^[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/

/** A context for one span under the given one, or under a trace of its own when there is none or it is malformed. */
export function childOf(traceparent: string | null | undefined): string {
  const parent = TRACEPARENT.exec(traceparent ?? '')
  const span = randomBytes(8).toString('hex')
  return parent === null ? `00-${randomBytes(16).toString('hex')}-${span}-01` : `00-${parent[1]}-${span}-${parent[3]}`
}
