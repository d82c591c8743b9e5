import type { LlmUsage } from '@syntropism/contract'
import type { Api, Body } from './bounds.ts'
import type { Cancellation } from './cancellation.ts'
import type { Flow } from './relay.ts'

/** Who calls: an agent in its window, or a key. */
export type Caller = { readonly agent_id: string; readonly lease_id: string } | { readonly key_id: string }

export interface GatewayCall {
  readonly api: Api
  readonly body: Body
  readonly caller: Caller
  /** Cancelled when the caller hangs up. */
  readonly gone: Cancellation
  /** W3C context of whoever calls; empty without one. */
  readonly traceparent: string
}

export interface GatewayAnswer {
  readonly status: number
  readonly content_type: string
  readonly call_id: string
  readonly body: string | Flow
}

/** What an observer (a tracer) is told of one upstream call. */
export interface ObservedCall {
  readonly api: Api
  readonly call_id: string
  readonly caller: Caller
  readonly model: string
  readonly upstream_id: string
  /** As the caller made it. */
  readonly request: Body
}
export type Observe = (call: ObservedCall) => { ended(finish: string, usage: LlmUsage | null, answer: string | null): void }
