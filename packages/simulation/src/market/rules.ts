import {
  type BidTable,
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
import { UsageError } from '../engine/index.ts'
import { COLUMNS } from './columns.ts'

/** Exponent of the size in the greedy orders. */
const EXPONENTS = { density: 1, 'density-sqrt': 0.5, 'highest-bid': 0 } as const
type Greedy = keyof typeof EXPONENTS

export interface MarketRules {
  /** All that is for sale at once, as one pool: slots of attention, milli-cores, micro-dollars of LLM spend per minute, MB. */
  readonly capacity: Quantities
  readonly curves: Readonly<Record<Resource, PriceCurve>>
  readonly mechanism: Greedy | 'drf' | 'shadow'
  /** `critical` with a greedy mechanism only, `shadow` with `shadow` only. */
  readonly payment_rule: 'bid' | 'critical' | 'shadow'
}

/** Throws UsageError when rules do not go together or a capacity is none. */
export function checkRules({ capacity, curves, mechanism, payment_rule: rule }: MarketRules): void {
  for (const resource of COLUMNS)
    if (!Number.isSafeInteger(capacity[resource]) || capacity[resource] < 0)
      throw new UsageError(`capacity of ${resource} is a whole number of at least 0, not ${capacity[resource]}`)
  for (const resource of COLUMNS)
    if (curves[resource].kind === 'clearing')
      throw new UsageError(
        `the curve of ${resource} is one of linear, base-fee, excess: a population's book shows no demand curve to find a clearing price from`,
      )
  const unsound = unsoundPairing(mechanism, rule)
  if (unsound !== null) throw new UsageError(unsound)
}

interface Cleared {
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
  if (rule === 'bid') return { payments: null, winners }
  const whole = supplyPrices(table, prices)
  return { payments: winners.map((index) => bundleCost(table, index, whole)), winners }
}

/** Clears a table by the economy's own rules. */
export function clearTable(table: BidTable, { mechanism, payment_rule: rule }: MarketRules): Cleared {
  if (mechanism === 'shadow') return clearByShadow(table, rule)
  if (mechanism === 'drf') return { payments: null, winners: walk(table, dominantShareOrder(table)) }
  const order = greedyOrder(table, EXPONENTS[mechanism])
  if (rule === 'bid') return { payments: null, winners: walk(table, order) }
  const payments = criticalPayments(table, EXPONENTS[mechanism], order)
  return { payments: [...payments.values()], winners: [...payments.keys()] }
}
