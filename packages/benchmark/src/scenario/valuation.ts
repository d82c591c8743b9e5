/** One option of a task, all values known. Amounts in credits. */
export interface TaskOption {
  readonly cost?: number
  readonly costs?: readonly { readonly cost: number; readonly probability: number }[]
  readonly customers_per_cycle?: number
  readonly how: readonly Readonly<Record<string, unknown>>[]
  readonly income_per_cycle?: number
  readonly kind?: string
  readonly loss?: number
  readonly option: string
  readonly price?: number
  readonly recurring?: readonly { readonly cost: number; readonly every_cycles: number }[]
  readonly redo_cost?: number
  readonly success_probability?: number
  readonly takes_cycles?: number
  readonly value?: number
}
export type Figures = Readonly<Record<string, unknown>>

const numberOf = (value: unknown, otherwise: number): number => (typeof value === 'number' ? value : otherwise)
const mean = (values: readonly number[]): number => (values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length)

function valueOf(option: TaskOption, figures: Figures): number {
  if (option.value !== undefined) return option.value
  const history = Array.isArray(figures.output_history) ? (figures.output_history as { kind?: string; reward?: number }[]) : []
  return option.kind === undefined ? 0 : mean(history.filter((one) => one.kind === option.kind).map((one) => numberOf(one.reward, 0)))
}

/** Expected total outlay and expected net gain of an option over the horizon, as the task format defines them. */
export function valuation(option: TaskOption, figures: Figures): { cost: number; net: number } {
  const horizon = numberOf(figures.horizon_cycles, 1)
  const probability = option.success_probability ?? 1
  const once = (option.cost ?? 0) + (option.costs ?? []).reduce((sum, one) => sum + one.cost * one.probability, 0)
  const again = (option.redo_cost ?? 0) * numberOf(figures.change_probability, 0)
  const recurring = (option.recurring ?? []).reduce((sum, one) => sum + one.cost * Math.floor(horizon / one.every_cycles), 0)
  const cost = once + again + recurring
  const income = horizon * (option.income_per_cycle ?? (option.price ?? 0) * (option.customers_per_cycle ?? 0))
  return { cost, net: probability * valueOf(option, figures) - (1 - probability) * (option.loss ?? 0) + income - cost }
}
