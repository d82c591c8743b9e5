import type { Figures, Option, Task, Wanted } from './task.ts'

const mean = (values: readonly number[]): number => (values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length)

/** Expected outlay and net gain of an option over the horizon. */
export function valueOf(option: Option, figures: Figures): { cost: number; net: number } {
  const horizon = figures.horizon_cycles ?? 1
  const chance = option.success_probability ?? 1
  const cost =
    (option.cost ?? 0) +
    (option.costs ?? []).reduce((sum, one) => sum + one.cost * one.probability, 0) +
    (option.redo_cost ?? 0) * (figures.change_probability ?? 0) +
    (option.recurring ?? []).reduce((sum, one) => sum + one.cost * Math.floor(horizon / one.every_cycles), 0)
  const liked = (figures.output_history ?? []).filter((one) => one.kind === option.kind).map((one) => one.reward)
  const value = option.value ?? (option.kind === undefined ? 0 : mean(liked))
  const income = horizon * (option.income_per_cycle ?? (option.price ?? 0) * (option.customers_per_cycle ?? 0))
  return { cost, net: chance * value - (1 - chance) * (option.loss ?? 0) + income - cost }
}

/** Options that can be paid and end in time, that with the best expected net gain first. */
export const withinReach = ({ figures, options }: Task): Option[] =>
  options
    .filter((option) => (option.cost ?? 0) <= figures.balance && (option.takes_cycles ?? 0) <= (figures.deadline_cycles ?? Infinity))
    .toSorted((a, b) => valueOf(b, figures).net - valueOf(a, figures).net)

/** A bundle of the wanted amounts with this many tokens, and a bid that covers its reserve: shares are rounded up, hence half a per cent. */
export function bidFor(
  tokens: number,
  { capacities, unit_prices, window_ms }: Figures,
  wanted: Wanted,
): { amount_micro: number; bundle: Record<string, number> } {
  const seconds = window_ms / 1000
  const share = (amount: number, whole: number): number => Math.min(1_000_000, Math.ceil((amount * 1_000_000) / whole))
  const credits = tokens * unit_prices.token + wanted.cpu_seconds * unit_prices.cpu_second + wanted.memory_mb * unit_prices.memory_mb
  return {
    amount_micro: Math.ceil(credits * 1_005_000),
    bundle: {
      cpu: share(wanted.cpu_seconds, capacities.cpu_cores * seconds),
      memory: share(wanted.memory_mb, capacities.memory_mb),
      ...(tokens > 0 ? { llm: share(tokens, capacities.tokens_per_s * seconds) } : {}),
    },
  }
}
