import type { Refusal } from '@syntropism/contract'
import { type LlmBook, type LlmCharge, type LlmGauge, type LlmKey, type State, refuse } from '../state/index.ts'
import { MS_PER_MINUTE } from '../units/index.ts'

/** One limit that a call has to fit in. */
export interface Limit extends LlmCharge {
  readonly amount: number
  readonly limit: number
  /** The limit of an ordinary window: what a later one may allow. */
  readonly limit_usual: number
  readonly window_ms: number
}

export const createLlmBook = (): LlmBook => ({
  calls: new Map(),
  debt_micro_usd: 0,
  gauges: new Map(),
  keys: new Map(),
  minute: 0,
  reserves: new Map(),
  taken_micro_usd: 0,
  tripped: new Map(),
})

export const minuteOf = (atMs: number): number => Math.floor(atMs / MS_PER_MINUTE)
const windowOf = (atMs: number, windowMs: number): number => (windowMs === 0 ? 0 : Math.floor(atMs / windowMs))

/** What overruns of earlier minutes take from the running minute, and what they leave for later ones. */
function debtNow(state: State): { readonly debt: number; readonly taken: number } {
  const { llm, params } = state
  const minute = minuteOf(state.at_ms)
  if (minute === llm.minute) return { debt: llm.debt_micro_usd, taken: llm.taken_micro_usd }
  const cap = params.llm_micro_usd_per_minute
  const standing = Math.max(0, llm.debt_micro_usd - (minute - llm.minute - 1) * cap)
  const taken = Math.min(standing, cap)
  return { debt: standing - taken, taken }
}

/** Brings the book to the running minute, and adds an overrun that following minutes give up. */
export function turnMinute(state: State, overrunMicroUsd: number): void {
  const { debt, taken } = debtNow(state)
  Object.assign(state.llm, { debt_micro_usd: debt + overrunMicroUsd, minute: minuteOf(state.at_ms), taken_micro_usd: taken })
}

/** The gauge of a limit in a window, or null when nothing has been counted in it. */
function gaugeIn(state: State, name: string, window: number): LlmGauge | null {
  const gauge = state.llm.gauges.get(name)
  return gauge !== undefined && gauge.window === window ? gauge : null
}

export const keyGauge = (keyId: string, windowMs: number): string => `key:${keyId}/${windowMs}`

/** What one call, or several held at once, take of the limits. */
interface Amounts {
  readonly bound: number
  readonly requests: number
  readonly tokens: number
}

function keyLimits(key: LlmKey, { bound, requests, tokens }: Amounts): Omit<Limit, 'window'>[] {
  const perMinute = (gauge: string, unit: Limit['unit'], limit: number, amount: number): Omit<Limit, 'window'> => ({
    amount,
    gauge: `key:${key.key_id}/${gauge}`,
    limit,
    limit_usual: limit,
    unit,
    window_ms: MS_PER_MINUTE,
  })
  return [
    perMinute('requests', 'requests', key.requests_per_minute, requests),
    perMinute('tokens', 'tokens', key.tokens_per_minute, tokens),
    ...key.windows.map(({ limit_micro_usd: limit, window_ms }) => ({
      amount: bound,
      gauge: keyGauge(key.key_id, window_ms),
      limit,
      limit_usual: limit,
      unit: 'micro_usd' as const,
      window_ms,
    })),
  ]
}

/** Every limit of a call, or of several held at once, narrowest owner first: key, model, run, the cap. */
export function limitsOf(state: State, key: LlmKey | null, model: string, amounts: Amounts): Limit[] {
  const { params } = state
  const cap = params.llm_micro_usd_per_minute
  const spend = (gauge: string, window_ms: number, limit: number, limit_usual: number): Omit<Limit, 'window'> => ({
    amount: amounts.bound,
    gauge,
    limit,
    limit_usual,
    unit: 'micro_usd',
    window_ms,
  })
  const reserved = params.llm_keys_micro_usd_per_minute
  const limits = [
    ...(key === null ? [] : keyLimits(key, amounts)),
    ...params.llm_limits
      .filter((one) => one.model === null || one.model === model)
      .map((one) =>
        spend(one.model === null ? `run/${one.window_ms}` : `model:${one.model}/${one.window_ms}`, one.window_ms, one.limit_micro_usd, one.limit_micro_usd),
      ),
    ...(key === null ? [] : [spend('keys', MS_PER_MINUTE, reserved, reserved)]),
    spend('cap', MS_PER_MINUTE, cap - debtNow(state).taken, cap),
  ]
  return limits.map((one) => ({ ...one, window: windowOf(state.at_ms, one.window_ms) }))
}

/** What a limit has left in its running window. */
export const leftIn = (state: State, limit: Limit): number => limit.limit - (gaugeIn(state, limit.gauge, limit.window)?.counted ?? 0)

/** Why a call does not fit in a limit, beside what `returns` to it: for now, with the time to wait, or ever. */
export function checkLimit(state: State, limit: Limit, returns: number): Refusal | null {
  const left = leftIn(state, limit) + returns
  if (limit.amount <= left) return null
  const figures = { left: Math.max(0, left), limit: limit.gauge, required: limit.amount, unit: limit.unit }
  return limit.window_ms > 0 && limit.amount <= limit.limit_usual
    ? refuse('llm_rate_limited', { ...figures, retry_after_ms: (limit.window + 1) * limit.window_ms - state.at_ms })
    : refuse('llm_budget_exhausted', figures)
}

/** Counts what a call may take; a new window starts at zero. */
export function charge(state: State, limit: Limit): LlmCharge {
  const gauge = gaugeIn(state, limit.gauge, limit.window)
  if (gauge === null)
    state.llm.gauges.set(limit.gauge, {
      announced_percent: 0,
      counted: limit.amount,
      settled: limit.unit === 'requests' ? limit.amount : 0,
      window: limit.window,
    })
  else {
    gauge.counted += limit.amount
    if (limit.unit === 'requests') gauge.settled += limit.amount
  }
  return { gauge: limit.gauge, unit: limit.unit, window: limit.window }
}

/** Replaces in a limit's count what was held (or estimated) by what it came to, unless its window is over. */
export function recount(state: State, taken: LlmCharge, from: number, to: number, settledBefore: number): void {
  const gauge = gaugeIn(state, taken.gauge, taken.window)
  if (gauge === null) return
  gauge.counted += to - from
  gauge.settled += to - settledBefore
}
