import {
  BURN,
  type Bundle,
  HOLDS,
  type Meter,
  type Resource,
  balanceOf,
  openMeter,
  dueMean,
  nextPoint,
  mulDivCeil,
  mulDivFloor,
  noteSold,
  PPM,
  post,
  reserveCostMicro,
  sharesCostMicro,
  takeMean,
} from '@syntropism/economy'
import type { World } from '../engine/index.ts'
import type { Population } from '../population/index.ts'
import { COLUMNS, Candidates, OpenBids, RunningLeases, WIDTH } from './columns.ts'
import { Envelopes } from './envelopes.ts'
import { type MarketRules, checkRules, clearTable } from './rules.ts'

/** What a beat came to. */
export interface Beat {
  readonly candidates: number
  readonly winners: number
  readonly revenue_micro: number
  readonly welfare_micro: number
}

/**
 * The auction of shares × duration of the live economy, for populations: bids, leases and holds are rows of typed arrays, and every rule is the economy's
 * own (reserve, quantities, mechanism, payment, ledger, price curve). Everything sold is one pool, and a member has at most one open bid.
 */
export class Market {
  /** Prices now, in micro-credits per second of the whole capacity. */
  readonly prices: Record<Resource, number>
  private readonly world: World
  private readonly rules: MarketRules
  private readonly meters: Record<Resource, Meter>
  private readonly capacity: Float64Array
  /** What running leases hold, by column. */
  private readonly sold: Float64Array = new Float64Array(WIDTH)
  private readonly first: number
  /** By account from `first` on: row of the open bid, −1 for none; and whether a lease with cpu runs. */
  private readonly bidRows: Int32Array
  private readonly running: Uint8Array
  private readonly bids: OpenBids
  private readonly leases: RunningLeases
  private readonly candidates: Candidates = new Candidates()
  private readonly envelopes: Envelopes

  /** Throws UsageError when the rules do not go together. */
  constructor(world: World, populations: readonly Population[], rules: MarketRules) {
    checkRules(rules)
    this.world = world
    this.rules = rules
    this.capacity = Float64Array.from(COLUMNS, (resource) => rules.capacity[resource])
    this.meters = { attention: this.meter('attention'), cpu: this.meter('cpu'), llm: this.meter('llm'), memory: this.meter('memory') }
    this.prices = { attention: 0, cpu: 0, llm: 0, memory: 0 }
    for (const resource of COLUMNS) this.prices[resource] = this.meters[resource].price_micro_per_s
    this.first = Math.min(...populations.map((population) => population.accounts.first))
    const end = Math.max(...populations.map((population) => population.accounts.first + population.capacity))
    this.bidRows = new Int32Array(end - this.first).fill(-1)
    this.running = new Uint8Array(end - this.first)
    const members = populations.reduce((sum, population) => sum + population.capacity, 0)
    this.bids = new OpenBids(members)
    this.leases = new RunningLeases(Math.min(members, 1024))
    this.envelopes = new Envelopes(world.ledger)
  }

  private meter(resource: Resource): Meter {
    return openMeter(this.rules.curves[resource], this.world.at_ms)
  }

  /** What a bundle costs at the prices now: the least with which a bid takes part. */
  reserveMicro(bundle: Bundle, durationMs: number): number {
    return reserveCostMicro(this.prices, bundle, durationMs)
  }

  /** Whether a lease with cpu runs for a member: until it ends, its bids for cpu wait. */
  isRunning(population: Population, member: number): boolean {
    return this.running[population.accounts.first + member - this.first] === 1
  }

  hasBid(population: Population, member: number): boolean {
    return (this.bidRows[population.accounts.first + member - this.first] as number) >= 0
  }

  /**
   * Offers `amountMicro` for a bundle of shares over a duration; the amount is held from now on. An open bid of the member is withdrawn first. The bid lapses
   * at the first beat at or after `expiresAtMs`. False when the member has not that much, and then nothing has changed.
   * Throws StrategyError for an offer that no market takes: it names the member, the step and the value.
   */
  place(population: Population, member: number, bundle: Bundle, durationMs: number, amountMicro: number, expiresAtMs: number = Infinity): boolean {
    const { bidRows, bids, world } = this
    this.checkOffer(population, member, bundle, durationMs, amountMicro)
    const account = population.accounts.first + member
    const open = bidRows[account - this.first] as number
    const back = open < 0 ? 0 : (bids.amounts[open] as number)
    if (balanceOf(world.ledger, account) + back < amountMicro) return false
    if (open >= 0) this.release(open, back)
    post(world.ledger, account, HOLDS, amountMicro)
    const row = bids.add()
    bids.accounts[row] = account
    bids.amounts[row] = amountMicro
    bids.durations[row] = durationMs
    bids.expiries[row] = expiresAtMs
    const { attention = 0, cpu = 0, llm = 0, memory = 0 } = bundle
    bids.shares[row * WIDTH] = attention
    bids.shares[row * WIDTH + 1] = cpu
    bids.shares[row * WIDTH + 2] = llm
    bids.shares[row * WIDTH + 3] = memory
    bidRows[account - this.first] = row
    return true
  }

