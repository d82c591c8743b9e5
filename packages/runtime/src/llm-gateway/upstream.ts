import { type CircuitBreakerPolicy, CircuitState, ConsecutiveBreaker, DelegateBackoff, type RetryPolicy, circuitBreaker, handleWhen, retry } from 'cockatiel'
import { Agent, type Dispatcher, errors, request } from 'undici'
import type { UpstreamConfig } from '../config/index.ts'
import type { Api } from './bounds.ts'

/** A call that brought no answer. */
export class UpstreamFailure extends Error {
  override readonly name = 'UpstreamFailure'
  /** Whether the request had gone out, so that it may have cost something. */
  readonly may_have_cost: boolean
  readonly is_timeout: boolean
  readonly status: number | null
  readonly retry_after_ms: number | null
  constructor(
    message: string,
    about: { may_have_cost: boolean; is_timeout?: boolean; status?: number; retry_after_ms?: number | null },
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.may_have_cost = about.may_have_cost
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

/** What carries a request to a model: a server, or a recording. */
export interface Transport {
  send(api: Api, body: string, signal: AbortSignal): Promise<UpstreamAnswer>
  /** Whether it is known not to answer now. */
  readonly is_open: boolean
}

const RETRYABLE: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504, 529])
/** Failures before anything was sent: they cost nothing. */
const UNSENT: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT'])
const BACKOFF_MS = 250
const BACKOFF_MS_MAX = 10_000

const isFailure = (error: unknown): boolean => error instanceof UpstreamFailure
const isFree = (error: unknown): boolean => error instanceof UpstreamFailure && !error.may_have_cost

/** Milliseconds of a Retry-After header in seconds; null for none. */
function retryAfterMs(header: string | string[] | undefined): number | null {
  const seconds = Number(Array.isArray(header) ? header[0] : header)
  return header !== undefined && Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : null
}

function failureOf(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof UpstreamFailure || error.name === 'AbortError') return error
  const code = 'code' in error ? String(error.code) : ''
  return new UpstreamFailure(
    `${code === '' ? error.name : code}: ${error.message}`,
    { is_timeout: error instanceof errors.HeadersTimeoutError || error instanceof errors.ConnectTimeoutError, may_have_cost: !UNSENT.has(code) },
    { cause: error },
  )
}

/** A server that speaks OpenAI's API. Failures without cost are tried again, then its circuit opens for a while. */
export class HttpUpstream implements Transport {
  readonly #config: UpstreamConfig
  readonly #agent: Agent
  readonly #headers: Record<string, string>
  readonly #retry: RetryPolicy
  readonly #breaker: CircuitBreakerPolicy

  constructor(config: UpstreamConfig, apiKey: string | null) {
    this.#config = config
    this.#agent = new Agent({ bodyTimeout: config.timeout_ms, connect: { timeout: Math.min(10_000, config.timeout_ms) }, headersTimeout: config.timeout_ms })
    this.#headers = { 'content-type': 'application/json', ...(apiKey === null ? {} : { authorization: `Bearer ${apiKey}` }) }
    const backoff = new DelegateBackoff<{ attempt: number; result: { error?: unknown } }>(({ attempt, result }) => {
      const asked = result.error instanceof UpstreamFailure ? result.error.retry_after_ms : null
      return Math.min(BACKOFF_MS_MAX, asked ?? BACKOFF_MS * 2 ** (attempt - 1) * (0.5 + Math.random()))
    })
    this.#retry = retry(handleWhen(isFree), { backoff: backoff as never, maxAttempts: config.retries })
    this.#breaker = circuitBreaker(handleWhen(isFailure), { breaker: new ConsecutiveBreaker(config.breaker_failures), halfOpenAfter: config.breaker_open_ms })
  }

  get is_open(): boolean {
    return this.#breaker.state === CircuitState.Open
  }

  /** Sends one call. Throws UpstreamFailure, cockatiel's BrokenCircuitError, or the AbortError of the signal. */
  send(api: Api, body: string, signal: AbortSignal): Promise<UpstreamAnswer> {
    return this.#retry.execute(() => this.#breaker.execute(() => this.#once(api, body, signal)), signal)
  }

  async #once(api: Api, body: string, signal: AbortSignal): Promise<UpstreamAnswer> {
    let answer: Dispatcher.ResponseData
    try {
      answer = await request(`${this.#config.base_url.replace(/\/$/, '')}/${api}`, {
        body,
        dispatcher: this.#agent,
        headers: this.#headers,
        method: 'POST',
        signal,
      })
    } catch (error) {
      throw failureOf(error)
    }
    if (RETRYABLE.has(answer.statusCode)) {
      const text = (await answer.body.text()).slice(0, 500)
      throw new UpstreamFailure(`${this.#config.id} answered ${answer.statusCode}: ${text}`, {
        is_timeout: answer.statusCode === 408 || answer.statusCode === 504,
        may_have_cost: false,
        retry_after_ms: retryAfterMs(answer.headers['retry-after']),
        status: answer.statusCode,
      })
    }
    return { body: answer.body, content_type: String(answer.headers['content-type'] ?? 'application/json'), status: answer.statusCode }
  }

  async close(): Promise<void> {
    await this.#agent.destroy()
  }
}
