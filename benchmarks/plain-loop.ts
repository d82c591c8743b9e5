import { type Random, streamOf } from '@syntropism/simulation'

const START_UNITS = 10

/** What one would write without an economy: an array of wealth, a shuffled order, one unit to a random other. Same generator, order and draws as the model. */
export class PlainLoop {
  readonly wealth: Float64Array
  private readonly order: Int32Array
  private readonly chance: Random
  private readonly receivers: Random

  constructor(count: number, seed: number) {
    this.wealth = new Float64Array(count).fill(START_UNITS)
    this.order = Int32Array.from({ length: count }, (_, index) => index)
    this.chance = streamOf(seed, 'activation')
    this.receivers = streamOf(seed, 'receivers')
  }

  step(): void {
    const { chance, order, receivers, wealth } = this
    const count = wealth.length
    for (let index = count - 1; index > 0; index--) {
      const other = chance.below(index + 1)
      const kept = order[index] as number
      order[index] = order[other] as number
      order[other] = kept
    }
    for (let index = 0; index < count; index++) {
      const from = order[index] as number
      const to = receivers.below(count)
      if ((wealth[from] as number) >= 1) {
        wealth[from] = (wealth[from] as number) - 1
        wealth[to] = (wealth[to] as number) + 1
      }
    }
  }
}
