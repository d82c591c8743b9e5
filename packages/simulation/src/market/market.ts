import { BURN, type Bundle, DEFAULT_PARAMS, HOLDS, PPM, type Resource, balanceOf, post, postNet, reserveCostMicro } from '@syntropism/economy'
import type { World } from '../engine/index.ts'
import type { Population } from '../population/index.ts'
import { aheadIn } from './ahead.ts'
import { clearBook } from './clear.ts'
import { COLUMNS, Candidates, OpenBids, PROMPT, RunningLeases, SHOWN, WIDTH, WINDOW } from './columns.ts'
import { Envelopes } from './envelopes.ts'
import { isAmount, largestShares, refuseOffer } from './offers.ts'
import { PriceBoard, demandIn } from './prices.ts'
import { type MarketRules, checkRules } from './rules.ts'
import { OWN, type SavedMarket, copied } from './saved.ts'
import { Starvation } from './single.ts'

/** What a beat came to. */
export interface Beat {
  readonly candidates: number
  readonly winners: number
  /** What winners paid for windows; a prompt pays when it is judged. */
  readonly revenue_micro: number
  readonly welfare_micro: number
}

/**
 * The auction of shares × duration of the live economy, for populations: bids, leases and holds are rows of typed arrays, and every rule is the economy's
 * own (reserve, quantities, mechanism, payment, ledger, price curve). Everything sold is one pool, and a member has at most one open bid and one open prompt.
 */
export class Market {
  private readonly world: World
  private readonly rules: MarketRules
  private readonly board: PriceBoard
  private readonly capacity: Float64Array
  private readonly largest: Int32Array
  /** What running leases hold, by column. */
  private readonly sold: Float64Array = new Float64Array(WIDTH)
  private readonly first: number
  /** By account from `first` on: row of the open bid, −1 for none; whether a lease with cpu runs; and for prompts their row and the price of their slot. */
  private readonly bidRows: Int32Array
  private readonly running: Uint8Array
  private readonly promptRows: Int32Array
  private readonly slotPrices: Float64Array
  private readonly bids: OpenBids
  private readonly leases: RunningLeases
  private readonly candidates: Candidates = new Candidates()
  private readonly envelopes: Envelopes
  private readonly starvation: Starvation

  /** Throws UsageError when the rules do not go together. */
  constructor(world: World, populations: readonly Population[], rules: MarketRules) {
    checkRules(rules)
    this.world = world
    this.rules = rules
    this.capacity = Float64Array.from(COLUMNS, (resource) => rules.capacity[resource])
    this.largest = largestShares(this.capacity)
    this.board = new PriceBoard(rules.curves, this.capacity, world.at_ms)
    this.first = Math.min(...populations.map((population) => population.accounts.first))
    const accounts = Math.max(...populations.map((population) => population.accounts.first + population.capacity)) - this.first
    const prompting = this.capacity[0] === 0 ? 0 : accounts
    this.bidRows = new Int32Array(accounts).fill(-1)
    this.running = new Uint8Array(accounts)
    this.promptRows = new Int32Array(prompting).fill(-1)
    this.slotPrices = new Float64Array(prompting).fill(-1)
    const members = populations.reduce((sum, population) => sum + population.capacity, 0)
    this.bids = new OpenBids(members, rules.payment_rule === 'posted')
    this.leases = new RunningLeases(
      Math.min(members, 1024),
      COLUMNS.some((resource) => rules.curves[resource].kind === 'clearing'),
    )
    this.envelopes = new Envelopes(world.ledger)
    this.starvation = new Starvation(rules.starvation_ms ?? 0)
    for (const population of populations) population.alsoReadAhead(aheadIn(population.accounts.first - this.first, this.bids, this.bidRows, this.running))
  }

  /** Book, leases and prices, for a model's `save`; what is held stands in the ledger. */
  save(): SavedMarket {
    const { bidRows, bids, board, leases, promptRows, running, slotPrices, sold, starvation } = this
    const own = copied({ bidRows, promptRows, running, slotPrices, sold })
    return { ...own, bids: copied(bids), leases: copied(leases), meters: board.save(), starvation: starvation.save() }
  }

