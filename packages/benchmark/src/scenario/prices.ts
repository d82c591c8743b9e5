import { reserveCostMicro } from '@syntropism/economy'

/** What a scenario's economy can give at most. Tokens are counted per second of a window. */
export interface Capacities {
  readonly cpu_cores: number
  readonly memory_mb: number
  readonly tokens_per_s: number
}
/** Credits per token, per cpu-second, and per MB held for a whole window. */
export interface UnitPrices {
  readonly cpu_second: number
  readonly memory_mb: number
  readonly token: number
}
/** An amount of each, for one window. */
export interface Wanted {
  readonly cpu_seconds: number
  readonly memory_mb: number
  readonly tokens: number
}

const micro = (credits: number): number => Math.round(credits * 1_000_000)

/** Prices for the whole capacity for one second, in micro-credits: the form in which the economy keeps them. */
export function pricesMicroPerS(prices: UnitPrices, capacities: Capacities, windowMs: number): { cpu: number; llm: number; memory: number } {
  return {
    cpu: micro(prices.cpu_second * capacities.cpu_cores),
    llm: micro(prices.token * capacities.tokens_per_s),
    memory: micro((prices.memory_mb * capacities.memory_mb * 1000) / windowMs),
  }
}

const share = (amount: number, whole: number): number => Math.min(1_000_000, Math.ceil(Number(((amount * 1_000_000) / whole).toFixed(6))))

/** Shares of capacity that amounts for one window come to, in parts per million, rounded up. */
export function sharesOf(wanted: Wanted, capacities: Capacities, windowMs: number): { cpu: number; llm?: number; memory: number } {
  const seconds = windowMs / 1000
  const llm = share(wanted.tokens, capacities.tokens_per_s * seconds)
  return {
    cpu: share(wanted.cpu_seconds, capacities.cpu_cores * seconds),
    memory: share(wanted.memory_mb, capacities.memory_mb),
    ...(llm > 0 ? { llm } : {}),
  }
}

/** Cost of amounts for one window in micro-credits, as the economy charges it: rounded up once. */
export function costMicro(wanted: Wanted, prices: UnitPrices, capacities: Capacities, windowMs: number): number {
  return reserveCostMicro({ attention: 0, ...pricesMicroPerS(prices, capacities, windowMs) }, sharesOf(wanted, capacities, windowMs), windowMs)
}
