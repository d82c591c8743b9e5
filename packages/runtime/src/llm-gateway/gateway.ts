import type { EconomyEvent, LlmPrice, LlmUsage } from '@syntropism/contract'
import { BrokenCircuitError } from 'cockatiel'
import type { LlmConfig, ModelConfig, UpstreamConfig } from '../config/index.ts'
import { type Draft, type Host, HostStopped } from '../host/index.ts'
import { type Bus, reasonOf } from '../ports/index.ts'
import { Refused } from '../refusal/index.ts'
import { type Api, type Bounded, boundRequest, maximumFor } from './bounds.ts'
import { Cancellation } from './cancellation.ts'
import { type Caller, type GatewayAnswer, type GatewayCall, type Observe } from './call.ts'
import { type Attempts, type Transport, type UpstreamAnswer, UpstreamFailure, leavesOthers, toldToCaller } from './guard.ts'
import { priceOf } from './prices.ts'
import { Recordings, requestHash } from './recording.ts'
import { readWhole } from './receive.ts'
import { type Flow, relayStream } from './relay.ts'
import { type Drawn, Reserves, type Worst } from './reserves.ts'
import { openUpstream } from './upstream.ts'
import { usageIn } from './usage.ts'

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

/** The call by which a request went to an upstream last. */
interface Tried {
  call_id: string | null
}

/** The command that admits a call, of its caller or out of a reserve. */
type Admission = (whose: Caller | { readonly reserve_id: string }) => Draft

interface Admitted {
  readonly call_id: string
  readonly cancellation: Cancellation
  settle(finish: 'completed' | 'cancelled' | 'failed', usage: LlmUsage | null, answer: string | null): void
}

/** Tokens that Anthropic's own instructions for tools and formats may add to a prompt. */
const ANTHROPIC_OVERHEAD = 1024
/** Refusals for lack of room, which a reserve may take up. */
const NO_ROOM: ReadonlySet<string> = new Set(['llm_budget_exhausted', 'llm_rate_limited'])
const FREE: LlmUsage = { cache_read_tokens: 0, cache_write_tokens: 0, image_input_tokens: 0, input_tokens: 0, output_tokens: 0, reasoning_tokens: 0 }

