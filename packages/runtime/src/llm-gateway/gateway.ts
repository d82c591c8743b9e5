import type { EconomyEvent, LlmPrice, LlmUsage } from '@syntropism/contract'
import { BrokenCircuitError } from 'cockatiel'
import type { LlmConfig, ModelConfig, UpstreamConfig } from '../config/index.ts'
import { type Host, HostStopped } from '../host/index.ts'
import type { Bus } from '../ports/index.ts'
import { type Api, type Body, type Bounded, boundRequest } from './bounds.ts'
import { type Attempts, type Transport, type UpstreamAnswer, UpstreamFailure } from './guard.ts'
import { priceOf } from './prices.ts'
import { Recordings, requestHash } from './recording.ts'
import { GatewayRefusal } from './refusal.ts'
import { readWhole, relayStream } from './relay.ts'
import { openUpstream } from './upstream.ts'
import { usageIn } from './usage.ts'

/** Who calls: an agent in its window, or a key. */
export type Caller = { readonly agent_id: string; readonly lease_id: string } | { readonly key_id: string }

export interface GatewayCall {
  readonly api: Api
  readonly body: Body
  readonly caller: Caller
  /** Aborted when the caller hangs up. */
  readonly signal: AbortSignal
}

export interface GatewayAnswer {
  readonly status: number
  readonly content_type: string
  readonly call_id: string
  readonly body: string | ReadableStream<Uint8Array>
}

/** What an observer (a tracer) is told of one upstream call. */
export interface ObservedCall {
  readonly api: Api
  readonly call_id: string
  readonly caller: Caller
  readonly model: string
  readonly upstream_id: string
  readonly request: Body
}
export type Observe = (call: ObservedCall) => { ended(finish: string, usage: LlmUsage | null, answer: string | null): void }

export interface GatewayOptions {
  readonly config: LlmConfig
  readonly host: Host
  readonly bus: Bus
  readonly environment: NodeJS.ProcessEnv
  readonly recordings_dir: string
  /** Where embedded models lie when their upstream names no folder. */
  readonly models_dir: string
  readonly observe?: Observe
  /** What an operator must look at. */
  alarm(text: string): void
  onError(error: unknown): void
}

/** A refusal of the economy, for the service to answer with. */
export class CallRefused extends Error {
  override readonly name = 'CallRefused'
  readonly code: string
  readonly figures: Readonly<Record<string, string | number | boolean | null>>
  constructor(code: string, figures: CallRefused['figures']) {
    super(code)
    this.code = code
    this.figures = figures
  }
}

/** One upstream as an operator sees it; the counts start with the process. */
export interface UpstreamFigures extends Readonly<Attempts> {
  readonly upstream_id: string
  readonly kind: UpstreamConfig['kind']
  readonly circuit: 'open' | 'closed'
  /** Call whose usage passed its bound and took the upstream out of rotation, or null. */
  readonly tripped_by: string | null
}

interface Target {
  readonly upstream: UpstreamConfig
  readonly transport: Transport
  readonly upstream_model: string
  readonly price: LlmPrice
  readonly prompt_tokens_max: number
}

interface Admitted {
  readonly call_id: string
  readonly abort: AbortController
  settle(finish: 'completed' | 'cancelled' | 'failed', usage: LlmUsage | null, answer: string | null): void
}

/** Whether an error is the upstream's own, so that the next one may be asked. */
const leavesOthers = (error: unknown): boolean =>
  error instanceof UpstreamFailure ||
  error instanceof BrokenCircuitError ||
  (error instanceof CallRefused && error.code === 'llm_upstream_tripped') ||
  (error instanceof GatewayRefusal && error.code === 'llm_model_not_installed')

/** Tokens that Anthropic's own instructions for tools and formats may add to a prompt. */
const ANTHROPIC_OVERHEAD = 1024
const FREE: LlmUsage = { cache_read_tokens: 0, cache_write_tokens: 0, image_input_tokens: 0, input_tokens: 0, output_tokens: 0, reasoning_tokens: 0 }

/** Scarce intelligence: every call is admitted with its worst case, sent, and settled with what it cost. */
export class Gateway {
  readonly #options: GatewayOptions
  readonly #upstreams: ReadonlyMap<string, { readonly config: UpstreamConfig; readonly transport: Transport }>
  readonly #recordings: Recordings | null
  /** Calls of each lease, to be cancelled at its end. */
  readonly #byLease = new Map<string, Set<AbortController>>()
  readonly #unsubscribe: () => void

