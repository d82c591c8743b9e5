// Whole market steps of a population: every agent reads prices and what became of its last bid, decides and bids; the book clears; winners pay and lease;
// leases end. Through the economy's ledger, mechanism and price curve, beside a loop that touches the same bytes per agent and decides nothing.
import { DEFAULT_PARAMS, type PriceCurve, assertConserved } from '@syntropism/economy'
import { Market, type Model, Run, actEach, streamOf } from '@syntropism/simulation'
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

/** Writes of a counting sort: one stream per bucket, a bucket for each of up to 2 048 digits. */
const bucketed = (agents: number): Uint32Array => {
  const buckets = Math.min(2048, agents)
  const size = Math.ceil(agents / buckets)
  const starts = Uint32Array.from({ length: agents }, (_, row) => (row % buckets) * size + Math.floor(row / buckets))
  return starts.map((to) => Math.min(agents - 1, to))
}

/**
 * The bytes of a market step and nothing else: the same columns, read and written as often and in the same order, with an addition each. In random
 * activation the order is shuffled anew before each step by the same generator, and everything by member follows it, as it does in the market: placing,
 * the book's rows and the leases. What it leaves out is arithmetic: no reserve, no check, no key, no posting's two sides, no comparison.
 */
class TouchLoop {
  private readonly agents: number
  private readonly order: Int32Array
  private readonly walked: Int32Array
  private readonly chance: ReturnType<typeof streamOf> | null
  private readonly buckets: Uint32Array
  private readonly member: { balances: Float64Array; inBook: Int32Array; kinds: Uint8Array; running: Uint8Array; urgencies: Float64Array }
  private readonly bids: {
    accounts: Int32Array
    amounts: Float64Array
    durations: Int32Array
    expiries: Float64Array
    kinds: Uint8Array
    shares: Int32Array
  }
  private readonly table: { charges: Float64Array; prices: Float64Array; quantities: Float64Array; reserves: Float64Array; rows: Int32Array }
  private readonly leases: { accounts: Int32Array; durations: Int32Array; ends: Float64Array; quantities: Float64Array }
  private readonly sorted: { indexes: Uint32Array; words: Uint32Array }

  constructor(agents: number, activation: 'random' | 'sequential') {
    const [f64, i32] = [(size: number) => new Float64Array(size), (size: number) => new Int32Array(size)]
    this.agents = agents
    this.chance = activation === 'random' ? streamOf(1, 'order') : null
    this.order = Int32Array.from({ length: agents }, (_, index) => index)
    this.walked = this.order.slice()
    streamOf(1, 'touch').shuffle(this.walked, agents)
    this.buckets = bucketed(agents)
    this.member = { balances: f64(agents), inBook: i32(agents), kinds: new Uint8Array(agents), running: new Uint8Array(agents), urgencies: f64(agents) }
    this.bids = {
      accounts: i32(2 * agents),
      amounts: f64(2 * agents),
      durations: i32(2 * agents),
      expiries: f64(2 * agents),
      kinds: new Uint8Array(2 * agents),
      shares: i32(8 * agents),
    }
    this.table = { charges: f64(agents), prices: f64(agents), quantities: f64(4 * agents), reserves: f64(agents), rows: i32(agents) }
    this.leases = { accounts: i32(agents), durations: i32(agents), ends: f64(agents), quantities: f64(4 * agents) }
    this.sorted = { indexes: new Uint32Array(agents), words: new Uint32Array(agents) }
  }

  step(): void {
    this.chance?.shuffle(this.order, this.agents)
    this.bid()
    this.tidy()
    this.gather()
    this.sort()
    this.walk()
    this.settle()
  }

  private bid(): void {
    const { agents, bids, member: own, order } = this
    for (let at = 0; at < agents; at++) {
      const member = order[at] as number
      own.urgencies[member] = (own.urgencies[member] as number) + (own.kinds[member] as number) + (own.running[member] as number)
      own.balances[member] = (own.balances[member] as number) + 1
      bids.amounts[own.inBook[member] as number] = 0
      const row = at + agents
      bids.accounts[row] = member
      bids.amounts[row] = own.balances[member] as number
      bids.durations[row] = row
      bids.expiries[row] = row
      bids.kinds[row] = 0
      for (let r = 0; r < 4; r++) bids.shares[row * 4 + r] = row
      own.inBook[member] = row
    }
  }

  private tidy(): void {
    const { agents, bids, member } = this
    for (let to = 0, row = agents; to < agents; to++, row++) {
      bids.accounts[to] = bids.accounts[row] as number
      bids.amounts[to] = (bids.amounts[to] as number) + (bids.amounts[row] as number)
      bids.durations[to] = bids.durations[row] as number
      bids.expiries[to] = bids.expiries[row] as number
      bids.kinds[to] = bids.kinds[row] as number
      for (let r = 0; r < 4; r++) bids.shares[to * 4 + r] = bids.shares[row * 4 + r] as number
      member.inBook[bids.accounts[to] as number] = to
    }
  }

  private gather(): void {
    const { agents, bids, member, table } = this
    for (let row = 0; row < agents; row++) {
      if (bids.kinds[row] === 2) continue
      table.prices[row] = bids.amounts[row] as number
      table.reserves[row] = (bids.durations[row] as number) + (member.running[bids.accounts[row] as number] as number)
      table.rows[row] = row
      table.charges[row] = -1
      for (let r = 0; r < 4; r++) table.quantities[row * 4 + r] = bids.shares[row * 4 + r] as number
    }
  }

  private sort(): void {
    const { agents, buckets, sorted, table } = this
    for (let pass = 0; pass < 3; pass++)
      for (let row = 0; row < agents; row++) {
        const to = buckets[row] as number
        sorted.words[to] = table.prices[row] as number
        sorted.indexes[to] = row
      }
  }

  private walk(): void {
    const { agents, table, walked } = this
    for (let place = 0; place < agents; place++) {
      const row = walked[place] as number
      let sum = 0
      for (let r = 0; r < 4; r++) sum += table.quantities[row * 4 + r] as number
      if (place % 4 === 0) table.charges[row] = sum
    }
  }

  private settle(): void {
    const { agents, bids, leases, member: own, table } = this
    let won = 0
    for (let row = 0; row < agents; row++) {
      if ((table.charges[row] as number) < 0) continue
      const member = bids.accounts[row] as number
      own.balances[member] = (own.balances[member] as number) + (table.reserves[row] as number) + (table.prices[row] as number)
      own.running[member] = 1
      own.inBook[member] = table.rows[row] as number
      leases.accounts[won] = member
      leases.durations[won] = bids.durations[row] as number
      leases.ends[won] = row
      for (let r = 0; r < 4; r++) leases.quantities[won * 4 + r] = table.quantities[row * 4 + r] as number
      won += 1
    }
    for (let row = 0; row < won; row++)
      own.running[leases.accounts[row] as number] = Math.min(0, (leases.ends[row] as number) + (leases.quantities[row * 4] as number))
  }
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

export function main(): void {
  for (const activation of ['random', 'sequential'] as const) {
    console.log(`\nMarket steps, agents in ${activation} order, agent-decisions per second of CPU time · ${machine()}`)
    for (const agents of [1000, 10_000, 100_000, 1_000_000]) console.log(marketSteps(agents, PAIRS, 1_000_000, activation))
  }
}

if (import.meta.main) main()
