// Boltzmann wealth exchange, random activation, one core: through the ledger beside a plain typed-array loop with the same generator, the same order and
// the same draws. Agent-steps per second, ratio by alternating runs with a 95 % interval of its median, and the resident memory at the largest size.
import { MODELS, type Model, Random, Run, streamOf } from '@syntropism/simulation'
import { alternate, machine, perSecond } from './measure.ts'

const SIZES = [1000, 10_000, 100_000, 1_000_000]
const PAIRS = 21
const START_UNITS = 10

/** What one would write without an economy: an array of wealth, a shuffled order, one unit to a random other. */
function plainLoop(count: number, seed: number): { readonly wealth: Float64Array; step: () => void } {
  const wealth = new Float64Array(count).fill(START_UNITS)
  const order = Int32Array.from({ length: count }, (_, index) => index)
  const chance: Random = streamOf(seed, 'activation')
  const receivers: Random = streamOf(seed, 'receivers')
  return {
    step() {
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
    },
    wealth,
  }
}

function boltzmann(count: number): string {
  const steps = Math.max(1, Math.round(2_000_000 / count))
  const run = new Run({
    agents: count,
    model: MODELS.boltzmann as Model,
    observe_every: 1_000_000_000,
    params: { start_units: START_UNITS, unit_micro: 1 },
    seed: 1,
    steps: 1_000_000_000,
  })
  const plain = plainLoop(count, 1)
  const taken = alternate(
    PAIRS,
    () => {
      for (let step = 0; step < steps; step++) run.step()
    },
    () => {
      for (let step = 0; step < steps; step++) plain.step()
    },
  )
  const same = run.world.populations[0]?.balances().every((balance, member) => balance === plain.wealth[member]) ?? false
  const rate = (ms: number): string => perSecond(steps * count, ms).padStart(14)
  return `${String(count).padStart(9)} agents ${rate(taken.subject_ms)}   plain loop ${rate(taken.reference_ms)}   ratio ${taken.ratio.toFixed(2)} [${taken.interval.map((one) => one.toFixed(2)).join(', ')}]   same wealth: ${same ? 'yes' : 'NO'}`
}

/** Quotes per second of the zero-intelligence double auction: a random trader, its price, matching, payment through the ledger. Beside drawing the same two numbers alone. */
function matching(): string {
  const quotes = 1_000_000
  const run = new Run({
    agents: 2000,
    model: MODELS['zero-intelligence'] as Model,
    observe_every: 1,
    params: { quotes_per_trader: quotes / 2000, units: 100 },
    seed: 1,
    steps: 1_000_000_000,
  })
  const random = streamOf(1, 'reference')
  const draws = new Int32Array(2)
  const taken = alternate(
    PAIRS,
    () => run.step(),
    () => {
      for (let quote = 0; quote < quotes; quote++) {
        draws[0] = random.below(2000)
        draws[1] = random.below(200)
      }
    },
  )
  const { quotes: made = 0, trades = 0 } = run.result().figures
  return `order matching ${perSecond(made, taken.subject_ms)} quotes, ${trades} trades in ${made} quotes   draws alone ${perSecond(quotes, taken.reference_ms)}`
}

console.log(`\nBoltzmann wealth exchange through the ledger · ${machine()}`)
for (const count of SIZES) console.log(boltzmann(count))
console.log(matching())
