/** Wrong use of the simulator: unknown model or parameter, a value out of range. Nothing has run. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** A model or strategy broke its contract while it ran. Names who, when and with what value. */
export class StrategyError extends Error {
  override readonly name = 'StrategyError'
  readonly population: string
  readonly agent: number | string
  readonly step: number

  constructor(population: string, agent: number | string, step: number, what: string, options?: ErrorOptions) {
    super(`${population} ${agent}, step ${step}: ${what}`, options)
    this.population = population
    this.agent = agent
    this.step = step
  }
}

/** Text of a value that should have been a number, for a message. */
export const shown = (value: unknown): string => (typeof value === 'string' ? JSON.stringify(value) : String(value))