  private checkOffer(population: Population, member: number, bundle: Bundle, durationMs: number, amountMicro: number): void {
    const { attention = 0, cpu = 0, llm = 0, memory = 0 } = bundle
    this.world.checkAmount(population, member, amountMicro)
    // One test for all shares: a NaN or a fraction is not equal to its whole part, and none is below 0 or above the whole.
    const whole = (attention | 0) === attention && (cpu | 0) === cpu && (llm | 0) === llm && (memory | 0) === memory && (durationMs | 0) === durationMs
    const inside = (attention | cpu | llm | memory) >= 0 && attention <= PPM && cpu <= PPM && llm <= PPM && memory <= PPM
    if (!whole || !inside || durationMs <= 0 || (attention | cpu | llm | memory) === 0 || (cpu === 0) !== (memory === 0))
      this.world.fail(
        population,
        member,
        `a bundle holds whole shares from 0 to ${PPM} ppm, cpu and memory together, for a whole number of milliseconds, not ${JSON.stringify(bundle)} for ${durationMs} ms`,
      )
    if (this.offersNothing(attention, cpu, llm, memory)) this.world.fail(population, member, `${JSON.stringify(bundle)} wants what the market does not sell`)
  }

  private offersNothing(attention: number, cpu: number, llm: number, memory: number): boolean {
    const { capacity } = this
    return (attention > 0 && capacity[0] === 0) || (cpu > 0 && capacity[1] === 0) || (llm > 0 && capacity[2] === 0) || (memory > 0 && capacity[3] === 0)
  }

  /** Takes a member's open bid out of the book; its hold goes back. False when it has none. */
  withdraw(population: Population, member: number): boolean {
    const row = this.bidRows[population.accounts.first + member - this.first] as number
    if (row < 0) return false
    this.release(row, this.bids.amounts[row] as number)
    return true
  }

  /** Ends a bid: `amountMicro` of its hold goes back, what is not has been spent. */
  private release(row: number, amountMicro: number): void {
    const account = this.bids.accounts[row] as number
    if (amountMicro > 0) post(this.world.ledger, HOLDS, account, amountMicro)
    this.bids.amounts[row] = 0
    this.bidRows[account - this.first] = -1
  }

  /** One beat at the world's time, in the order of the live economy: what is due ends, the book clears, winners pay and lease, prices move when their period ended. */
  beat(): Beat {
    const atMs = this.world.at_ms
    this.endLeases(atMs)
    this.tidyBook(atMs)
    const supply = this.capacity.map((offered, r) => Math.max(0, offered - (this.sold[r] as number)))
    this.gather(supply)
    const table = this.candidates.table(supply)
    const cleared = clearTable(table, this.rules)
    this.candidates.charge(cleared.winners, cleared.payments)
    const { revenue_micro, welfare_micro } = this.settle(atMs)
    this.envelopes.flush()
    this.movePrices(atMs)
    return { candidates: this.candidates.count, revenue_micro, welfare_micro, winners: cleared.winners.length }
  }

  /** Ends the leases that are due; the others move up. */
  private endLeases(atMs: number): void {
    const { leases, running, sold } = this
    let kept = 0
    for (let row = 0; row < leases.count; row++) {
      if ((leases.ends[row] as number) > atMs) {
        if (kept < row) leases.move(row, kept)
        kept += 1
        continue
      }
      for (let r = 0; r < WIDTH; r++) sold[r] = (sold[r] as number) - (leases.quantities[row * WIDTH + r] as number)
      if ((leases.quantities[row * WIDTH + 1] as number) > 0) running[(leases.accounts[row] as number) - this.first] = 0
      this.envelopes.note(leases, row, false)
    }
    leases.count = kept
  }

