import { FormulaError } from './prices.ts'

/**
 * Proportional sharing (Kelly 1997): each bid gets capacity × weight ÷ Σ weights. Whole units by largest remainder, ties to the earlier bid (house).
 * `price` is Σ weights ÷ capacity as a fraction; without bids nothing is allocated.
 */
export function proportionalShares(input: { capacity: bigint; weights: readonly bigint[] }): {
  price: { denominator: bigint; numerator: bigint }
  shares: bigint[]
} {
  const { capacity, weights } = input
  if (capacity <= 0n) throw new FormulaError(`capacity must be above 0, got ${capacity}`)
  weights.forEach((weight, index) => {
    if (weight < 0n) throw new FormulaError(`weights[${index}] must not be negative, got ${weight}`)
  })
  const total = weights.reduce((sum, weight) => sum + weight, 0n)
  const price = { denominator: capacity, numerator: total }
  if (total === 0n) return { price, shares: weights.map(() => 0n) }
  const shares = weights.map((weight) => (capacity * weight) / total)
  const remainders = weights.map((weight, index) => ({ index, remainder: (capacity * weight) % total }))
  remainders.sort((a, b) => (a.remainder > b.remainder ? -1 : a.remainder < b.remainder ? 1 : a.index - b.index))
  let rest = capacity - shares.reduce((sum, share) => sum + share, 0n)
  for (const { index } of remainders) {
    if (rest === 0n) break
    shares[index] = (shares[index] as bigint) + 1n
    rest -= 1n
  }
  return { price, shares }
}

/**
 * Best response of one user to the bids of the others on divisible hosts (Feldman, Lai, Zhang, EC 2005): spending per host that maximises
 * Σ weight·x ÷ (x + others) within the budget, over the hosts with the largest weight ÷ others.
 */
export function bestResponse(input: { budget: number; others: readonly number[]; weights: readonly number[] }): number[] {
  const { budget, others, weights } = input
  if (others.length !== weights.length) throw new FormulaError(`others and weights must be of one length, got ${others.length} and ${weights.length}`)
  if (!(budget >= 0) || others.some((other) => !(other > 0)) || weights.some((weight) => !(weight >= 0)))
    throw new FormulaError('budget and weights must not be negative, others must be above 0')
  const hosts = weights.map((weight, index) => ({ index, ratio: weight / (others[index] as number) })).sort((a, b) => b.ratio - a.ratio || a.index - b.index)
  const spend = weights.map(() => 0)
  for (let count = hosts.length; count > 0; count--) {
    const chosen = hosts.slice(0, count).map(({ index }) => index)
    const pool = chosen.reduce((sum, k) => sum + (others[k] as number), budget)
    const roots = chosen.map((k) => Math.sqrt((weights[k] as number) * (others[k] as number)))
    const total = roots.reduce((sum, root) => sum + root, 0)
    if (total === 0) break
    const amounts = chosen.map((k, at) => (pool * (roots[at] as number)) / total - (others[k] as number))
    if ((amounts.at(-1) as number) < 0) continue
    chosen.forEach((k, at) => {
      spend[k] = amounts[at] as number
    })
    break
  }
  return spend
}

/** `k` identical units (Krishna, Auction Theory, ch. 12): winners' units, the uniform price (highest rejected bid) and Vickrey payments. Bids are marginal values, per bidder. */
export function multiUnitAuction(input: { bids: readonly (readonly number[])[]; units: number }): {
  uniform_price: number
  units: number[]
  vickrey: number[]
} {
  const { bids, units } = input
  bids.forEach((values, bidder) => {
    if (values.some((value, unit) => !(value >= 0) || value > (values[unit - 1] ?? Infinity)))
      throw new FormulaError(`bids[${bidder}] must be values from 0 that do not rise from unit to unit, got ${values.join(', ')}`)
  })
  const marginal = bids.flatMap((values, bidder) => values.map((value) => ({ bidder, value })))
  marginal.sort((a, b) => b.value - a.value || a.bidder - b.bidder)
  const won = bids.map((_, bidder) => marginal.slice(0, units).filter((one) => one.bidder === bidder).length)
  const vickrey = won.map((count, bidder) => {
    const others = marginal.filter((one) => one.bidder !== bidder).slice(0, units)
    const displaced = others.slice(Math.max(0, units - count)).slice(0, count)
    return displaced.reduce((sum, one) => sum + one.value, 0)
  })
  return { uniform_price: marginal[units]?.value ?? 0, units: won, vickrey }
}

/**
 * Proportional sharing among users who know that their bids move the price (Johari, Tsitsiklis 2004), for utilities of constant slope: the one Nash
 * equilibrium, slope × (1 − share ÷ capacity) = price for everyone who gets something. Welfare is at least 3/4 of giving all to the steepest.
 */
export function anticipatedShares(input: { capacity: number; slopes: readonly number[] }): { price: number; shares: number[]; welfare: number } {
  const { capacity, slopes } = input
  if (!(capacity > 0)) throw new FormulaError(`capacity must be above 0, got ${capacity}`)
  if (slopes.length < 2 || slopes.some((slope) => !(slope > 0))) throw new FormulaError('slopes must be at least two numbers above 0')
  const steepest = [...slopes].sort((a, b) => b - a)
  let price = 0
  let inverse = 1 / (steepest[0] as number)
  for (let count = 2; count <= steepest.length && (steepest[count - 1] as number) > price; count++) {
    inverse += 1 / (steepest[count - 1] as number)
    price = (count - 1) / inverse
  }
  const shares = slopes.map((slope) => capacity * Math.max(0, 1 - price / slope))
  return { price, shares, welfare: shares.reduce((sum, share, i) => sum + share * (slopes[i] as number), 0) }
}

/** Size of a bundle, Σ quantity ÷ supply, as an exact fraction over the product of the supplies; and its density, price ÷ size^exponent. */
export function bundleDensity(input: { exponent: number; price: number; quantities: readonly bigint[]; supply: readonly bigint[] }): {
  density: number
  size: { denominator: bigint; numerator: bigint }
} {
  const { exponent, price, quantities, supply } = input
  if (exponent !== 0 && exponent !== 0.5 && exponent !== 1) throw new FormulaError(`exponent must be 0, 0.5 or 1, got ${exponent}`)
  if (quantities.length !== supply.length || supply.some((amount) => amount <= 0n))
    throw new FormulaError('supply must hold a number above 0 for each quantity')
  const denominator = supply.reduce((product, amount) => product * amount, 1n)
  const numerator = quantities.reduce((sum, quantity, r) => sum + (quantity * denominator) / (supply[r] as bigint), 0n)
  if (numerator <= 0n) throw new FormulaError('quantities must hold at least one above 0')
  return { density: price / (Number(numerator) / Number(denominator)) ** exponent, size: { denominator, numerator } }
}
