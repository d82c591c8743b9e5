import type { Command } from '@syntropism/contract'
import { fingerprint53 } from '../codec/index.ts'
import type { State } from './state.ts'

/**
 * W3C trace context inside the economy. Contexts are texts `00-<trace id>-<span id>-<flags>`; '' says that nobody traces, and then none is made.
 * A command brings the context of its caller. What outlives a command (bid, window, invocation, prompt) has a context of its own, derived from
 * the economy's and its own id: re-execution gives the same one, and no two things share one.
 */
const SPAN_AT = 36
const FLAGS_AT = 52

type Named = Pick<State, 'event_id_prefix'>
/** 14 hexadecimal digits for a key: unique enough within one economy, and cheap, since every bid and window takes one. */
const digitsOf = (state: Named, key: string): string => fingerprint53(`${state.event_id_prefix}${key}`).toString(16).padStart(14, '0')

/** Context of the thing named `key`, in the same trace as `parent`. The state is asked for the economy's event id prefix only. */
export const childTrace = (state: Named, parent: string, key: string): string =>
  parent === '' ? '' : `${parent.slice(0, SPAN_AT)}5e${digitsOf(state, key)}${parent.slice(FLAGS_AT)}`

/** Context of the thing named `key`, at the root of a trace of its own: 18 digits of the economy's hash, then 14 of the key's. */
export function rootTrace(state: Named, cause: string, key: string): string {
  if (cause === '') return ''
  const digits = digitsOf(state, key)
  return `00-${state.event_id_prefix.replaceAll('-', '').padEnd(18, '0').slice(0, 18)}${digits}-5e${digits}${cause.slice(FLAGS_AT)}`
}

/** Whether two contexts belong to one trace. */
export const sameTrace = (one: string, other: string): boolean => one.slice(0, SPAN_AT) === other.slice(0, SPAN_AT)

/** Whether a bid goes on in its caller's trace: when that is not the caller's own window, whose trace would otherwise grow by every window after it. */
export function continuesCaller(state: State, command: Command): boolean {
  if (command.type !== 'place_bid' || command.traceparent === undefined) return false
  const window = command.lease_id === undefined ? undefined : state.leases.get(command.lease_id)
  return window === undefined || !sameTrace(window.traceparent, command.traceparent)
}
