import type { Bundle } from '@syntropism/contract'
import type { Resource } from '../state/index.ts'
import { MS_PER_S, PPM, mulDivCeil } from '../units/index.ts'

const SAFE_MAX = Number.MAX_SAFE_INTEGER

/** Micro-credits per second of the whole capacity of each resource. */
export type Prices = Readonly<Record<Resource, number>>

/** Σ price × share × duration over the bundle, rounded up once, in micro-credits. */
export function reserveCostMicro(prices: Prices, bundle: Bundle, durationMs: number): number {
  const { attention = 0, cpu = 0, llm = 0, memory = 0 } = bundle
  return sharesCostMicro(prices, attention, cpu, llm, memory, durationMs)
}

/** The same for shares in parts per million. */
export function sharesCostMicro(prices: Prices, attention: number, cpu: number, llm: number, memory: number, durationMs: number): number {
  // Most bundles want neither attention nor LLM spend.
  let perSecond = prices.cpu * cpu + prices.memory * memory
  if (attention !== 0) perSecond += prices.attention * attention
  if (llm !== 0) perSecond += prices.llm * llm
  return perSecond <= SAFE_MAX ? mulDivCeil(perSecond, durationMs, PPM * MS_PER_S) : wideCostMicro(prices, [attention, cpu, llm, memory], durationMs)
}

function wideCostMicro(prices: Prices, [attention, cpu, llm, memory]: readonly [number, number, number, number], durationMs: number): number {
  const product = (price: number, share: number): bigint => BigInt(price) * BigInt(share)
  const wide = product(prices.attention, attention) + product(prices.cpu, cpu) + product(prices.llm, llm) + product(prices.memory, memory)
  const divisor = BigInt(PPM * MS_PER_S)
  return Number((wide * BigInt(durationMs) + divisor - 1n) / divisor)
}