/** Scarce intelligence: every call is admitted with its worst case, sent, and settled with what it cost. */
export class Gateway {
  readonly #options: GatewayOptions
  readonly #upstreams: ReadonlyMap<string, { readonly config: UpstreamConfig; readonly transport: Transport }>
  readonly #recordings: Recordings | null
  /** Calls of each lease, to be cancelled at its end. */
  readonly #byLease = new Map<string, Set<Cancellation>>()
  readonly #reserves: Reserves
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
    this.#reserves = new Reserves(options.host)
    this.#unsubscribe = options.bus.subscribe((event) => this.#onEvent(event))
  }

  /** Books at their bound what a former process left: its open calls, and reserves on which calls may have gone out that it did not record. */
  async start(): Promise<void> {
    const { host } = this.#options
    for (const reserve_id of [...host.state.llm.reserves.keys()])
      await host.submit({ owner: 'gateway', reserve_id, rest: 'unknown', type: 'close_llm_reserve' })
    for (const { call_id, status } of [...host.state.llm.calls.values()])
      if (status === 'open') await host.submit({ call_id, finish: 'failed', owner: 'gateway', type: 'settle_llm_call', usage: null })
  }

  /** Does something that reserves may stand in the way of (budgets are moved) once they have gone back. */
  withoutReserves<T>(next: () => Promise<T>): Promise<T> {
    return this.#reserves.giveBack(next)
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
    // Reserves were held under the rules as they were.
    if (event.type === 'rules_changed' || event.type === 'rules_tuned') void this.#reserves.giveBack(() => Promise.resolve())
    if (event.type === 'execution_terminated') for (const open of this.#byLease.get(event.data.execution_id) ?? []) open.cancel()
    if (event.type === 'llm_upstream_tripped')
      this.#options.alarm(
        `upstream ${event.data.upstream_id} passed the bound of ${event.data.call_id} by ${event.data.overrun_micro_usd} micro-dollars and is out of rotation`,
      )
  }

  /** Carries out one call. Throws Refused or HostStopped. */
  async call(call: GatewayCall): Promise<GatewayAnswer> {
    const name = String(call.body.model)
    const { models } = this.#options.config
    const model = Object.hasOwn(models, name) ? models[name] : undefined
    if (model === undefined) throw new Refused('llm_model_unknown', { model: name.slice(0, 128) })
    const bounded = boundRequest(call.api, call.body, model)
    const tried: Tried = { call_id: null }
    let last: unknown = null
    for (const target of this.#targetsOf(name, model, bounded)) {
      try {
        return await this.#callAt(target, name, bounded, call, tried)
      } catch (error) {
        if (!leavesOthers(error)) throw error
        last = error
      }
    }
    throw toldToCaller(last)
  }

  #targetsOf(name: string, model: ModelConfig, bounded: Bounded): Target[] {
    const targets: Target[] = []
    const last: Target[] = []
    for (const { model: upstream_model, upstream } of model.upstreams) {
      const found = this.#upstreams.get(upstream)
      if (found === undefined) continue
      const prompt_tokens_max = bounded.prompt_tokens_max + (found.config.kind === 'anthropic' ? ANTHROPIC_OVERHEAD : 0)
      const price = priceOf(model, upstream_model, found.config, prompt_tokens_max)
      if (price === null) continue
      // An open circuit is tried last, so that an upstream that recovers is found again.
      const place = found.transport.is_open ? last : targets
      place.push({ price, prompt_tokens_max, transport: found.transport, upstream: found.config, upstream_model })
    }
    targets.push(...last)
    if (targets.length === 0) throw new Refused('llm_price_unknown', { model: name })
    return targets
  }

  /** Holds the worst case of a call by a commit of its own. Returns the call's id. */
  async #admit(caller: Caller, admission: Admission): Promise<string> {
    const { host } = this.#options
    const { mark } = this.#reserves
    let outcome = await host.submit(admission(caller))
    if (!outcome.ok && NO_ROOM.has(outcome.refusal.code) && this.#reserves.mayBeHeld(mark))
      outcome = await this.#reserves.giveBack(() => host.submit(admission(caller)))
    if (!outcome.ok) throw new Refused(outcome.refusal.code, outcome.refusal.detail)
    return String(outcome.result.call_id)
  }

  /** Records a call that went out on a reserve. One that the reserve does not know is doubted: what is left of that is booked, and somebody has to look. */
  #record({ call_id, reserve_id }: Drawn, admission: Admission): void {
    const { alarm, host } = this.#options
    host.submitSoon(admission({ reserve_id })).then(
      (outcome) => {
        if (outcome.ok && outcome.result.call_id === call_id) return
        alarm(`call ${call_id} went out and was not recorded by ${reserve_id}: ${JSON.stringify(outcome)}`)
        host.submitSoon({ owner: 'gateway', reserve_id, rest: 'unknown', type: 'close_llm_reserve' }).catch(() => undefined)
      },
      () => undefined,
    )
  }

  /** A call that is admitted, until it is settled. */
  #open(
    call_id: string,
    { model, output_tokens_max, prompt_tokens_max, upstream_id }: Worst,
    call: GatewayCall,
    cancellation: Cancellation,
    ended: () => void,
  ): Admitted {
    const { host, observe, onError } = this.#options
    const leaseId = 'lease_id' in call.caller ? call.caller.lease_id : ''
    const peers = this.#byLease.get(leaseId) ?? new Set()
    this.#byLease.set(leaseId, peers.add(cancellation))
    const observed = observe?.({ api: call.api, call_id, caller: call.caller, model, request: call.body, upstream_id })
    return {
      call_id,
      cancellation,
      settle: (finish, usage, answer) => {
        ended()
        peers.delete(cancellation)
        if (peers.size === 0) this.#byLease.delete(leaseId)
        observed?.ended(finish, usage, answer)
        this.#reserves.recordAll()
        const settlement = { call_id, finish, owner: 'gateway', type: 'settle_llm_call', usage } as const
        const passes = usage !== null && (usage.input_tokens > prompt_tokens_max || usage.output_tokens > output_tokens_max)
        // The caller has its answer; until this is durable the hold stands for the call. No call follows one that passed its bound before that is known.
        const settled = passes ? this.#reserves.withhold(host.submit(settlement)) : host.submitSoon(settlement)
        settled.catch((error: unknown) => {
          if (!(error instanceof HostStopped)) onError(error)
        })
      },
    }
  }

  async #callAt(target: Target, name: string, bounded: Bounded, call: GatewayCall, tried: Tried): Promise<GatewayAnswer> {
    const { api, caller, gone } = call
    const { call_id: follows_call_id } = tried
    const { price, prompt_tokens_max, upstream } = target
    const body = { ...bounded.body, ...maximumFor(api, bounded.output_max, upstream), model: target.upstream_model }
    const worst = { model: name, output_tokens_max: bounded.output_tokens_max, price, prompt_tokens_max, upstream_id: upstream.id }
    const admission: Admission = (whose) => ({
      ...whose,
      ...worst,
      owner: 'gateway',
      ...(follows_call_id === null ? {} : { follows_call_id }),
      ...(call.traceparent === '' ? {} : { traceparent: call.traceparent }),
      // Worked out when the command is carried out: nobody waits for it before.
      get request_hash() {
        return requestHash(api, body)
      },
      type: 'admit_llm_call',
    })
    const text = JSON.stringify(body)
    const drawn = this.#reserves.draw(caller, worst)
    const ended = this.#reserves.opened(caller)
    const callId =
      drawn?.call_id ??
      (await this.#admit(caller, admission).catch((error: unknown) => {
        ended()
        throw error
      }))
    tried.call_id = callId
    const drain = upstream.on_hang_up === 'drain'
    const cancellation = drain ? new Cancellation() : gone
    const admitted = this.#open(callId, worst, call, cancellation, ended)
    // Who is gone by now has cost nothing.
    const isUnsent = cancellation.is_cancelled
    const sent = target.transport.send(api, text, cancellation)
    if (drawn !== null) this.#reserves.recordSoon(() => this.#record(drawn, admission))
    let answer: UpstreamAnswer
    try {
      answer = await sent
      if (this.#options.config.recording === 'record' && this.#recordings !== null) answer = this.#recordings.keep(requestHash(api, body), answer)
    } catch (error) {
      const isFree = isUnsent || error instanceof BrokenCircuitError || error instanceof Refused || (error instanceof UpstreamFailure && !error.may_have_cost)
      admitted.settle(cancellation.is_cancelled ? 'cancelled' : 'failed', isFree ? FREE : null, null)
      if (cancellation.is_cancelled) throw new Refused('llm_upstream_failed', { reason: 'the caller hung up or its window ended' })
      throw error
    }
    const about = { call_id: callId, content_type: answer.content_type, status: answer.status }
    if (answer.status < 400 && /^text\/event-stream/i.test(answer.content_type)) return { ...about, body: this.#relay(answer, admitted, call, drain) }
    return { ...about, body: await this.#readAnswer(api, answer, admitted, target) }
  }

  #relay(answer: UpstreamAnswer, admitted: Admitted, call: GatewayCall, drain: boolean): Flow {
    const options = call.body.stream_options as { include_usage?: boolean } | undefined
    const heard: Uint8Array[] | undefined = this.#options.observe === undefined ? undefined : []
    return relayStream({
      answer,
      api: call.api,
      cancellation: admitted.cancellation,
      drain,
      ended: (finish, usage) => admitted.settle(finish, usage, heard === undefined ? null : Buffer.concat(heard).toString('utf8')),
      ...(heard === undefined ? {} : { heard }),
      wants_usage: options?.include_usage === true,
    })
  }

  /** An error answer that reports no usage costs nothing; another answer without usage is booked at its bound. */
  async #readAnswer(api: Api, answer: UpstreamAnswer, admitted: Admitted, target: Target): Promise<string> {
    let text: string
    try {
      text = await readWhole(answer.body)
    } catch (error) {
      admitted.settle(admitted.cancellation.is_cancelled ? 'cancelled' : 'failed', null, null)
      throw new Refused('llm_upstream_failed', { reason: `${target.upstream.id} broke off: ${reasonOf(error)}` })
    }
    // The caller first.
    const isError = answer.status >= 400
    setImmediate(() => admitted.settle(isError ? 'failed' : 'completed', usageIn(api, text) ?? (isError ? FREE : null), text))
    return text
  }

  /** Cancels what is open, and gives back what is reserved. */
  async close(): Promise<void> {
    this.#unsubscribe()
    await this.#reserves.close()
    for (const peers of this.#byLease.values()) for (const open of peers) open.cancel()
    await Promise.all([...this.#upstreams.values()].map((one) => one.transport.close()))
  }
}
