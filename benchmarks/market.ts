// Whole market steps of a population: every agent reads prices and what became of its last bid, decides and bids; the book clears; winners pay and lease;
// leases end. Through the economy's ledger, mechanism and price curve, beside a loop that makes the same accesses to memory and decides nothing.
import { DEFAULT_PARAMS, type PriceCurve, assertConserved } from '@syntropism/economy'
import { Market, type Model, Run, actEach } from '@syntropism/simulation'
import { type Accesses, countAccesses } from './accesses.ts'
import { TouchLoop } from './market-loop.ts'
import { alternate, hashOf, machine, perSecond, shownRatio } from './measure.ts'

const START_MICRO = 2_000_000_000
const KINDS = 49
const PAIRS = 11

/** Price curve of a market for this many agents: what one of them pays does not depend on how many they are. */
const curveFor = (agents: number, openingMicro: number): PriceCurve => ({
  ...DEFAULT_PARAMS.curves.cpu,
  ceiling_micro_per_s: openingMicro * agents * 4,
  floor_micro_per_s: openingMicro * agents,
  opening_micro_per_s: openingMicro * agents,
})

/** Agents of 49 kinds that want one to seven parts of cpu and of memory for a second, out of as many parts as agents: about a quarter can have them at once. */
const marketModel: Model = {
  activations: ['sequential', 'random'],
  agents: { default: 1000, min: 1 },
  name: 'market',
  params: {},
  setup(world) {
    const population = world.population('agent', world.agents)
    for (let member = 0; member < world.agents; member++) world.mint(population, member, START_MICRO)
    const random = world.random('kinds')
    const part = Math.floor(1_000_000 / world.agents)
    const bundles = Array.from({ length: KINDS }, (_, kind) => ({ cpu: part * (1 + (kind % 7)), memory: part * (1 + Math.floor(kind / 7)) }))
    const kinds = population.u8()
    const urgencies = population.f64()
    for (let member = 0; member < world.agents; member++) {
      kinds[member] = random.below(KINDS)
      urgencies[member] = random.unit()
    }
    const curves = { attention: curveFor(1, 1), cpu: curveFor(world.agents, 4000), llm: curveFor(1, 1), memory: curveFor(world.agents, 1000) }
    const capacity = { attention: 0, cpu: 1000 * world.agents, llm: 0, memory: 1000 * world.agents }
    const market = new Market(world, [population], { capacity, curves, mechanism: 'highest-bid', payment_rule: 'bid' })
    // Who lost is in more of a hurry, who won in less.
    const decide = (member: number): void => {
      const urgency = (urgencies[member] as number) * (market.isRunning(population, member) ? 0.5 : 1.1) + 0.001
      urgencies[member] = urgency
      const bundle = bundles[kinds[member] as number] as (typeof bundles)[number]
      market.place(population, member, bundle, 1000, Math.ceil(market.reserveMicro(bundle, 1000) * (1 + Math.min(4, urgency))))
    }
    let [bids, winners] = [0, 0]
    return {
      end: () => {
        const beat = market.beat()
        bids += beat.candidates
        winners += beat.winners
      },
      observe: () => ({ bids, price_cpu: market.prices.cpu, winners }),
      stages: [{ population, step: (turn) => actEach(world, population, turn, decide) }],
    }
  },
  source: 'benchmarks/market.ts',
  steps: 1_000_000,
  times: ['scheduled'],
  title: 'Market steps',
}

/** Rate of market steps at one size, beside the touching loop. */
export function marketSteps(agents: number, pairs: number, decisions: number, activation: 'random' | 'sequential' = 'sequential'): string {
  const steps = Math.max(1, Math.round(decisions / agents))
  const run = new Run({ activation, agents, model: marketModel, observe_every: 1_000_000_000, seed: 1, steps: 1_000_000_000 })
  const touch = new TouchLoop(agents, activation)
  const taken = alternate(
    pairs,
    () => {
      for (let step = 0; step < steps; step++) run.step()
    },
    () => {
      for (let step = 0; step < steps; step++) touch.step()
    },
  )
  assertConserved(run.world.ledger)
  const hash = hashOf(run.world.populations[0]?.balances() ?? new Float64Array())
  return `${String(agents).padStart(9)} agents ${perSecond(steps * agents, taken.subject_ms).padStart(14)}   touching loop ${perSecond(steps * agents, taken.reference_ms).padStart(14)}   ratio ${shownRatio(taken)}   balances ${hash} after ${run.world.step} steps`
}

/** How often a step and the loop beside it read and write numbers of typed arrays, per agent. */
export function accesses(agents: number, activation: 'random' | 'sequential'): { readonly loop: Accesses; readonly step: Accesses } {
  const each = ({ reads, writes }: Accesses): Accesses => ({ reads: reads / agents, writes: writes / agents })
  const step = countAccesses(() => {
    const run = new Run({ activation, agents, model: marketModel, observe_every: 1_000_000_000, seed: 1, steps: 1_000_000_000 })
    return () => void run.step()
  })
  const loop = countAccesses(() => {
    const touch = new TouchLoop(agents, activation)
    return () => touch.step()
  })
  return { loop: each(loop), step: each(step) }
}

function shownAccesses(agents: number, activation: 'random' | 'sequential'): string {
  const { loop, step } = accesses(agents, activation)
  const shown = ({ reads, writes }: Accesses): string => `${reads.toFixed(1)} reads and ${writes.toFixed(1)} writes`
  return `${agents} agents: ${shown(step)} of numbers in arrays per agent in a step, in the loop ${shown(loop)}, of them 11 and 1 of what a step keeps in objects`
}

export function main(): void {
  for (const activation of ['random', 'sequential'] as const) {
    console.log(`\nMarket steps, agents in ${activation} order, agent-decisions per second of CPU time · ${machine()}`)
    for (const agents of [1000, 10_000, 100_000, 1_000_000]) console.log(marketSteps(agents, PAIRS, 1_000_000, activation))
  }
  // Last, because arrays that count slow down what runs after them.
  for (const activation of ['random', 'sequential'] as const) console.log(`in ${activation} order: ${shownAccesses(20_000, activation)}`)
}

if (import.meta.main) main()