  /** Puts back what `save` gave, into a market that was opened in the same way. */
  resume(saved: SavedMarket): void {
    for (const name of OWN) this[name].set(saved[name])
    Object.assign(this.bids, copied(saved.bids))
    Object.assign(this.leases, copied(saved.leases))
    this.board.resume(saved.meters)
    this.starvation.resume(saved.starvation)
  }

  /** Prices now, in micro-credits per second of the whole capacity. */
  get prices(): Readonly<Record<Resource, number>> {
    return this.board.now
  }

  /** What a bundle costs at the prices now: the least with which a bid takes part. */
  reserveMicro(bundle: Bundle, durationMs: number): number {
    return reserveCostMicro(this.board.now, bundle, durationMs)
  }

  /** Whether a lease with cpu runs for a member: until it ends, its bids for cpu wait. */
  isRunning(population: Population, member: number): boolean {
    return this.running[population.accounts.first + member - this.first] === 1
  }

  hasBid(population: Population, member: number): boolean {
    return (this.bidRows[population.accounts.first + member - this.first] as number) >= 0
  }

  hasPrompt(population: Population, member: number): boolean {
    return (this.promptRows[population.accounts.first + member - this.first] ?? -1) >= 0
  }

  /** Whether a human is looking at the member's prompt. */
  isShown(population: Population, member: number): boolean {
    return this.bids.kinds[this.promptRows[population.accounts.first + member - this.first] ?? -1] === SHOWN
  }

  /**
   * Offers `amountMicro` for a bundle of shares over a duration; the amount is held from now on. An open bid of the member is withdrawn first. The bid lapses
   * at the first beat at or after `expiresAtMs`. Under posted prices it offers the reserve and `tipMicro`. False when the member has not that much, and then
   * nothing has changed. Throws StrategyError for an offer that no market takes: it names the member, the step and the value.
   */
  place(
    population: Population,
    member: number,
    bundle: Bundle,
    durationMs: number,
    amountMicro: number,
    expiresAtMs: number = Infinity,
    tipMicro: number = 0,
  ): boolean {
    const { bidRows, bids, largest, world } = this
    // Each offer of a run is checked, in one piece with the rest. A NaN or a fraction is not equal to its whole part; one sign bit tells of any number below 0.
    let isSound = true
    for (const resource in bundle) if (resource !== 'cpu' && resource !== 'memory' && resource !== 'llm' && resource !== 'attention') isSound = false
    const { attention = 0, cpu = 0, llm = 0, memory = 0 } = bundle
    isSound &&=
      (attention | 0) === attention &&
      (cpu | 0) === cpu &&
      (llm | 0) === llm &&
      (memory | 0) === memory &&
      (durationMs | 0) === durationMs &&
      (attention | cpu | llm | memory) > 0 &&
      attention <= (largest[0] as number) &&
      cpu <= (largest[1] as number) &&
      llm <= (largest[2] as number) &&
      memory <= (largest[3] as number) &&
      (cpu === 0) === (memory === 0) &&
      durationMs > 0 &&
      isAmount(amountMicro) &&
      (tipMicro === 0 || isAmount(tipMicro))
    if (!isSound) refuseOffer(world, largest, population, member, bundle, durationMs, amountMicro, tipMicro)
    const account = population.accounts.first + member
    const open = bidRows[account - this.first] as number
    const back = open < 0 ? 0 : (bids.amounts[open] as number)
    if (balanceOf(world.ledger, account) + back < amountMicro) return false
    // One posting for both holds, of what the new one takes more or less: ledger and book are read in random order here.
    postNet(world.ledger, account, HOLDS, amountMicro - back)
    if (open >= 0) this.starvation.forget(bids, open)
    if (open >= 0) bids.amounts[open] = 0
    bidRows[account - this.first] = bids.add(WINDOW, account, attention, cpu, llm, memory, durationMs, amountMicro, expiresAtMs, tipMicro)
    return true
  }

