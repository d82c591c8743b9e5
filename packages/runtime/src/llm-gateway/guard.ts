import {
  BrokenCircuitError,
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  DelegateBackoff,
  type RetryPolicy,
  circuitBreaker,
  handleWhen,
  retry,
} from 'cockatiel'
import { errors } from 'undici'
import type { UpstreamConfig } from '../config/index.ts'
import { Refused } from '../refusal/index.ts'
import type { Api } from './bounds.ts'
import type { Cancellation } from './cancellation.ts'

/** A call that brought no answer. */
export class UpstreamFailure extends Error {
  override readonly name = 'UpstreamFailure'
  /** Whether the request had gone out, so that it may have cost something. */
  readonly may_have_cost: boolean
  /** Whether the same request may go better in a while, at no cost. */
  readonly may_pass: boolean
  readonly is_timeout: boolean
  readonly status: number | null
  readonly retry_after_ms: number | null
  constructor(
    message: string,
    about: { may_have_cost: boolean; may_pass?: boolean; is_timeout?: boolean; status?: number; retry_after_ms?: number | null },
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.may_have_cost = about.may_have_cost
    this.may_pass = about.may_pass ?? !about.may_have_cost
    this.is_timeout = about.is_timeout ?? false
    this.status = about.status ?? null
    this.retry_after_ms = about.retry_after_ms ?? null
  }
}

export interface UpstreamAnswer {
  readonly status: number
  readonly content_type: string
  readonly body: AsyncIterable<Uint8Array>
}

/** What carries a request to a model: a server, a model in this process, or a recording. */
export interface Transport {
  send(api: Api, body: string, cancellation: Cancellation): Promise<UpstreamAnswer>
  /** Whether it is known not to answer now. */
  readonly is_open: boolean
  /** What became of every attempt, repeats included. */
  readonly attempts: Readonly<Attempts>
  close(): Promise<void>
}

/** Attempts at one upstream since the process started. */
export interface Attempts {
  /** Answers by their HTTP status. */
  readonly answers: Record<string, number>
  /** Attempts that brought no answer: refused or lost connections, timeouts, callers that hung up. */
  failures: number
  /** Attempts after a first one that failed without cost. */
  retries: number
}

/** One attempt: throws UpstreamFailure, or an AbortError when it is cancelled. */
export type Attempt = (api: Api, body: string, cancellation: Cancellation) => Promise<UpstreamAnswer>

const RETRYABLE: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504, 529])
/** What is wrong between us and the upstream (key, account, address) and none of the caller's business. */
const FOR_OPERATOR: ReadonlySet<number> = new Set([401, 402, 403, 404, 405, 407])
/** Failures before anything was sent: they cost nothing. */
const UNSENT: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT'])
const BACKOFF_MS = 250
const BACKOFF_MS_MAX = 10_000

const isFailure = (error: unknown): boolean => error instanceof UpstreamFailure
const mayPass = (error: unknown): boolean => error instanceof UpstreamFailure && error.may_pass

/** Longest wait that a Retry-After is believed. */
const RETRY_AFTER_MS_MAX = 86_400_000

/** Milliseconds of a Retry-After header, in seconds or as a date; null for none. */
function retryAfterMs(header: string | undefined): number | null {
  if (header === undefined) return null
  const ms = /^\s*\d+\s*$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now()
  return Number.isFinite(ms) ? Math.min(RETRY_AFTER_MS_MAX, Math.max(0, ms)) : null
}

/** What went wrong on the way, as a failure; what is none stays as it is. */
export function failureOf(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof UpstreamFailure || error.name === 'AbortError') return error
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return new UpstreamFailure(
    `${code === '' ? error.name : code}: ${error.message}`,
    { is_timeout: error instanceof errors.HeadersTimeoutError || error instanceof errors.ConnectTimeoutError, may_have_cost: !UNSENT.has(code) },
    { cause: error },
  )
}

/** Answers that have nothing in them, or are no answer of HTTP. */
const isEmpty = (status: number): boolean => status === 204 || status === 205 || status >= 600
/** Whether an answer is none for the caller: another try, or another upstream, may bring one. */
export const isFailing = (status: number): boolean => RETRYABLE.has(status) || FOR_OPERATOR.has(status) || (status >= 300 && status < 400) || isEmpty(status)

/** The failure that such an answer is. */
export const failureOfStatus = (upstreamId: string, status: number, text: string, retryAfter: string | undefined): UpstreamFailure =>
  new UpstreamFailure(`${upstreamId} answered ${status}: ${text.slice(0, 500)}`, {
    is_timeout: status === 408 || status === 504,
    may_have_cost: isEmpty(status),
    may_pass: RETRYABLE.has(status),
    retry_after_ms: retryAfterMs(retryAfter),
    status,
  })