  /** Ends the bids that have expired and closes the gaps that ended ones left; the order of placing stays. */
  private tidyBook(atMs: number): void {
    const { bidRows, bids } = this
    let kept = 0
    for (let row = 0; row < bids.count; row++) {
      const amount = bids.amounts[row] as number
      if (amount === 0) continue
      if ((bids.expiries[row] as number) <= atMs) {
        this.release(row, amount)
        continue
      }
      if (kept < row) {
        bids.move(row, kept)
        bidRows[(bids.accounts[row] as number) - this.first] = kept
      }
      kept += 1
    }
    bids.count = kept
  }

  /** Puts the bids that could win now into the table: at least their reserve offered, no lease with cpu running, room for the bundle. */
  private gather(supply: Float64Array): void {
    const { bids, candidates, capacity, prices, running } = this
    const { accounts, amounts, durations, shares } = bids
    candidates.clear(bids.count)
    const { quantities } = candidates
    const [attentionMax = 0, cpuMax = 0, llmMax = 0, memoryMax = 0] = capacity
    const [attentionLeft = 0, cpuLeft = 0, llmLeft = 0, memoryLeft = 0] = supply
    let count = 0
    for (let row = 0, at = 0; row < bids.count; row++, at += WIDTH) {
      const [attentionPpm, cpuPpm] = [shares[at] as number, shares[at + 1] as number]
      const [llmPpm, memoryPpm] = [shares[at + 2] as number, shares[at + 3] as number]
      if (cpuPpm > 0 && running[(accounts[row] as number) - this.first] === 1) continue
      const reserve = sharesCostMicro(prices, attentionPpm, cpuPpm, llmPpm, memoryPpm, durations[row] as number)
      if ((amounts[row] as number) < reserve) continue
      // A share is never less than what was bought; a cap on LLM spend is never passed.
      const attention = attentionPpm === 0 ? 0 : mulDivCeil(attentionPpm, attentionMax, PPM)
      const cpu = cpuPpm === 0 ? 0 : mulDivCeil(cpuPpm, cpuMax, PPM)
      const llm = llmPpm === 0 ? 0 : mulDivFloor(llmPpm, llmMax, PPM)
      const memory = memoryPpm === 0 ? 0 : mulDivCeil(memoryPpm, memoryMax, PPM)
      if (attention > attentionLeft || cpu > cpuLeft || llm > llmLeft || memory > memoryLeft) continue
      const to = count * WIDTH
      quantities[to] = attention
      quantities[to + 1] = cpu
      quantities[to + 2] = llm
      quantities[to + 3] = memory
      candidates.rows[count] = row
      candidates.reserves[count] = reserve
      candidates.prices[count++] = amounts[row] as number
    }
    candidates.count = count
  }

  /**
   * Payment, burn and lease of every winner; the rest of its hold goes back. In the order of the book, in which memory is read: all of it happens at one
   * instant, and sums of postings do not depend on their order.
   */
  private settle(atMs: number): { readonly revenue_micro: number; readonly welfare_micro: number } {
    const { bids, candidates, leases, running, sold } = this
    const { charges, prices, quantities, reserves, rows } = candidates
    let [revenue, welfare] = [0, 0]
    for (let index = 0; index < candidates.count; index++) {
      const charge = charges[index] as number
      if (charge < 0) continue
      const offered = prices[index] as number
      const payment = Math.min(offered, Math.max(reserves[index] as number, charge))
      const row = rows[index] as number
      revenue += payment
      welfare += offered
      this.release(row, (bids.amounts[row] as number) - payment)
      for (let r = 0; r < WIDTH; r++) sold[r] = (sold[r] as number) + (quantities[index * WIDTH + r] as number)
      const account = bids.accounts[row] as number
      if ((quantities[index * WIDTH + 1] as number) > 0) running[account - this.first] = 1
      leases.add(account, atMs, bids.durations[row] as number, quantities, index)
      this.envelopes.note(leases, leases.count - 1, true)
    }
    if (revenue > 0) post(this.world.ledger, HOLDS, BURN, revenue)
    this.world.moved_micro += revenue
    return { revenue_micro: revenue, welfare_micro: welfare }
  }

  private movePrices(atMs: number): void {
    for (const [r, resource] of COLUMNS.entries()) {
      const meter = this.meters[resource]
      const curve = this.rules.curves[resource]
      if (meter.sold !== this.sold[r] || meter.capacity !== this.capacity[r]) noteSold(meter, curve, atMs, this.sold[r] as number, this.capacity[r] as number)
      const mean = dueMean(meter, curve, atMs)
      if (mean < 0) continue
      takeMean(meter, curve, atMs)
      Object.assign(
        meter,
        nextPoint(curve, meter, mean, () => null),
      )
      this.prices[resource] = meter.price_micro_per_s
    }
  }
}