  /**
   * Bids for one human's attention: a slot now and then, until the prompt is judged, withdrawn, or its deadline is past. The amount is held until then. False
   * when the member has not that much or has an open prompt. Throws StrategyError for an amount that is none, or where no human is on duty.
   */
  prompt(population: Population, member: number, amountMicro: number, deadlineMs: number = Infinity): boolean {
    const { bids, promptRows, rules, world } = this
    const account = population.accounts.first + member
    const slot = Math.floor(PPM / Math.max(1, rules.capacity.attention))
    const slotMs = rules.attention_slot_ms ?? DEFAULT_PARAMS.attention_slot_ms
    if (this.largest[0] === 0) refuseOffer(world, this.largest, population, member, { attention: slot }, slotMs, amountMicro, 0)
    world.checkAmount(population, member, amountMicro)
    if (this.hasPrompt(population, member) || balanceOf(world.ledger, account) < amountMicro) return false
    post(world.ledger, account, HOLDS, amountMicro)
    promptRows[account - this.first] = bids.add(PROMPT, account, slot, 0, 0, 0, slotMs, amountMicro, deadlineMs, 0)
    return true
  }

  /**
   * Ends a member's prompt. A human who spent attention on it (`spent`: scored or skipped) burns the price of its slot, its bid when it had none yet; the
   * rest returns, all of it when it is withdrawn. What a score earns is the model's to mint. False when there is none.
   */
  judge(population: Population, member: number, spent: boolean): boolean {
    const row = this.promptRows[population.accounts.first + member - this.first] ?? -1
    if (row < 0) return false
    this.endPrompt(row, spent)
    this.envelopes.flush()
    this.board.note(this.world.at_ms, this.sold)
    return true
  }

  private endPrompt(row: number, spent: boolean): void {
    const { bids, leases } = this
    const [account, amount] = [bids.accounts[row] as number, bids.amounts[row] as number]
    const price = this.slotPrices[account - this.first] as number
    if (bids.kinds[row] === SHOWN) {
      let lease = 0
      while (leases.slots[lease] === WINDOW || leases.accounts[lease] !== account) lease += 1
      this.closeLease(lease)
      for (let next = lease + 1; next < leases.count; next++) leases.move(next, next - 1)
      leases.count -= 1
    }
    const burned = spent ? Math.min(amount, price < 0 ? amount : price) : 0
    if (burned > 0) post(this.world.ledger, HOLDS, BURN, burned)
    this.world.moved_micro += burned
    this.release(row, amount - burned)
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
    const { bids } = this
    const account = bids.accounts[row] as number
    if (amountMicro > 0) post(this.world.ledger, HOLDS, account, amountMicro)
    this.starvation.forget(bids, row)
    bids.amounts[row] = 0
    if (bids.kinds[row] === WINDOW) this.bidRows[account - this.first] = -1
    else {
      this.promptRows[account - this.first] = -1
      this.slotPrices[account - this.first] = -1
    }
  }

  /** One beat at the world's time, in the order of the live economy: what is due ends, the book clears, winners pay and lease, prices move when their period ended. */
  beat(): Beat {
    const { bids, world } = this
    const atMs = world.at_ms
    this.endLeases(atMs)
    this.tidyBook(atMs)
    const { candidates, capacity, first, leases, rules, running, sold, starvation } = this
    const { payments, winners } = clearBook({ bids, candidates, capacity, first, leases, prices: this.board.now, rules, running, sold, starvation }, atMs)
    candidates.charge(winners, payments)
    if (starvation.isOn) starvation.note(bids, candidates.bestLoser(), atMs)
    const { revenue_micro, welfare_micro } = this.settle(atMs, winners)
    this.envelopes.flush()
    this.board.note(atMs, sold)
    this.board.move(atMs, (column, prices) => demandIn({ bids, capacity, first, leases, running }, column, prices))
    return { candidates: candidates.count, revenue_micro, welfare_micro, winners: winners.length }
  }

