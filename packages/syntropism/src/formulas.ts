import {
  allocativeEfficiency,
  bestResponse,
  callMarket,
  cobbDouglas,
  debtTemperature,
  dominantShareTasks,
  exponentialWealth,
  fakeExponential,
  geometricWealth,
  gini,
  jain,
  linearThreshold,
  multiUnitAuction,
  nextBaseFee,
  nextExcess,
  proportionalShares,
  savingWealth,
  scarfExcessDemand,
  splitFee,
  tatonnement,
  volumeWeightedPrice,
  zipStep,
} from '@syntropism/economy'
import { z } from 'zod'

/** Whole numbers of any size: JSON numbers while they are exact, else digits in a string. */
const whole = z.union([z.int().nonnegative(), z.string().regex(/^\d+$/)]).transform(BigInt)
const wholeOut = z.union([z.int(), z.string().regex(/^-?\d+$/)])
const number = z.number()
const numbers = z.array(number)

export interface Formula {
  readonly input: z.ZodType
  readonly output: z.ZodType
  readonly run: (input: unknown) => unknown
  readonly source: string
}

/** Ties a function to the schema of its one argument; the input is checked before the function sees it. */
function formula<Input extends z.ZodType>(source: string, input: Input, output: z.ZodType, compute: (input: z.output<Input>) => unknown): Formula {
  return { input, output, run: (value) => compute(input.parse(value)), source }
}

const curve = z.strictObject({
  ceiling_micro_per_s: z.int().positive(),
  down_ppm: z.int().nonnegative(),
  floor_micro_per_s: z.int().nonnegative(),
  high_ppm: z.int(),
  low_ppm: z.int(),
  up_ppm: z.int().nonnegative(),
})
/** The linear curve's steps and bounds where none are given. */
export const LINEAR = { ceiling_micro_per_s: 1_000_000_000, down_ppm: 50_000, floor_micro_per_s: 10_000, high_ppm: 800_000, low_ppm: 200_000, up_ppm: 100_000 }

/** Every published formula by name. Arguments are objects with the names their sources use. */
export const FORMULAS: Readonly<Record<string, Formula>> = {
  'allocative-efficiency': formula('Gode, Sunder 1993', z.strictObject({ earned: number, possible: number }), number, allocativeEfficiency),
  'base-fee': formula(
    'EIP-1559',
    z.strictObject({ base: whole, denominator: whole.prefault(8), elasticity: whole.prefault(2), limit: whole, used: whole }),
    wholeOut,
    nextBaseFee,
  ),
  'best-response': formula('Feldman, Lai, Zhang 2005', z.strictObject({ budget: number, others: numbers, weights: numbers }), numbers, bestResponse),
  'call-market': formula(
    'call market; interval of clearing prices',
    z.strictObject({ costs: z.array(whole), values: z.array(whole) }),
    z.object({ high: wholeOut.nullable(), low: wholeOut.nullable(), quantity: z.int(), surplus: wholeOut }),
    callMarket,
  ),
  'cobb-douglas': formula(
    'Fisher market with Cobb-Douglas buyers',
    z.strictObject({ budgets: numbers, supply: numbers, weights: z.array(numbers) }),
    z.object({ allocation: z.array(numbers), prices: numbers }),
    cobbDouglas,
  ),
  'debt-temperature': formula('Drăgulescu, Yakovenko 2000', z.strictObject({ debt: number, mean: number }), number, debtTemperature),
  'dominant-shares': formula(
    'Ghodsi et al. 2011',
    z.strictObject({ capacity: numbers, demands: z.array(numbers) }),
    z.object({ dominant_shares: numbers, tasks: z.array(z.int()) }),
    ({ capacity, demands }) => dominantShareTasks(capacity, demands),
  ),
  excess: formula('EIP-4844', z.strictObject({ excess: whole, target: whole, used: whole }), wholeOut, nextExcess),
  'exponential-wealth': formula(
    'pool and split uniformly',
    z.strictObject({ agents: z.int() }),
    z.object({ gini_of_sample: number, hoover: number, mean_log_deviation: number, theil: number }),
    exponentialWealth,
  ),
  'fake-exponential': formula('EIP-4844', z.strictObject({ denominator: whole, factor: whole, numerator: whole }), wholeOut, fakeExponential),
  'geometric-wealth': formula(
    'Drăgulescu, Yakovenko 2000',
    z.strictObject({ mean: number }),
    z.object({ broke_share: number, entropy: number, gini: number, ratio: number }),
    geometricWealth,
  ),
  gini: formula('population form', z.strictObject({ values: numbers }), number, ({ values }) => gini(values)),
  jain: formula('Jain 1984', z.strictObject({ values: numbers }), number, ({ values }) => jain(values)),
  'linear-threshold': formula(
    'linear threshold curve, integer form',
    z.strictObject({ curve: curve.default(LINEAR), price_micro_per_s: z.int().nonnegative(), sold_ppm: z.int().min(0).max(1_000_000) }),
    z.int(),
    (input) => linearThreshold(input.curve, input.price_micro_per_s, input.sold_ppm),
  ),
  'multi-unit': formula(
    'Krishna, Auction Theory, ch. 12',
    z.strictObject({ bids: z.array(numbers), units: z.int().positive() }),
    z.object({ uniform_price: number, units: z.array(z.int()), vickrey: numbers }),
    multiUnitAuction,
  ),
  'proportional-shares': formula(
    'Kelly 1997',
    z.strictObject({ capacity: whole, weights: z.array(whole) }),
    z.object({ price: z.object({ denominator: wholeOut, numerator: wholeOut }), shares: z.array(wholeOut) }),
    proportionalShares,
  ),
  'saving-wealth': formula(
    'Chakraborti, Chakrabarti 2000',
    z.strictObject({ saving: number }),
    z.object({ gini: number, shape: number, variance: number }),
    savingWealth,
  ),
  'scarf-excess-demand': formula('Scarf 1960', z.strictObject({ prices: z.tuple([number, number, number]) }), z.tuple([number, number, number]), ({ prices }) =>
    scarfExcessDemand(prices),
  ),
  'split-fee': formula(
    'EIP-1559',
    z.strictObject({ base: whole, max_fee: whole, max_tip: whole, units: whole }),
    z.object({ admitted: z.boolean(), burned: wholeOut, refunded: wholeOut, tip: wholeOut }),
    splitFee,
  ),
  tatonnement: formula(
    'Walras; constant spending',
    z.strictObject({ budget: number, gain: number, price: number, steps: z.int().min(0).max(100_000), supply: number }),
    numbers,
    tatonnement,
  ),
  'volume-weighted-price': formula(
    'volume-weighted average',
    z.strictObject({ sales: z.array(z.strictObject({ credits: number, duration: number, units: number })) }),
    number.nullable(),
    ({ sales }) => volumeWeightedPrice(sales),
  ),
  'zip-step': formula(
    'Cliff 1997',
    z.strictObject({
      absolute: number,
      learning_rate: number,
      limit: number,
      margin: number,
      momentum: number,
      momentum_state: number,
      relative: number,
      shout: number,
    }),
    z.object({ delta: number, margin: number, momentum_state: number, target: number }),
    zipStep,
  ),
}

/** Big integers as JSON: numbers while exact, else digits in a string. */
export const toJson = (value: unknown): string =>
  JSON.stringify(value, (_key, one: unknown) =>
    typeof one === 'bigint' ? (one <= BigInt(Number.MAX_SAFE_INTEGER) && one >= BigInt(Number.MIN_SAFE_INTEGER) ? Number(one) : String(one)) : one,
  )
