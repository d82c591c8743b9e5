import type { Random } from '../../random/index.ts'

export interface ScheduleTerms {
  readonly buyers: number
  readonly sellers: number
  /** Units per trader. */
  readonly units: number
  readonly price_max: number
  readonly value_min: number
  readonly cost_max: number
}

/** What units are worth to buyers and cost sellers, and what trading them can earn at most. */
export class Schedule {
  readonly units: number
  /** Limit price of each unit in the order in which its owner trades them: buyers first, best units first. */
  readonly limits: Int32Array
  /** Largest total surplus: Σ (v(k) − c(k)) over the k where it is positive. */
  readonly surplus_max: number
  /** Units traded at it, counting pairs of equal value and cost. */
  readonly quantity: number
  /** Middle of the prices that clear. */
  readonly price: number

  /** Values uniform on value_min … price_max, costs on 1 … cost_max. */
  constructor(terms: ScheduleTerms, random: Random) {
    const { buyers, sellers, units, price_max: priceMax } = terms
    this.units = units
    this.limits = new Int32Array((buyers + sellers) * units)
    const own = new Int32Array(units)
    for (let trader = 0; trader < buyers + sellers; trader++) {
      for (let unit = 0; unit < units; unit++) own[unit] = trader < buyers ? random.between(terms.value_min, priceMax) : random.between(1, terms.cost_max)
      own.sort()
      if (trader < buyers) own.reverse()
      this.limits.set(own, trader * units)
    }
    const values = this.limits
      .slice(0, buyers * units)
      .sort()
      .reverse()
    const costs = this.limits.slice(buyers * units).sort()
    let [quantity, surplus] = [0, 0]
    while (quantity < Math.min(values.length, costs.length) && (values[quantity] as number) >= (costs[quantity] as number)) {
      surplus += (values[quantity] as number) - (costs[quantity] as number)
      quantity += 1
    }
    this.quantity = quantity
    this.surplus_max = surplus
    const low = Math.max(costs[quantity - 1] ?? 0, values[quantity] ?? 0)
    const high = Math.min(values[quantity - 1] ?? priceMax, costs[quantity] ?? priceMax)
    this.price = (low + high) / 2
  }
}
