/** A book as the shadow rule reads it: what each bid offers and wants, in the order of their ties, and what there is. */
export interface Lines {
  readonly bids: readonly { readonly value: number; readonly wants: readonly number[] }[]
  readonly supply: readonly number[]
}

/** Prices that an ascent ended with, what they bound welfare by, and those that it passed on the way, the best last. */
interface Climbed {
  readonly bound: number
  readonly passed: readonly (readonly number[])[]
  readonly prices: readonly number[]
}

/** The ascent's numbers, as `docs/reference/shadow-rule.md` has them. */
const STALE_ROUNDS = 5
const LEAST_STEP = 1e-7
const GAIN = 1e-9
const SMOOTHING = { before: 0.4, now: 0.6 } as const
const SAMPLE = 1000
const NEARER = [
  { margin: 0.25, step: 0.02 },
  { margin: 0.04, step: 0.004 },
] as const
const UNBALANCED = 0.02

const surplusOf = (value: number, wants: readonly number[], prices: readonly number[]): number =>
  wants.reduce((surplus, wanted, r) => surplus - (prices[r] as number) * wanted, value)

/** Bound and demand at some prices, summed in the order of the bids and, within one, of its resources. */
function at(lines: Lines, prices: readonly number[]): { bound: number; demand: number[] } {
  const demand = lines.supply.map(() => 0)
  let bound = lines.supply.reduce((sum, supply, r) => sum + (prices[r] as number) * supply, 0)
  for (const { value, wants } of lines.bids) {
    const surplus = surplusOf(value, wants, prices)
    if (surplus <= 0) continue
    bound += surplus
    wants.forEach((wanted, r) => (demand[r] = (demand[r] as number) + wanted))
  }
  return { bound, demand }
}

interface Start {
  readonly decided: number
  readonly prices: readonly number[]
  readonly scale: readonly number[]
  readonly step: number
  /** What there is of each resource before anything was decided: excess is measured against it. */
  readonly whole: readonly number[]
}

function climb(lines: Lines, { decided, prices: first, scale, step: firstStep, whole }: Start, rounds: number): Climbed {
  let prices = first
  let here = at(lines, prices)
  let best = { bound: decided + here.bound, prices }
  const passed: (readonly number[])[] = []
  let direction = lines.supply.map(() => 0)
  let step = firstStep
  let stale = 0
  for (let round = 0; round < rounds && step > LEAST_STEP; round++) {
    direction = direction.map((before, r) => {
      const supply = whole[r] as number
      const excess = supply > 0 ? ((here.demand[r] as number) - (lines.supply[r] as number)) / supply : 0
      const stays = (prices[r] === 0 && excess < 0) || scale[r] === 0
      return SMOOTHING.now * (stays ? 0 : excess) + SMOOTHING.before * before
    })
    const length = direction.reduce((sum, one) => sum + one * one, 0)
    if (length === 0) break
    const stride = step / Math.sqrt(length)
    prices = prices.map((price, r) => Math.max(0, price + stride * (direction[r] as number) * (scale[r] as number)))
    here = at(lines, prices)
    const bound = decided + here.bound
    if (bound < best.bound * (1 - GAIN)) {
      best = { bound, prices }
      passed.push(prices)
      stale = 0
      continue
    }
    stale += 1
    if (stale < STALE_ROUNDS) continue
    step /= 2
    stale = 0
    prices = best.prices
    direction = direction.map(() => 0)
    here = at(lines, prices)
  }
  return { ...best, passed }
}

const scaleFor = ({ supply }: Lines, worth: number): number[] => supply.map((one) => (one > 0 ? worth / (one * supply.length) : 0))

/** An ascent from prices of zero over the whole book. */
function climbFromZero(lines: Lines, rounds: number): Climbed {
  const prices = lines.supply.map(() => 0)
  return climb(lines, { decided: 0, prices, scale: scaleFor(lines, at(lines, prices).bound), step: 0.5, whole: lines.supply }, rounds)
}

/** Every so-many-th bid with as large a part of the supply. */
function sampled({ bids, supply }: Lines): Lines {
  const every = Math.ceil(bids.length / SAMPLE)
  const some = bids.filter((_, index) => index % every === 0)
  return { bids: some, supply: supply.map((one) => one * (some.length / bids.length)) }
}

/** The bids near the border of winning at some prices; those clearly above it are decided, and their wants off the supply. */
function bordering({ bids, supply }: Lines, prices: readonly number[], margin: number): { decided: number; near: Lines } {
  const standing = bids.map(({ value, wants }) => surplusOf(value, wants, prices))
  const decided = bids.filter(({ value }, index) => (standing[index] as number) > margin * value)
  return {
    decided: decided.reduce((sum, { value }) => sum + value, 0),
    near: {
      bids: bids.filter(({ value }, index) => (standing[index] as number) >= -margin * value && (standing[index] as number) <= margin * value),
      supply: decided.reduce<readonly number[]>((left, { wants }) => left.map((one, r) => one - (wants[r] as number)), supply),
    },
  }
}

function isBalanced({ supply }: Lines, prices: readonly number[], demand: readonly number[]): boolean {
  return supply.every((offered, r) => {
    const excess = (demand[r] as number) - offered
    return excess <= UNBALANCED * offered && (prices[r] === 0 || excess >= -UNBALANCED * offered)
  })
}

/** An ascent over a large book: a sample's prices, then twice those of the bids near the border; over all bids where demand at them shows that it misled. */
function climbLarge(lines: Lines, rounds: number): Climbed {
  const scale = scaleFor(
    lines,
    at(
      lines,
      lines.supply.map(() => 0),
    ).bound,
  )
  let { prices } = climbFromZero(sampled(lines), rounds)
  let { bound } = at(lines, prices)
  for (const { margin, step } of NEARER) {
    const { decided, near } = bordering(lines, prices, margin)
    const found = climb(near, { decided, prices, scale, step, whole: lines.supply }, rounds)
    const reached = at(lines, found.prices).bound
    if (reached < bound) ({ bound, prices } = { bound: reached, prices: found.prices })
  }
  if (isBalanced(lines, prices, at(lines, prices).demand)) return { bound, passed: [], prices }
  const patient = climbFromZero(lines, 2 * rounds)
  return patient.bound < bound ? patient : { bound, passed: [], prices }
}

/** Prices of a book by the shadow rule, per unit of each resource, and those from which its walks start, the best first. */
export function shadowPricesOf(lines: Lines): { readonly prices: readonly number[]; readonly starts: readonly (readonly number[])[] } {
  const count = lines.bids.length
  const [rounds, walks] = count <= 400 ? [400, 24] : count <= 2000 ? [120, 2] : [60, 1]
  const { passed, prices } = count <= 2000 ? climbFromZero(lines, rounds) : climbLarge(lines, rounds)
  const before = passed.slice(0, -1)
  return { prices, starts: [prices, ...before.slice(Math.max(0, before.length - (walks - 1))).reverse()] }
}
