import {
  type BidTable,
  type MarketPaymentRule,
  type Mechanism,
  type OrderRoom,
  type PriceCurve,
  type Quantities,
  type Resource,
  clearAtShadowPrices,
  criticalPayments,
  dominantShareOrder,
  bundleCost,
  greedyOrder,
  orderAt,
  supplyPrices,
  unsoundPairing,
  walk,
} from '@syntropism/economy'
import { type Solve, UsageError } from '../engine/index.ts'
import { COLUMNS, WIDTH } from './columns.ts'

/** Exponent of the size in the greedy orders. */
const EXPONENTS = { density: 1, 'density-sqrt': 0.5, 'highest-bid': 0 } as const
type Greedy = keyof typeof EXPONENTS

export interface MarketRules {
  /** All that is for sale at once, as one pool: slots of attention, milli-cores, micro-dollars of LLM spend per minute, MB. */
  readonly capacity: Quantities
  readonly curves: Readonly<Record<Resource, PriceCurve>>
  readonly mechanism: Mechanism
  /** One that is sound under the mechanism. */
  readonly payment_rule: MarketPaymentRule
  /** Length of a prompt's slot; by default that of the economy. */
  readonly attention_slot_ms?: number
  /** Time after which room is kept for the best bid that finds none; 0, the default, for never. */
  readonly starvation_ms?: number
  /** Finds the winners under `exact`. What it answers is checked as live checks it; without an answer the book clears by the highest bid. */
  readonly solve?: Solve
}

const whole = (what: string, value: number, least: number): void => {
  if (!Number.isSafeInteger(value) || value < least) throw new UsageError(`${what} is a whole number of at least ${least}, not ${value}`)
}

/** Throws UsageError when rules do not go together or a number is none. */
export function checkRules({
  attention_slot_ms: slotMs = 1,
  capacity,
  mechanism,
  payment_rule: rule,
  solve,
  starvation_ms: starvationMs = 0,
}: MarketRules): void {
  for (const resource of COLUMNS) whole(`capacity of ${resource}`, capacity[resource], 0)
  whole('attention_slot_ms', slotMs, 1)
  whole('starvation_ms', starvationMs, 0)
  const unsound = unsoundPairing(mechanism, rule)
  if (unsound !== null) throw new UsageError(unsound)
  if (mechanism === 'exact' && solve === undefined) throw new UsageError('the mechanism exact needs a solver: hand one over as "solve"')
}

export interface Cleared {
  /** What each winner is to pay before its reserve and its offer bound it; null when that is what it offered. */
  readonly payments: readonly number[] | null
  /** In order of acceptance. */
  readonly winners: readonly number[]
}

/** Winners of the dual come first, the rest fill up by value over cost at its prices. */
function clearByShadow(table: BidTable, rule: MarketRules['payment_rule']): Cleared {
  const { prices, winners: first } = clearAtShadowPrices(table)
  const won = new Set(first)
  const winners = walk(table, [...first, ...orderAt(table, prices).filter((index) => !won.has(index))])
  if (rule !== 'shadow') return { payments: null, winners }
  const charged = supplyPrices(table, prices)
  return { payments: winners.map((index) => bundleCost(table, index, charged)), winners }
}

/** The highest losing offer when all of a table's bundles are the same; null when they differ, for then no one price is theirs. */
function uniformPrice({ prices, quantities }: BidTable, durations: ArrayLike<number>, winners: readonly number[]): number | null {
  for (let index = 1; index < prices.length; index++) {
    if (durations[index] !== durations[0]) return null
    for (let r = 0; r < WIDTH; r++) if (quantities[index * WIDTH + r] !== quantities[r]) return null
  }
  const lost = new Uint8Array(prices.length).fill(1)
  for (const index of winners) lost[index] = 0
  let highest = 0
  for (let index = 0; index < prices.length; index++) if (lost[index] === 1) highest = Math.max(highest, prices[index] as number)
  return highest
}

/** Clears a table by the economy's own rules. Under `uniform` it holds bids that fit nowhere too. */
export function clearTable(
  table: BidTable,
  { mechanism, payment_rule: rule }: Pick<MarketRules, 'mechanism' | 'payment_rule'>,
  durations: () => ArrayLike<number>,
  room: OrderRoom,
): Cleared {
  if (mechanism === 'shadow') return clearByShadow(table, rule)
  if (mechanism === 'drf') return { payments: null, winners: walk(table, dominantShareOrder(table)) }
  const exponent = EXPONENTS[mechanism as Greedy]
  const order = greedyOrder(table, exponent, room)
  if (rule !== 'critical') {
    const winners = walk(table, order)
    const price = rule === 'uniform' ? uniformPrice(table, durations(), winners) : null
    return { payments: price === null ? null : winners.map(() => price), winners }
  }
  const payments = criticalPayments(table, exponent, order)
  return { payments: [...payments.values()], winners: [...payments.keys()] }
}
