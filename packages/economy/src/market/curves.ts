import type { Params, PriceCurve } from '@syntropism/contract'
import { fakeExponential, nextBaseFee, nextExcess } from '../formulas/index.ts'
import type { Resource } from '../state/index.ts'
import { MICRO_PER_CREDIT, PPM, mulDivCeil, mulDivFloor } from '../units/index.ts'

const SECONDS_PER_MINUTE = 60

/** Where a curve stands: the price, and under `excess` what has been sold over the target so far, in parts per million × periods. */
export interface CurvePoint {
  readonly excess_ppm: number
  readonly price_micro_per_s: number
}

const clamp = (curve: PriceCurve, price: number): number => Math.min(curve.ceiling_micro_per_s, Math.max(curve.floor_micro_per_s, price))
const toNumber = (value: bigint): number => (value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(value))

/** What a second of the whole LLM capacity costs upstream, in micro-credits, rounded up; 0 when a credit has no value in dollars. */
export function llmCostMicroPerS(params: Params): number {
  const { credit_value_micro_usd: value, llm_keys_micro_usd_per_minute: kept, llm_micro_usd_per_minute: cap } = params
  return value === 0 || cap <= kept ? 0 : mulDivCeil(cap - kept, MICRO_PER_CREDIT, SECONDS_PER_MINUTE * value)
}

/** The curve of a resource with the floor that real cost puts under it; a ceiling below that floor gives way. */
export function curveOf(params: Params, resource: Resource): PriceCurve {
  const curve = params.curves[resource]
  const cost = resource === 'llm' ? llmCostMicroPerS(params) : 0
  return cost <= curve.floor_micro_per_s ? curve : { ...curve, ceiling_micro_per_s: Math.max(cost, curve.ceiling_micro_per_s), floor_micro_per_s: cost }
}

/**
 * Linear threshold curve: at or above `high_ppm` sold the price rises by `up_ppm`, at or below `low_ppm` it falls by `down_ppm`, both rounded
 * down but by at least one upwards; then floor and ceiling. Prices in micro-credits per second of the whole capacity.
 */
export function linearThreshold(
  curve: Pick<PriceCurve, 'ceiling_micro_per_s' | 'down_ppm' | 'floor_micro_per_s' | 'high_ppm' | 'low_ppm' | 'up_ppm'>,
  priceMicroPerS: number,
  soldPpm: number,
): number {
  let next = priceMicroPerS
  if (soldPpm >= curve.high_ppm) next += Math.max(1, mulDivFloor(priceMicroPerS, curve.up_ppm, PPM))
  else if (soldPpm <= curve.low_ppm) next -= mulDivFloor(priceMicroPerS, curve.down_ppm, PPM)
  return Math.min(curve.ceiling_micro_per_s, Math.max(curve.floor_micro_per_s, next))
}

/** The next base fee of EIP-1559, the target being a share of the capacity instead of an even part of a limit. */
function baseFee(curve: PriceCurve, price: number, soldPpm: number): number {
  const elasticity = Math.ceil(PPM / curve.target_ppm)
  return toNumber(
    nextBaseFee({
      base: BigInt(price),
      denominator: BigInt(curve.change_denominator),
      elasticity: BigInt(elasticity),
      limit: BigInt(curve.target_ppm * elasticity),
      used: BigInt(soldPpm),
    }),
  )
}

/** Price at an excess: floor × e^(excess ÷ speed), by the integer series of EIP-4844. */
const priceAtExcess = (curve: PriceCurve, excessPpm: number): number =>
  toNumber(fakeExponential({ denominator: BigInt(curve.excess_per_e_ppm), factor: BigInt(curve.floor_micro_per_s), numerator: BigInt(excessPpm) }))

/** Least excess at which the price is at least this one: where an `excess` curve starts from a given price. */
function excessForPrice(curve: PriceCurve, priceMicroPerS: number): number {
  let above = 1
  while (priceAtExcess(curve, above) < priceMicroPerS && above < Number.MAX_SAFE_INTEGER / 4) above *= 2
  let least = 0
  while (least < above) {
    const middle = Math.floor((least + above) / 2)
    if (priceAtExcess(curve, middle) >= priceMicroPerS) above = middle
    else least = middle + 1
  }
  return least
}

/** Excess over the target after a period, no further than the ceiling: demand above it leaves no debt to work off. */
function accumulate(curve: PriceCurve, point: CurvePoint, soldPpm: number): CurvePoint {
  const excess = toNumber(nextExcess({ excess: BigInt(point.excess_ppm), target: BigInt(curve.target_ppm), used: BigInt(soldPpm) }))
  const price = priceAtExcess(curve, excess)
  return price > curve.ceiling_micro_per_s
    ? { excess_ppm: excessForPrice(curve, curve.ceiling_micro_per_s), price_micro_per_s: curve.ceiling_micro_per_s }
    : { excess_ppm: excess, price_micro_per_s: price }
}

/** Where a curve stands at a given price. */
export function pointAt(curve: PriceCurve, priceMicroPerS: number): CurvePoint {
  const price = clamp(curve, priceMicroPerS)
  return { excess_ppm: curve.kind === 'excess' ? excessForPrice(curve, price) : 0, price_micro_per_s: price }
}

/**
 * Where a curve goes at the end of a period that sold `soldPpm` on average. `refusedMicroPerS` is asked only by `clearing`: the highest price at
 * which demand did not fit supply, or null when all demand fits.
 */
export function nextPoint(curve: PriceCurve, point: CurvePoint, soldPpm: number, refusedMicroPerS: () => number | null): CurvePoint {
  const price = point.price_micro_per_s
  switch (curve.kind) {
    case 'linear':
      return { excess_ppm: 0, price_micro_per_s: linearThreshold(curve, price, soldPpm) }
    case 'base-fee':
      return { excess_ppm: 0, price_micro_per_s: clamp(curve, baseFee(curve, price, soldPpm)) }
    case 'excess':
      return accumulate(curve, point, soldPpm)
    case 'clearing':
      return { excess_ppm: 0, price_micro_per_s: clamp(curve, refusedMicroPerS() ?? curve.floor_micro_per_s) }
  }
}
