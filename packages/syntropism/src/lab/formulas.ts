import {
  MECHANISMS,
  PAYMENT_RULES,
  allocativeEfficiency,
  anticipatedShares,
  bestResponse,
  bundleDensity,
  callMarket,
  clearBook,
  cliffExpectedPrice,
  cobbDouglas,
  corePayments,
  debtTemperature,
  dominantShareAmounts,
  dominantShareTasks,
  exchangeBurnIn,
  exponentialWealth,
  fakeExponential,
  geometricShare,
  geometricWealth,
  gini,
  giniOfPairs,
  giniOfSample,
  jain,
  linearFisher,
  linearThreshold,
  meanAbsoluteDifference,
  multiUnitAuction,
  nextBaseFee,
  nextExcess,
  proportionalShares,
  savingWealth,
  scarfExcessDemand,
  splitFee,
  splitVolumeWeightedPrices,
  tatonnement,
  tatonnementAfter,
  volumeWeightedPrice,
  zeroIntelligenceQuote,
  zipMove,
  zipStep,
} from '@syntropism/economy'
import { Book } from '@syntropism/contract'
import { z } from 'zod'

/** Whole numbers of any size: JSON numbers while they are exact, else digits in a string. */
const whole = z.union([z.int().nonnegative(), z.string().regex(/^\d+$/)]).transform(BigInt)
const wholeOut = z.union([z.int(), z.string().regex(/^-?\d+$/)])
const number = z.number()
const numbers = z.array(number)

/** Big integers as JSON: numbers while exact, else digits in a string. */
const toJson = (value: unknown): string =>
  JSON.stringify(value, (_key, one: unknown) =>
    typeof one === 'bigint' ? (one <= BigInt(Number.MAX_SAFE_INTEGER) && one >= BigInt(Number.MIN_SAFE_INTEGER) ? Number(one) : String(one)) : one,
  )

const naturals = z.strictObject({ values: z.array(number.nonnegative()) })
/** Shares of a whole, which there must be: all zero, or a sum above 0. Some may be debts. */
const wealths = z
  .strictObject({ values: numbers })
  .refine(({ values }) => values.every((value) => value === 0) || values.reduce((sum, value) => sum + value, 0) > 0, 'must add up to more than 0, or all be 0')

export interface Formula {
  readonly input: z.ZodType
  readonly output: z.ZodType
  readonly run: (input: unknown) => unknown
  readonly source: string
}