  constructor(options: GatewayOptions) {
    this.#options = options
    const { config, environment } = options
    this.#recordings = config.recording === 'off' ? null : new Recordings(options.recordings_dir)
    this.#upstreams = new Map(
      config.upstreams.map((one) => {
        const apiKey = one.api_key_env === undefined ? null : (environment[one.api_key_env] ?? null)
        const transport =
          config.recording === 'replay' && this.#recordings !== null ? this.#recordings.transport() : openUpstream(one, apiKey, options.models_dir)
        return [one.id, { config: one, transport }]
      }),
    )
    this.#unsubscribe = options.bus.subscribe((event) => this.#onEvent(event))
  }

  /** Settles with their bound the calls that a former process left open. */
  async start(): Promise<void> {
    for (const call of [...this.#options.host.state.llm.calls.values()])
      if (call.status === 'open')
        await this.#options.host.submit({ call_id: call.call_id, finish: 'failed', owner: 'gateway', type: 'settle_llm_call', usage: null })
  }

  get models(): readonly string[] {
    return Object.keys(this.#options.config.models)
  }

  /** Every upstream: what became of the attempts at it, and whether it is asked now. */
  get upstreams(): readonly UpstreamFigures[] {
    return [...this.#upstreams].map(([id, { config, transport }]) => ({
      ...transport.attempts,
      circuit: transport.is_open ? 'open' : 'closed',
      kind: config.kind,
      tripped_by: this.#options.host.state.llm.tripped.get(id) ?? null,
      upstream_id: id,
    }))
  }

  #onEvent(event: EconomyEvent): void {
    if (event.type === 'execution_terminated') for (const abort of this.#byLease.get(event.data.execution_id) ?? []) abort.abort()
    if (event.type === 'llm_upstream_tripped')
      this.#options.alarm(
        `upstream ${event.data.upstream_id} passed the bound of ${event.data.call_id} by ${event.data.overrun_micro_usd} micro-dollars and is out of rotation`,
      )
  }

  /** Carries out one call. Throws GatewayRefusal, CallRefused or HostStopped. */
  async call(call: GatewayCall): Promise<GatewayAnswer> {
    const name = String(call.body.model)
    const model = this.#options.config.models[name]
    if (model === undefined) throw new GatewayRefusal('llm_model_unknown', { model: name.slice(0, 128) })
    const bounded = boundRequest(call.api, call.body, model)
    let last: unknown = null
    for (const target of this.#targetsOf(name, model, bounded)) {
      try {
        return await this.#callAt(target, name, bounded, call)
      } catch (error) {
        if (!leavesOthers(error)) throw error
        last = error
      }
    }
    if (last instanceof UpstreamFailure)
      throw new GatewayRefusal(last.is_timeout ? 'llm_upstream_timeout' : 'llm_upstream_failed', {
        reason: last.message.slice(0, 500),
        upstream_status: last.status,
      })
    if (last instanceof BrokenCircuitError) throw new GatewayRefusal('llm_upstream_failed', { reason: 'the circuit is open after failures in a row' })
    throw last
  }

  #targetsOf(name: string, model: ModelConfig, bounded: Bounded): Target[] {
    const targets = model.upstreams.flatMap(({ model: upstream_model, upstream }): Target[] => {
      const found = this.#upstreams.get(upstream)
      if (found === undefined) return []
      const prompt_tokens_max = bounded.prompt_tokens_max + (found.config.kind === 'anthropic' ? ANTHROPIC_OVERHEAD : 0)
      const price = priceOf(model, upstream_model, found.config, prompt_tokens_max)
      return price === null ? [] : [{ price, prompt_tokens_max, transport: found.transport, upstream: found.config, upstream_model }]
    })
    if (targets.length === 0) throw new GatewayRefusal('llm_price_unknown', { model: name })
    // An open circuit is tried last, so that an upstream that recovers is found again.
    return [...targets.filter((one) => !one.transport.is_open), ...targets.filter((one) => one.transport.is_open)]
  }

  async #admit(target: Target, model: string, bounded: Bounded, hash: string, call: GatewayCall): Promise<Admitted> {
    const { host, observe, onError } = this.#options
    const upstream_id = target.upstream.id
    const outcome = await host.submit({
      ...call.caller,
      model,
      output_tokens_max: bounded.output_tokens_max,
      owner: 'gateway',
      price: target.price,
      prompt_tokens_max: target.prompt_tokens_max,
      request_hash: hash,
      type: 'admit_llm_call',
      upstream_id,
    })
    if (!outcome.ok) throw new CallRefused(outcome.refusal.code, outcome.refusal.detail)
    const call_id = String(outcome.result.call_id)
    const abort = new AbortController()
    const leaseId = 'lease_id' in call.caller ? call.caller.lease_id : ''
    const peers = this.#byLease.get(leaseId) ?? new Set()
    this.#byLease.set(leaseId, peers.add(abort))
    const observed = observe?.({ api: call.api, call_id, caller: call.caller, model, request: bounded.body, upstream_id })
    return {
      abort,
      call_id,
      settle: (finish, usage, answer) => {
        peers.delete(abort)
        if (peers.size === 0) this.#byLease.delete(leaseId)
        observed?.ended(finish, usage, answer)
        // The caller has its answer; until this is durable the hold stands for the call.
        host.submitSoon({ call_id, finish, owner: 'gateway', type: 'settle_llm_call', usage }).catch((error: unknown) => {
          if (!(error instanceof HostStopped)) onError(error)
        })
      },
    }
  }

  async #callAt(target: Target, name: string, bounded: Bounded, call: GatewayCall): Promise<GatewayAnswer> {
    const body = { ...bounded.body, model: target.upstream_model }
    const hash = requestHash(call.api, body)
    const admitted = await this.#admit(target, name, bounded, hash, call)
    const drain = target.upstream.on_hang_up === 'drain'
    const hangUp = (): void => {
      if (!drain) admitted.abort.abort()
    }
    if (call.signal.aborted) hangUp()
    call.signal.addEventListener('abort', hangUp, { once: true })
    let answer: UpstreamAnswer
    try {
      answer = await target.transport.send(call.api, JSON.stringify(body), admitted.abort.signal)
      if (this.#options.config.recording === 'record' && this.#recordings !== null) answer = this.#recordings.keep(hash, answer)
    } catch (error) {
      const isFree = error instanceof BrokenCircuitError || error instanceof GatewayRefusal || (error instanceof UpstreamFailure && !error.may_have_cost)
      admitted.settle(admitted.abort.signal.aborted ? 'cancelled' : 'failed', isFree ? FREE : null, null)
      if (admitted.abort.signal.aborted) throw new GatewayRefusal('llm_upstream_failed', { reason: 'the caller hung up or its window ended' })
      throw error
    }
    const about = { call_id: admitted.call_id, content_type: answer.content_type, status: answer.status }
    if (answer.status < 400 && answer.content_type.startsWith('text/event-stream')) return { ...about, body: this.#relay(answer, admitted, call, drain) }
    return { ...about, body: await this.#readAnswer(answer, admitted, target) }
  }

  #relay(answer: UpstreamAnswer, admitted: Admitted, call: GatewayCall, drain: boolean): ReadableStream<Uint8Array> {
    const options = call.body.stream_options as { include_usage?: boolean } | undefined
    return relayStream({
      answer,
      api: call.api,
      cancel: () => admitted.abort.abort(),
      drain,
      ended: (finish, usage) => admitted.settle(finish, usage, null),
      wants_usage: options?.include_usage === true,
    })
  }

  /** An error answer costs nothing; an answer without usage is booked at its bound. */
  async #readAnswer(answer: UpstreamAnswer, admitted: Admitted, target: Target): Promise<string> {
    let text: string
    try {
      text = await readWhole(answer.body)
    } catch (error) {
      const isCancelled = admitted.abort.signal.aborted
      admitted.settle(isCancelled ? 'cancelled' : 'failed', null, null)
      throw new GatewayRefusal('llm_upstream_failed', { reason: `${target.upstream.id} broke off: ${error instanceof Error ? error.message : String(error)}` })
    }
    admitted.settle(answer.status >= 400 ? 'failed' : 'completed', answer.status >= 400 ? FREE : usageIn(text), text)
    return text
  }

  /** Cancels what is open. */
  async close(): Promise<void> {
    this.#unsubscribe()
    for (const peers of this.#byLease.values()) for (const abort of peers) abort.abort()
    await Promise.all([...this.#upstreams.values()].map((one) => one.transport.close()))
  }
}
