import {
  type BidTable,
  type PriceCurve,
  type Quantities,
  type Resource,
  clearAtShadowPrices,
  criticalPayments,
  dominantShareOrder,
  greedyOrder,
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
  /** `critical` with a greedy mechanism only. */
  readonly payment_rule: 'bid' | 'critical'
}

const isGreedy = (mechanism: MarketRules['mechanism']): mechanism is Greedy => mechanism in EXPONENTS

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
  if (rule === 'critical' && !isGreedy(mechanism))
    throw new UsageError(`critical values are defined for the greedy rules (${Object.keys(EXPONENTS).join(', ')}), not for ${mechanism}`)
}

/** Winners of a table in order of acceptance, and what each would pay before reserve and offer bound it; null payments are the offers. */
export function clearTable(
  table: BidTable,
  { mechanism, payment_rule: rule }: MarketRules,
): { readonly payments: readonly number[] | null; readonly winners: readonly number[] } {
  if (!isGreedy(mechanism))
    return { payments: null, winners: mechanism === 'drf' ? walk(table, dominantShareOrder(table)) : clearAtShadowPrices(table).winners }
  const order = greedyOrder(table, EXPONENTS[mechanism])
  if (rule === 'bid') return { payments: null, winners: walk(table, order) }
  const payments = criticalPayments(table, EXPONENTS[mechanism], order)
  return { payments: [...payments.values()], winners: [...payments.keys()] }
}