/** Ties a function to the schema of its one argument; the input is checked before the function sees it, and the output before anybody does. */
function formula<Input extends z.ZodType>(source: string, input: Input, output: z.ZodType, compute: (input: z.output<Input>) => unknown): Formula {
  const run = (value: unknown): unknown => {
    const answer: unknown = JSON.parse(toJson(compute(input.parse(value))))
    if (!output.safeParse(answer).success) throw new RangeError('these numbers are too large or too small: the answer is no finite number')
    return answer
  }
  return { input, output, run, source }
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
const LINEAR = { ceiling_micro_per_s: 1_000_000_000, down_ppm: 50_000, floor_micro_per_s: 10_000, high_ppm: 800_000, low_ppm: 200_000, up_ppm: 100_000 }

/** Every published formula by name. Arguments are objects with the names their sources use. */
export const FORMULAS: Readonly<Record<string, Formula>> = {
  'allocative-efficiency': formula('Gode, Sunder 1993', z.strictObject({ earned: number, possible: number }), number, allocativeEfficiency),
  'anticipated-shares': formula(
    'Johari, Tsitsiklis 2004',
    z.strictObject({ capacity: number, slopes: numbers }),
    z.object({ price: number, shares: numbers, welfare: number }),
    anticipatedShares,
  ),
  'base-fee': formula(
    'EIP-1559',
    z.strictObject({ base: whole, denominator: whole.prefault(8), elasticity: whole.prefault(2), limit: whole, used: whole }),
    wholeOut,
    nextBaseFee,
  ),
  'best-response': formula('Feldman, Lai, Zhang 2005', z.strictObject({ budget: number, others: numbers, weights: numbers }), numbers, bestResponse),
  'bundle-density': formula(
    "Lehmann, O'Callaghan, Shoham 2002; size of many units: house",
    z.strictObject({ exponent: number, price: number, quantities: z.array(whole), supply: z.array(whole) }),
    z.object({ density: number, size: z.object({ denominator: wholeOut, numerator: wholeOut }) }),
    bundleDensity,
  ),
  'call-market': formula(
    'call market; interval of clearing prices',
    z.strictObject({ costs: z.array(whole), values: z.array(whole) }),
    z.object({ high: wholeOut.nullable(), low: wholeOut.nullable(), quantity: z.int(), surplus: wholeOut }),
    callMarket,
  ),
  clear: formula(
    'greedy, shadow and fair clearing of a book with its payments',
    z.strictObject({ book: Book, mechanism: z.enum(MECHANISMS).exclude(['exact']), payments: z.enum(PAYMENT_RULES).exclude(['vcg']).default('bid') }),
    z.looseObject({ payments: z.record(z.string(), number), welfare: number, winners: z.array(z.string()) }),
    ({ book, mechanism, payments }) => clearBook(book, mechanism, payments),
  ),
  'cliff-expected-price': formula(
    'Cliff 1997',
    z.strictObject({ costs: numbers, price_max: z.int().positive().max(1_000_000), values: numbers }),
    number.nullable(),
    cliffExpectedPrice,
  ),
  'cobb-douglas': formula(
    'Fisher market with Cobb-Douglas buyers',
    z.strictObject({ budgets: numbers, supply: numbers, weights: z.array(numbers) }),
    z.object({ allocation: z.array(numbers), prices: numbers }),
    cobbDouglas,
  ),
  'core-payments': formula(
    'Clarke; Day, Cramton 2012: VCG and core payments of the optimum',
    Book,
    z.object({ core: z.record(z.string(), number), vcg: z.record(z.string(), number), welfare: number, winners: z.array(z.string()) }),
    corePayments,
  ),
  'debt-temperature': formula('Drăgulescu, Yakovenko 2000', z.strictObject({ debt: number, mean: number }), number, debtTemperature),
  'dominant-shares': formula(
    'Ghodsi et al. 2011',
    z.strictObject({ capacity: numbers, demands: z.array(numbers), go_on: z.boolean().default(false), weights: numbers.optional() }),
    z.object({ dominant_shares: numbers, tasks: z.array(z.int()) }),
    ({ capacity, demands, go_on, weights }) => dominantShareTasks(capacity, demands, { go_on, ...(weights === undefined ? {} : { weights }) }),
  ),
  'dominant-shares-divisible': formula(
    'Ghodsi et al. 2011, divisible tasks',
    z.strictObject({ capacity: numbers, demands: z.array(numbers), weights: numbers.optional() }),
    z.object({ dominant_shares: numbers, tasks: numbers }),
    ({ capacity, demands, weights }) => dominantShareAmounts(capacity, demands, weights),
  ),
  excess: formula('EIP-4844', z.strictObject({ excess: whole, target: whole, used: whole }), wholeOut, nextExcess),
  'exchange-burn-in': formula('house', z.strictObject({ agents: z.int(), mean: number }), z.int(), exchangeBurnIn),
  'exponential-wealth': formula(
    'pool and split uniformly',
    z.strictObject({ agents: z.int() }),
    z.object({ gini_of_pairs: number, gini_of_sample: number, hoover: number, mean_log_deviation: number, theil: number }),
    exponentialWealth,
  ),
  'fake-exponential': formula('EIP-4844', z.strictObject({ denominator: whole, factor: whole, numerator: whole }), wholeOut, fakeExponential),
  'geometric-share': formula('Drăgulescu, Yakovenko 2000', z.strictObject({ coins: z.int(), mean: number }), number, geometricShare),
  'geometric-wealth': formula(
    'Drăgulescu, Yakovenko 2000',
    z.strictObject({ mean: number }),
    z.object({ broke_share: number, entropy: number, gini: number, ratio: number }),
    geometricWealth,
  ),
  gini: formula('population form', wealths, number, ({ values }) => gini(values)),
  'gini-pairs': formula('by all pairs', wealths, number, ({ values }) => giniOfPairs(values)),
  'gini-sample': formula('small-sample form', wealths, number, ({ values }) => giniOfSample(values)),
  jain: formula('Jain 1984', naturals, number, ({ values }) => jain(values)),
  'linear-fisher': formula(
    'Eisenberg, Gale 1959, by proportional response',
    z.strictObject({ budgets: numbers, supply: numbers, utilities: z.array(numbers) }),
    z.object({ allocation: z.array(numbers), prices: numbers }),
    linearFisher,
  ),
  'linear-threshold': formula(
    'linear threshold curve, integer form',
    z.strictObject({ curve: curve.default(LINEAR), price_micro_per_s: z.int().nonnegative(), sold_ppm: z.int().min(0).max(1_000_000) }),
    z.int(),
    (input) => linearThreshold(input.curve, input.price_micro_per_s, input.sold_ppm),
  ),
  'mean-absolute-difference': formula('over all pairs', z.strictObject({ values: numbers }), number, meanAbsoluteDifference),
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
  'split-volume-weighted-prices': formula(
    'house: volume-weighted prices that add up',
    z.strictObject({ prices: numbers, sales: z.array(z.strictObject({ credits: number, duration: number, units: numbers })) }),
    z.array(number.nullable()),
    splitVolumeWeightedPrices,
  ),
  tatonnement: formula(
    'Walras; constant spending',
    z.strictObject({ budget: number, gain: number, price: number, steps: z.int().min(0).max(100_000), supply: number }),
    numbers,
    tatonnement,
  ),
  'tatonnement-after': formula(
    'Walras; constant spending, in one go',
    z.strictObject({ budget: number, gain: number, price: number, steps: z.int().nonnegative(), supply: number }),
    z.object({ converges: z.boolean(), overshoots: z.boolean(), price: number }),
    tatonnementAfter,
  ),
  'volume-weighted-price': formula(
    'volume-weighted average',
    z.strictObject({ sales: z.array(z.strictObject({ credits: number, duration: number, units: number })) }),
    number.nullable(),
    ({ sales }) => volumeWeightedPrice(sales),
  ),
  'zero-intelligence-quote': formula(
    'Gode, Sunder 1993',
    z.strictObject({ constrained: z.boolean(), draw: number, limit: z.int(), price_max: z.int(), side: z.enum(['buyer', 'seller']) }),
    z.int(),
    zeroIntelligenceQuote,
  ),
  'zip-move': formula(
    'Cliff 1997',
    z.strictObject({
      shout: z.strictObject({ accepted: z.boolean(), kind: z.enum(['bid', 'offer']), price: number }),
      trader: z.strictObject({ active: z.boolean(), price: number, side: z.enum(['buyer', 'seller']) }),
    }),
    z.enum(['raise', 'lower', 'stay']),
    zipMove,
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
