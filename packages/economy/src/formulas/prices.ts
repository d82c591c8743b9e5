/** A formula was given a value outside its domain. */
export class FormulaError extends RangeError {}

const positive = (value: bigint, name: string): void => {
  if (value <= 0n) throw new FormulaError(`${name} must be above 0, got ${value}`)
}
const natural = (value: bigint, name: string): void => {
  if (value < 0n) throw new FormulaError(`${name} must not be negative, got ${value}`)
}

/**
 * Next base fee (EIP-1559): target = limit ÷ elasticity, rounded down; above it the fee rises by base·(used−target)÷target÷denominator, at least 1;
 * below it falls by the same, rounded down. Floor prices are a separate clamp.
 */
export function nextBaseFee(input: { base: bigint; denominator?: bigint; elasticity?: bigint; limit: bigint; used: bigint }): bigint {
  const { base, denominator = 8n, elasticity = 2n, limit, used } = input
  natural(base, 'base')
  natural(used, 'used')
  positive(denominator, 'denominator')
  positive(elasticity, 'elasticity')
  const target = limit / elasticity
  positive(target, 'limit ÷ elasticity')
  if (used > limit) throw new FormulaError(`used must be at most the limit of ${limit}, got ${used}`)
  if (used === target) return base
  if (used < target) return base - (base * (target - used)) / target / denominator
  const rise = (base * (used - target)) / target / denominator
  return base + (rise > 0n ? rise : 1n)
}

/** How a fee bid is split (EIP-1559): admitted when `max_fee` reaches the base; the base is burned, the tip paid, the rest refunded. */
export function splitFee(input: { base: bigint; max_fee: bigint; max_tip: bigint; units: bigint }): {
  admitted: boolean
  burned: bigint
  refunded: bigint
  tip: bigint
} {
  const { base, max_fee: maxFee, max_tip: maxTip, units } = input
  for (const [name, value] of Object.entries(input)) natural(value, name)
  if (maxFee < base) return { admitted: false, burned: 0n, refunded: units * maxFee, tip: 0n }
  const tip = maxTip < maxFee - base ? maxTip : maxFee - base
  return { admitted: true, burned: units * base, refunded: units * (maxFee - base - tip), tip: units * tip }
}

/** Accumulated excess over the target (EIP-4844). */
export function nextExcess(input: { excess: bigint; target: bigint; used: bigint }): bigint {
  for (const [name, value] of Object.entries(input)) natural(value, name)
  const next = input.excess + input.used - input.target
  return next > 0n ? next : 0n
}

/** Past this exponent a term has thousands of digits, and nobody's price does. */
const EXPONENT_MOST = 10_000n

/** factor · e^(numerator ÷ denominator) by its Taylor series in integers, every term rounded down (EIP-4844, fake_exponential). */
export function fakeExponential(input: { denominator: bigint; factor: bigint; numerator: bigint }): bigint {
  const { denominator, factor, numerator } = input
  positive(denominator, 'denominator')
  natural(factor, 'factor')
  natural(numerator, 'numerator')
  if (numerator > denominator * EXPONENT_MOST) throw new FormulaError(`numerator must be at most ${EXPONENT_MOST} times the denominator, got ${numerator}`)
  let out = 0n
  let term = factor * denominator
  for (let i = 1n; term > 0n; i += 1n) {
    out += term
    term = (term * numerator) / (denominator * i)
  }
  return out / denominator
}

/** Clearing price of a call market: quantity traded, the interval of prices that clear (null where unbounded), and the surplus. Values and costs in any order. */
export function callMarket(input: { costs: readonly bigint[]; values: readonly bigint[] }): {
  high: bigint | null
  low: bigint | null
  quantity: number
  surplus: bigint
} {
  const up = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0)
  const values = [...input.values].sort((a, b) => up(b, a))
  const costs = [...input.costs].sort(up)
  let quantity = 0
  let surplus = 0n
  for (; quantity < Math.min(values.length, costs.length); quantity++) {
    const gain = (values[quantity] as bigint) - (costs[quantity] as bigint)
    if (gain < 0n) break
    surplus += gain
  }
  const pick = (most: boolean, candidates: readonly (bigint | undefined)[]): bigint | null =>
    candidates.reduce<bigint | null>((best, one) => (one === undefined ? best : best === null || (most ? one > best : one < best) ? one : best), null)
  const low = pick(true, [costs[quantity - 1], values[quantity]])
  const high = pick(false, [values[quantity - 1], costs[quantity]])
  return { high, low, quantity, surplus }
}

/** Volume-weighted price per resource: Σ winning credits ÷ Σ units × duration; null when nothing was sold. Each winner's credits count for every resource of its bundle. */
export function volumeWeightedPrice(sales: readonly { readonly credits: number; readonly duration: number; readonly units: number }[]): number | null {
  let credits = 0
  let volume = 0
  for (const sale of sales) {
    credits += sale.credits
    volume += sale.units * sale.duration
  }
  return volume === 0 ? null : credits / volume
}

/**
 * Volume-weighted prices that add up (house): a winner's credits are spread over its resources as their costs at `prices` are, so that the parts add up to
 * what was paid. Per resource Σ parts ÷ Σ units × duration; null when nothing of it was sold.
 */
export function splitVolumeWeightedPrices(input: {
  prices: readonly number[]
  sales: readonly { readonly credits: number; readonly duration: number; readonly units: readonly number[] }[]
}): (number | null)[] {
  const { prices, sales } = input
  const credits = prices.map(() => 0)
  const volume = prices.map(() => 0)
  sales.forEach((sale, index) => {
    if (sale.units.length !== prices.length) throw new FormulaError(`sales[${index}].units must hold ${prices.length} numbers, got ${sale.units.length}`)
    const costs = sale.units.map((units, r) => units * (prices[r] as number))
    const cost = costs.reduce((sum, one) => sum + one, 0)
    if (!(cost > 0)) throw new FormulaError(`sales[${index}] costs nothing at these prices, so its credits cannot be spread`)
    costs.forEach((one, r) => {
      credits[r] = (credits[r] as number) + (sale.credits * one) / cost
      volume[r] = (volume[r] as number) + (sale.units[r] as number) * sale.duration
    })
  })
  return volume.map((sold, r) => (sold === 0 ? null : (credits[r] as number) / sold))
}
