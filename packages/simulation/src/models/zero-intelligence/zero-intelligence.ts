import { type Model, type Running, UsageError, type World } from '../../engine/index.ts'
import type { Population } from '../../population/index.ts'
import { Schedule } from './schedule.ts'

/** One point of price in micro-credits. */
const POINT_MICRO = 1_000_000

/** The continuous double auction of one market: a best bid and a best ask, emptied by each trade. */
class Market {
  surplus = 0
  trades = 0
  turnover = 0
  quotes = 0
  private readonly world: World
  private readonly buyers: Population
  private readonly sellers: Population
  private readonly schedule: Schedule
  /** Traders with units left: buyers by number, sellers by number plus the count of buyers. */
  private readonly active: Int32Array
  private readonly used: Int32Array
  /** Where a trader stands among the active. */
  private readonly places: Int32Array
  private count = 0

  constructor(world: World, buyers: Population, sellers: Population, schedule: Schedule) {
    this.world = world
    this.buyers = buyers
    this.sellers = sellers
    this.schedule = schedule
    this.active = new Int32Array(buyers.capacity + sellers.capacity)
    this.used = new Int32Array(this.active.length)
    this.places = new Int32Array(this.active.length)
  }

  /** A new period: everyone has all units again, buyers the means for them. */
  open(priceMax: number): void {
    this.count = this.active.length
    for (let trader = 0; trader < this.count; trader++) this.active[trader] = this.places[trader] = trader
    this.used.fill(0)
    this.surplus = 0
    this.trades = 0
    this.turnover = 0
    this.quotes = 0
    const wanted = this.schedule.units * priceMax * POINT_MICRO
    const balances = this.buyers.balances()
    for (let buyer = 0; buyer < this.buyers.capacity; buyer++) {
      const lacks = wanted - (balances[buyer] as number)
      if (lacks > 0) this.world.mint(this.buyers, buyer, lacks)
    }
  }

  /** Quotes until the period's number of them is reached or nobody can trade. A quote that meets the standing opposite one trades at the earlier price. */
  trade(quotes: number, priceMax: number, constrained: boolean, random: ReturnType<World['random']>): void {
    const { schedule, used, active } = this
    const buyersCount = this.buyers.capacity
    let [bid, bidder, ask, asker] = [0, -1, priceMax + 1, -1]
    for (; this.quotes < quotes && this.count > 0; this.quotes++) {
      const place = random.below(this.count)
      const trader = active[place] as number
      const limit = schedule.limits[trader * schedule.units + (used[trader] as number)] as number
      if (trader < buyersCount) {
        const price = 1 + random.below(constrained ? limit : priceMax)
        if (price >= ask) {
          this.settle(trader, asker, ask)
          ;[bid, bidder, ask, asker] = [0, -1, priceMax + 1, -1]
        } else if (price > bid) [bid, bidder] = [price, trader]
      } else {
        const price = constrained ? limit + random.below(priceMax - limit + 1) : 1 + random.below(priceMax)
        if (price <= bid) {
          this.settle(bidder, trader, bid)
          ;[bid, bidder, ask, asker] = [0, -1, priceMax + 1, -1]
        } else if (price < ask) [ask, asker] = [price, trader]
      }
    }
  }

  private settle(buyer: number, seller: number, price: number): void {
    const { schedule, used } = this
    const number = seller - this.buyers.capacity
    this.world.pay(this.buyers, buyer, this.sellers, number, price * POINT_MICRO)
    this.surplus +=
      (schedule.limits[buyer * schedule.units + (used[buyer] as number)] as number) -
      (schedule.limits[seller * schedule.units + (used[seller] as number)] as number)
    this.trades += 1
    this.turnover += price
    this.use(buyer)
    this.use(seller)
  }

  /** One unit less; a trader without units leaves the active ones. */
  private use(trader: number): void {
    const left = this.schedule.units - (this.used[trader] as number) - 1
    this.used[trader] = (this.used[trader] as number) + 1
    if (left > 0) return
    const place = this.places[trader] as number
    const last = this.active[--this.count] as number
    this.active[place] = last
    this.places[last] = place
  }
}

export const zeroIntelligence: Model = {
  activations: ['random'],
  agents: { default: 12, min: 2 },
  name: 'zero-intelligence',
  params: {
    cost_max: { default: 140, description: 'highest cost of a unit, in points', kind: 'integer', max: 1_000_000, min: 1 },
    price_max: { default: 200, description: 'highest price, in points of one credit', kind: 'integer', max: 1_000_000, min: 2 },
    quotes_per_trader: { default: 120, description: 'quotes in a period, per trader', kind: 'integer', max: 100_000, min: 1 },
    trader: { choices: ['zi-c', 'zi-u'], default: 'zi-c', description: 'zi-c: never at a loss; zi-u: any price', kind: 'choice' },
    units: { default: 3, description: 'units that each trader may trade in a period', kind: 'integer', max: 100, min: 1 },
    value_min: { default: 60, description: 'lowest value of a unit, in points', kind: 'integer', max: 1_000_000, min: 1 },
  },
  setup(world): Running {
    if (world.agents % 2 !== 0) throw new UsageError(`zero-intelligence has as many buyers as sellers: agents is an even number, not ${world.agents}`)
    const half = world.agents / 2
    const [buyers, sellers] = [world.population('buyer', half), world.population('seller', half)]
    const priceMax = world.number('price_max')
    const [costMax, valueMin] = [world.number('cost_max'), world.number('value_min')]
    if (costMax > priceMax || valueMin > priceMax)
      throw new UsageError(`zero-intelligence: cost_max and value_min are at most price_max (${priceMax}), not ${costMax} and ${valueMin}`)
    const schedule = new Schedule(
      { buyers: half, cost_max: costMax, price_max: priceMax, sellers: half, units: world.number('units'), value_min: valueMin },
      world.random('schedule'),
    )
    const market = new Market(world, buyers, sellers, schedule)
    const random = world.random('quotes')
    const quotes = world.number('quotes_per_trader') * world.agents
    const constrained = world.choice('trader') === 'zi-c'
    let [earned, possible] = [0, 0]
    const step = (): void => {
      market.open(priceMax)
      market.trade(quotes, priceMax, constrained, random)
      earned += market.surplus
      possible += schedule.surplus_max
    }
    return {
      observe: () => ({
        efficiency: schedule.surplus_max === 0 ? 1 : market.surplus / schedule.surplus_max,
        efficiency_mean: possible === 0 ? 1 : earned / possible,
        price_equilibrium: schedule.price,
        price_mean: market.trades === 0 ? 0 : market.turnover / market.trades,
        quotes: market.quotes,
        trades: market.trades,
        trades_efficient: schedule.quantity,
        welfare: market.surplus,
      }),
      resume(saved: readonly [number, number]) {
        ;[earned, possible] = saved
      },
      save: () => [earned, possible] as const,
      stages: [{ population: buyers, step }],
    }
  },
  source: 'Gode, Sunder, "Allocative efficiency of markets with zero-intelligence traders", J. Political Economy 101 (1993)',
  steps: 20,
  times: ['scheduled'],
  title: 'Zero-intelligence traders in a double auction',
}