  /** Takes back what a lease holds. */
  private closeLease(row: number): void {
    const { leases, sold } = this
    for (let r = 0; r < WIDTH; r++) sold[r] = (sold[r] as number) - (leases.quantities[row * WIDTH + r] as number)
    const account = (leases.accounts[row] as number) - this.first
    if ((leases.quantities[row * WIDTH + 1] as number) > 0) this.running[account] = 0
    if (leases.slots[row] !== WINDOW) this.bids.kinds[this.promptRows[account] as number] = PROMPT
    this.envelopes.note(leases, row, false)
  }

  /** Ends the leases that are due; the others move up. */
  private endLeases(atMs: number): void {
    const { leases } = this
    let kept = 0
    for (let row = 0; row < leases.count; row++) {
      if ((leases.ends[row] as number) > atMs) {
        if (kept < row) leases.move(row, kept)
        kept += 1
      } else this.closeLease(row)
    }
    leases.count = kept
  }

  /** Ends the bids that have expired and closes the gaps that ended ones left; the order of placing stays. */
  private tidyBook(atMs: number): void {
    const { bidRows, bids, first, promptRows } = this
    const { amounts, count, expiries, kinds } = bids
    let [from, kept] = [0, 0]
    for (let row = 0; row < count; row++) {
      const amount = amounts[row] as number
      if (amount !== 0 && (expiries[row] as number) > atMs) continue
      kept = bids.moveUp(from, row, kept, bidRows, promptRows, first)
      from = row + 1
      if (amount === 0) continue
      if (kinds[row] === WINDOW) this.release(row, amount)
      else this.endPrompt(row, false)
    }
    bids.count = bids.moveUp(from, count, kept, bidRows, promptRows, first)
  }

  /**
   * Payment, burn and lease of every winner; the rest of its hold goes back. In the order of the book, in which memory is read: all of it happens at one
   * instant, and sums of postings do not depend on their order. Where bids may starve, leases stand in the order of acceptance, as live: of several that end
   * together the first to leave enough room is waited for.
   */
  private settle(atMs: number, winners: readonly number[]): { readonly revenue_micro: number; readonly welfare_micro: number } {
    const { charges, count, prices, reserves, rows } = this.candidates
    const byAcceptance = this.starvation.isOn
    let [revenue, welfare] = [0, 0]
    for (let place = 0, places = byAcceptance ? winners.length : count; place < places; place++) {
      const index = byAcceptance ? (winners[place] as number) : place
      const charge = charges[index] as number
      if (charge < 0) continue
      const offered = prices[index] as number
      welfare += offered
      revenue += this.letIn(rows[index] as number, index, Math.min(offered, Math.max(reserves[index] as number, charge)), atMs)
    }
    if (revenue > 0) post(this.world.ledger, HOLDS, BURN, revenue)
    this.world.moved_micro += revenue
    return { revenue_micro: revenue, welfare_micro: welfare }
  }

  /** A winner's lease begins. Returns what it pays now: a prompt pays when it is judged. */
  private letIn(row: number, index: number, payment: number, atMs: number): number {
    const { bids, candidates, leases, sold } = this
    const { quantities } = candidates
    const account = (bids.accounts[row] as number) - this.first
    for (let r = 0, at = index * WIDTH; r < WIDTH; r++, at++) sold[r] = (sold[r] as number) + (quantities[at] as number)
    if ((quantities[index * WIDTH + 1] as number) > 0) this.running[account] = 1
    leases.add(bids, row, atMs, quantities, index, candidates.prices[index] as number)
    this.envelopes.note(leases, leases.count - 1, true)
    if (bids.kinds[row] === WINDOW) {
      this.release(row, (bids.amounts[row] as number) - payment)
      return payment
    }
    bids.kinds[row] = SHOWN
    this.slotPrices[account] = payment
    return 0
  }
}
