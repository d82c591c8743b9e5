// Boltzmann wealth exchange, random activation, one core: through the ledger beside a plain typed-array loop with the same generator, the same order and
// the same draws. Agent-steps per second, ratio by alternating runs with a 95 % interval of its median, and the resident memory at the largest size.
import { MODELS, type Model, Run, streamOf } from '@syntropism/simulation'
import { alternate, hashOf, machine, perSecond, shownRatio } from './measure.ts'
import { PlainLoop } from './plain-loop.ts'

const SIZES = [1000, 10_000, 100_000, 1_000_000]
const PAIRS = 21
const START_UNITS = 10

/** Boltzmann steps through the ledger beside the plain loop, `work` agent-steps a round. */
export function boltzmann(count: number, pairs: number, work: number): string {
  const steps = Math.max(1, Math.round(work / count))
  const run = new Run({
    agents: count,
    model: MODELS.boltzmann as Model,
    observe_every: 1_000_000_000,
    params: { start_units: START_UNITS, unit_micro: 1 },
    seed: 1,
    steps: 1_000_000_000,
  })
  const plain = new PlainLoop(count, 1)
  const taken = alternate(
    pairs,
    () => {
      for (let step = 0; step < steps; step++) run.step()
    },
    () => {
      for (let step = 0; step < steps; step++) plain.step()
    },
  )
  const same = run.world.populations[0]?.balances().every((balance, member) => balance === plain.wealth[member]) ?? false
  const rate = (ms: number): string => perSecond(steps * count, ms).padStart(14)
  return `${String(count).padStart(9)} agents ${rate(taken.subject_ms)}   plain loop ${rate(taken.reference_ms)}   ratio ${shownRatio(taken)}   wealth ${hashOf(plain.wealth)}, the same: ${same ? 'yes' : 'NO'}`
}

/** Quotes per second of the zero-intelligence double auction: a random trader, its price, matching, payment through the ledger. Beside drawing the same two numbers alone. */
export function matching(quotes: number, pairs: number): string {
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
    pairs,
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

export function main(): void {
  console.log(`\nBoltzmann wealth exchange through the ledger, per second of CPU time · ${machine()}`)
  for (const count of SIZES) console.log(boltzmann(count, PAIRS, 2_000_000))
  console.log(matching(1_000_000, PAIRS))
}

if (import.meta.main) main()
