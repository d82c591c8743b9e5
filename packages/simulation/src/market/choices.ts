import { type MarketPaymentRule, type Mechanism, type PriceCurve, unsoundPairing } from '@syntropism/economy'
import { type ParamSpec, UsageError, type World } from '../engine/index.ts'

type ChoiceSpec = Extract<ParamSpec, { kind: 'choice' }>

/** Parameters of models that leave it to the caller who wins and what winners pay. */
export const RULE_PARAMS: Readonly<Record<'mechanism' | 'payments', ChoiceSpec>> = {
  mechanism: {
    choices: ['highest-bid', 'density', 'density-sqrt', 'drf', 'shadow', 'exact'],
    default: 'highest-bid',
    description: "who wins: the economy's mechanisms",
    kind: 'choice',
  },
  payments: {
    choices: ['bid', 'critical', 'uniform', 'shadow', 'vcg', 'posted'],
    default: 'bid',
    description: 'what winners pay; only what is sound under the mechanism',
    kind: 'choice',
  },
}

/** How a price moves; `fixed` for one that does not. */
export const CURVES = ['fixed', 'linear', 'base-fee', 'excess', 'clearing'] as const
export type CurveChoice = (typeof CURVES)[number]

/** Under posted prices, what a bid offers over the price. */
export const TIP_PARAM: ParamSpec = {
  default: 100_000,
  description: 'under posted prices, offered over the price: of the worth, parts per million',
  kind: 'integer',
  max: 1_000_000,
  min: 0,
}

/** What a run chose of `RULE_PARAMS`. Throws UsageError for a pairing that is not sound. */
export function chosenRules(world: World): { readonly mechanism: Mechanism; readonly payment_rule: MarketPaymentRule } {
  const [mechanism, rule] = [world.choice('mechanism') as Mechanism, world.choice('payments') as MarketPaymentRule]
  const unsound = unsoundPairing(mechanism, rule)
  if (unsound !== null) throw new UsageError(unsound)
  return { mechanism, payment_rule: rule }
}

/** A curve of the kind that was chosen; a fixed one stands at its opening price. */
export function curveOfChoice(kind: CurveChoice, curve: PriceCurve): PriceCurve {
  const { opening_micro_per_s: price } = curve
  return kind === 'fixed' ? { ...curve, ceiling_micro_per_s: price, floor_micro_per_s: price } : { ...curve, kind }
}