/** Whether an error is the upstream's own, so that the next one may be asked. */
export const leavesOthers = (error: unknown): boolean =>
  error instanceof UpstreamFailure ||
  error instanceof BrokenCircuitError ||
  (error instanceof Refused && (error.code === 'llm_upstream_tripped' || error.code === 'llm_model_not_installed'))

/** What the caller is told when the last upstream has left it, too. */
export function toldToCaller(error: unknown): unknown {
  if (error instanceof BrokenCircuitError) return new Refused('llm_upstream_failed', { reason: 'the circuit is open after failures in a row' })
  if (!(error instanceof UpstreamFailure)) return error
  const { is_timeout, message, retry_after_ms, status } = error
  return new Refused(is_timeout ? 'llm_upstream_timeout' : 'llm_upstream_failed', {
    reason: message.slice(0, 500),
    upstream_status: status,
    ...(retry_after_ms === null ? {} : { retry_after_ms }),
  })
}

/** An upstream whose failures without cost are tried again, and whose circuit opens for a while after failures in a row. */
export class GuardedUpstream implements Transport {
  readonly attempts: Attempts = { answers: {}, failures: 0, retries: 0 }
  readonly #attempt: Attempt
  readonly #close: () => Promise<void>
  readonly #retry: RetryPolicy
  readonly #breaker: CircuitBreakerPolicy
  /** Whether no attempt has failed since the last that went well. */
  #isSound = true

  constructor(config: UpstreamConfig, attempt: Attempt, close: () => Promise<void>) {
    this.#attempt = attempt
    this.#close = close
    const backoff = new DelegateBackoff<{ attempt: number; result: { error?: unknown } }>(({ attempt: count, result }) => {
      const asked = result.error instanceof UpstreamFailure ? result.error.retry_after_ms : null
      return Math.min(BACKOFF_MS_MAX, asked ?? BACKOFF_MS * 2 ** (count - 1) * (0.5 + Math.random()))
    })
    this.#retry = retry(handleWhen(mayPass), { backoff: backoff as never, maxAttempts: config.retries })
    this.#retry.onRetry(() => (this.attempts.retries += 1))
    this.#breaker = circuitBreaker(handleWhen(isFailure), { breaker: new ConsecutiveBreaker(config.breaker_failures), halfOpenAfter: config.breaker_open_ms })
  }

  get is_open(): boolean {
    return this.#breaker.state === CircuitState.Open
  }

  /** Sends one call. Throws UpstreamFailure, cockatiel's BrokenCircuitError, or an AbortError when it is cancelled. */
  async send(api: Api, body: string, cancellation: Cancellation): Promise<UpstreamAnswer> {
    const attempt = (): Promise<UpstreamAnswer> => this.#counted(api, body, cancellation)
    if (!this.#isSound) return this.#guarded(attempt, cancellation)
    // While nothing fails, retries and circuit have nothing to say: they are asked from the first failure on, which they are told as if they had made it.
    let answer: UpstreamAnswer
    try {
      answer = await attempt()
    } catch (error) {
      if (!isFailure(error) || this.#breaker.state !== CircuitState.Closed) throw error
      let told = false
      return this.#guarded(() => {
        if (told) return attempt()
        told = true
        throw error
      }, cancellation)
    }
    return this.#isSound || this.#breaker.state !== CircuitState.Closed ? answer : this.#guarded(() => Promise.resolve(answer), cancellation)
  }

  async #guarded(attempt: () => Promise<UpstreamAnswer>, { signal }: Cancellation): Promise<UpstreamAnswer> {
    this.#isSound = false
    const answer = await this.#retry.execute(() => this.#breaker.execute(attempt), signal)
    this.#isSound = this.#breaker.state === CircuitState.Closed
    return answer
  }

  #count(status: number): void {
    this.attempts.answers[status] = (this.attempts.answers[status] ?? 0) + 1
  }

  async #counted(api: Api, body: string, cancellation: Cancellation): Promise<UpstreamAnswer> {
    try {
      const answer = await this.#attempt(api, body, cancellation)
      this.#count(answer.status)
      return answer
    } catch (error) {
      if (error instanceof UpstreamFailure && error.status !== null) this.#count(error.status)
      else this.attempts.failures += 1
      throw error
    }
  }

  close(): Promise<void> {
    return this.#close()
  }
}
