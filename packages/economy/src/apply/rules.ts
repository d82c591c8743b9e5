import type { CommandOf, EventData, ParamChanges, Params, PriceCurve, Refusal } from '@syntropism/contract'
import { canonicalJson } from '../codec/index.ts'
import { meterSold } from '../leases/index.ts'
import { curveOf, fitPricesToRules } from '../market/index.ts'
import { unsoundPairing } from '../mechanisms/index.ts'
import { RESOURCES, type State, type Step, emit, refuse } from '../state/index.ts'
import { PPM } from '../units/index.ts'

/** Highest floor that real cost may put under a price: prices stay safe integers. */
const COST_MICRO_PER_S_MAX = 2 ** 52

/** The rules with some numbers changed; curves and weights number by number. */
export function tunedParams(params: Params, changes: ParamChanges): Params {
  const { curves, reward_weights_micro: weights, ...plain } = changes
  const curve = (name: keyof Params['curves']): PriceCurve => ({ ...params.curves[name], ...curves?.[name] }) as PriceCurve
  return {
    ...params,
    ...plain,
    curves: { attention: curve('attention'), cpu: curve('cpu'), llm: curve('llm'), memory: curve('memory') },
    reward_weights_micro: { ...params.reward_weights_micro, ...weights },
  } as Params
}

/** Pairs of numbers of which the first must not pass the second. */
function orderedPairs(params: Params): [lowName: string, low: number, highName: string, high: number][] {
  const pairs = RESOURCES.flatMap((resource): [string, number, string, number][] => {
    const curve = params.curves[resource]
    const name = `curves.${resource}`
    return [
      [`${name}.floor_micro_per_s`, curve.floor_micro_per_s, `${name}.ceiling_micro_per_s`, curve.ceiling_micro_per_s],
      [`${name}.low_ppm`, curve.low_ppm, `${name}.high_ppm`, curve.high_ppm],
    ]
  })
  return [
    ...pairs,
    ['bid_duration_ms_min', params.bid_duration_ms_min, 'bid_duration_ms_max', params.bid_duration_ms_max],
    ['llm_keys_micro_usd_per_minute', params.llm_keys_micro_usd_per_minute, 'llm_micro_usd_per_minute', params.llm_micro_usd_per_minute],
  ]
}

/** Whether the floor that LLM cost puts under its price stays a safe integer. */
function costIsPriceable({ credit_value_micro_usd: value, llm_micro_usd_per_minute: cap }: Params): boolean {
  return value === 0 || (BigInt(cap) * 1_000_000n) / BigInt(60 * value) <= BigInt(COST_MICRO_PER_S_MAX)
}

/** Rules that contradict each other: which number, and what would be right; null when there are none. */
export function checkRules(params: Params): Refusal | null {
  for (const [lowName, low, highName, high] of orderedPairs(params))
    if (low > high) return refuse('command_invalid', { expected: `at most ${highName}, which is ${high}`, field: lowName, got: low })
  for (const resource of RESOURCES)
    if (params.curves[resource].down_ppm >= PPM)
      return refuse('command_invalid', { expected: 'less than 1000000', field: `curves.${resource}.down_ppm`, got: params.curves[resource].down_ppm })
  if (!costIsPriceable(params))
    return refuse('command_invalid', {
      expected: 'so much that a second of the LLM cap costs at most 2^52 micro-credits, or 0',
      field: 'credit_value_micro_usd',
      got: params.credit_value_micro_usd,
    })
  const unsound = unsoundPairing(params.mechanism, params.payment_rule)
  return unsound === null ? null : refuse('command_invalid', { expected: unsound, field: 'payment_rule', got: params.payment_rule })
}

export const checkTune = (state: State, command: CommandOf<'tune_rules'>): Refusal | null => checkRules(tunedParams(state.params, command.changes))

/** Changes numbers of the rules; `rules_tuned` shows those that moved, before and after. */
export function tuneRules(step: Step, command: CommandOf<'tune_rules'>): void {
  const { state } = step
  const old = state.params
  state.params = tunedParams(old, command.changes)
  state.book_changed = true
  const moved = (Object.keys(command.changes) as (keyof Params)[]).filter((key) => canonicalJson(old[key]) !== canonicalJson(state.params[key]))
  const shown = (params: Params) => Object.fromEntries(moved.map((key) => [key, params[key]])) as EventData<'rules_tuned'>['after']
  emit(step, 'rules_tuned', '', { after: shown(state.params), before: shown(old) })
  if (RESOURCES.some((resource) => canonicalJson(curveOf(old, resource)) !== canonicalJson(curveOf(state.params, resource)))) fitPricesToRules(step)
  meterSold(step)
}

/** Other rules, or another version of them. */
export function changeRules(step: Step, command: CommandOf<'change_rules'>): void {
  const { params, rules_version } = command
  Object.assign(step.state, { book_changed: true, params, rules_version })
  emit(step, 'rules_changed', '', { curves: params.curves, mechanism: params.mechanism, payment_rule: params.payment_rule, rules_version })
  fitPricesToRules(step)
  meterSold(step)
}
