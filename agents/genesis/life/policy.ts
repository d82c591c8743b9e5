/** Figures that this agent lives by, in policy.json. It may change those that are tuned itself. */
export interface Policy {
  /** What a model's pick may do: nothing, what the rules do not reckon much worse, or anything on the menu. */
  readonly advice: 'off' | 'guarded' | 'followed'
  /** What a guarded pick may give up of what the rules reckon to gain. */
  readonly advice_loss_ppm: number
  readonly agents_max: number
  /** Most that one window may cost, of the balance. */
  readonly balance_ppm: number
  readonly endowment_micro: number
  /** Offered over the reserve. */
  readonly margin_ppm: number
  /** Tokens that thinking may use in one window, questions and answers together. */
  readonly model_tokens_max: number
  /** Windows of a child that its parent pays. */
  readonly paid_windows: number
  readonly pause_base_ms: number
  readonly pause_factor_max: number
  /** Balance above which a child is spawned. */
  readonly rich_micro: number
  /** Most that a model's own orders may spend in one window, of the balance. */
  readonly spend_ppm: number
  /** Price of a study as a service. */
  readonly study_price_micro: number
  /** Windows that the balance should last for before rests get longer. */
  readonly windows_wanted: number
}

type Figure = Exclude<keyof Policy, 'advice'>
interface Range {
  readonly from: number
  readonly otherwise: number
  readonly to: number
}

const RANGES: Readonly<Record<Figure, Range>> = {
  advice_loss_ppm: { from: 0, otherwise: 50_000, to: 1_000_000 },
  agents_max: { from: 1, otherwise: 24, to: 1000 },
  balance_ppm: { from: 1000, otherwise: 50_000, to: 200_000 },
  endowment_micro: { from: 0, otherwise: 500_000_000, to: 5_000_000_000 },
  margin_ppm: { from: 0, otherwise: 250_000, to: 4_000_000 },
  model_tokens_max: { from: 0, otherwise: 6000, to: 100_000 },
  paid_windows: { from: 1, otherwise: 3, to: 20 },
  pause_base_ms: { from: 0, otherwise: 5000, to: 600_000 },
  pause_factor_max: { from: 1, otherwise: 60, to: 600 },
  rich_micro: { from: 700_000_000, otherwise: 2_500_000_000, to: 1_000_000_000_000 },
  spend_ppm: { from: 0, otherwise: 50_000, to: 200_000 },
  study_price_micro: { from: 0, otherwise: 1_000_000, to: 1_000_000_000 },
  windows_wanted: { from: 1, otherwise: 100, to: 10_000 },
}
/** Figures that the agent tunes by itself. */
export const TUNED = ['margin_ppm', 'balance_ppm', 'pause_base_ms', 'pause_factor_max', 'windows_wanted'] as const

const figureOf = (given: unknown, { from, otherwise, to }: Range): number =>
  typeof given === 'number' && Number.isSafeInteger(given) && given >= from && given <= to ? given : otherwise

/** A policy from the text of its file. What is missing, no whole number or out of its range is what it was at first: no change of the file can take the guard away. */
export function policyOf(text: string): Policy {
  let given: Record<string, unknown> = {}
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed === 'object' && parsed !== null) given = parsed as Record<string, unknown>
  } catch {
    // A file that cannot be read changes nothing.
  }
  const { advice } = given
  const figures = Object.fromEntries(Object.entries(RANGES).map(([name, range]) => [name, figureOf(given[name], range)])) as Record<Figure, number>
  return { ...figures, advice: advice === 'off' || advice === 'followed' ? advice : 'guarded' }
}

/** The file of a policy. */
export const policyText = (policy: Policy): string =>
  `${JSON.stringify(Object.fromEntries(Object.entries(policy).toSorted(([a], [b]) => (a < b ? -1 : 1))), null, 2)}\n`

/** The nearest value that a figure may have. */
export const within = (name: Figure, value: number): number => Math.round(Math.min(RANGES[name].to, Math.max(RANGES[name].from, value)))
