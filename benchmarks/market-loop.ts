import { streamOf } from '@syntropism/simulation'

const WIDTH = 4
/** As in the engine: from so many members on, in blocks of so many. */
const [AHEAD_FROM, AHEAD] = [16_384, 64]
/** Share of the bids that win in the market of the benchmark; a walk over their order ends little later. */
const WON = 0.19
/** Parts of the sort as the economy makes it: digits of up to 8 bits below 4 096 keys, of 11 above, for words of 22 bits. */
const digitsOf = (agents: number): { readonly bits: number; readonly passes: number } => (agents < 4096 ? { bits: 8, passes: 3 } : { bits: 11, passes: 2 })

const f64 = (size: number): Float64Array => new Float64Array(size)
const i32 = (size: number): Int32Array => new Int32Array(size)
const u8 = (size: number): Uint8Array => new Uint8Array(size)
const u32 = (size: number): Uint32Array => new Uint32Array(size)

/**
 * The bytes of a market step and nothing else: the same columns, read and written as often, at the same places and in the same order, with an addition each.
 * Order of activation, words of the sort, order of the book and winners are drawn as they fall in the market. Left out is what decides: no reserve, no check
 * of an offer or a posting, no comparison of keys, no quantities from shares, no grants. Every typed array that a step reads or writes is here, those of the
 * ledger (balance, kind and asset of both sides, sum of the agents' credits), of the prices and of what is sold included.
 */
export class TouchLoop {
  private readonly agents: number
  private readonly order: Int32Array
  private readonly chance: ReturnType<typeof streamOf> | null
  private readonly members: { inBook: Int32Array; kinds: Uint8Array; running: Uint8Array; urgencies: Float64Array }
  private readonly ledger: { agents: Float64Array; assets: Uint8Array; balances: Float64Array; kinds: Uint8Array }
  private readonly market: { bundles: Float64Array; grants: Float64Array; largest: Int32Array; left: Float64Array; prices: Float64Array; sold: Float64Array }
  private readonly bids: {
    accounts: Int32Array
    amounts: Float64Array
    durations: Int32Array
    expiries: Float64Array
    kinds: Uint8Array
    shares: Int32Array
  }
  private readonly table: { charges: Float64Array; prices: Float64Array; quantities: Float64Array; reserves: Float64Array; rows: Int32Array }
  private readonly leases: { accounts: Int32Array; durations: Int32Array; ends: Float64Array; quantities: Float64Array; slots: Uint8Array }
  private readonly sorted: { order: Uint32Array; pairs: Uint32Array; spare: Uint32Array; starts: Uint32Array }
  /** Rows of the book in the order in which they are walked. */
  private readonly walked: Int32Array
  private readonly winners: Int32Array
  private count = 0
  /** What was read ahead, added up: no reading is left out as useless. */
  ahead = 0

  constructor(agents: number, activation: 'random' | 'sequential') {
    this.agents = agents
    this.chance = activation === 'random' ? streamOf(1, 'order') : null
    this.order = Int32Array.from({ length: agents }, (_, index) => index)
    this.members = { inBook: i32(agents).fill(-1), kinds: u8(agents), running: u8(agents), urgencies: f64(agents) }
    this.ledger = { agents: f64(1), assets: u8(agents + 1), balances: f64(agents + 1), kinds: u8(agents + 1) }
    this.market = { bundles: f64(2 * 49), grants: f64(WIDTH), largest: i32(WIDTH), left: f64(WIDTH), prices: f64(WIDTH), sold: f64(WIDTH) }
    const rows = 2 * agents
    this.bids = { accounts: i32(rows), amounts: f64(rows), durations: i32(rows), expiries: f64(rows), kinds: u8(rows), shares: i32(WIDTH * rows) }
    this.table = { charges: f64(agents), prices: f64(agents), quantities: f64(WIDTH * agents), reserves: f64(agents), rows: i32(agents) }
    this.winners = i32(Math.round(WON * agents))
    const leases = this.winners.length
    this.leases = { accounts: i32(leases), durations: i32(leases), ends: f64(leases), quantities: f64(WIDTH * leases), slots: u8(leases) }
    const { bits, passes } = digitsOf(agents)
    this.sorted = { order: u32(agents), pairs: u32(2 * agents + 2), spare: u32(2 * agents + 2), starts: u32(passes << bits) }
    const drawn = streamOf(1, 'touch')
    for (let member = 0; member < agents; member++) {
      this.members.kinds[member] = drawn.below(49)
      // What a bid offers is its word in the sort.
      this.members.urgencies[member] = 1 + drawn.below(2 ** 22 - 1)
    }
    this.walked = this.order.slice()
    drawn.shuffle(this.walked, agents)
  }

  step(): void {
    this.chance?.shuffle(this.order, this.agents)
    this.act()
    this.endLeases()
    this.tidy()
    this.gather()
    this.sort()
    this.walk()
    this.settle()
  }

  private act(): void {
    const ahead = this.chance !== null && this.agents >= AHEAD_FROM ? AHEAD : this.agents
    for (let at = 0, end = 0; end < this.agents; ) {
      end = Math.min(this.agents, end + ahead)
      if (ahead < this.agents) this.readAhead(at, end)
      for (; at < end; at++) this.bid(this.order[at] as number)
    }
  }

  /** Members of random order are read ahead, as the engine does it. */
  private readAhead(from: number, end: number): void {
    const { bids, ledger, members, order } = this
    let sum = 0
    for (let at = from; at < end; at++) {
      const member = order[at] as number
      sum += (ledger.balances[member] as number) + (ledger.assets[member] as number) + (ledger.kinds[member] as number)
    }
    for (let at = from; at < end; at++) sum += members.kinds[order[at] as number] as number
    for (let at = from; at < end; at++) sum += members.urgencies[order[at] as number] as number
    for (let at = from; at < end; at++) {
      const row = members.inBook[order[at] as number] as number
      sum += (members.running[order[at] as number] as number) + (row < 0 ? row : (bids.amounts[row] as number))
    }
    this.ahead = sum
  }

  /** Two sides of a posting: an agent's account and the holds. */
  private post(member: number, amount: number): void {
    const { agents, assets, balances, kinds } = this.ledger
    const holds = this.agents
    const left = (balances[member] as number) - amount
    const right = (balances[holds] as number) + amount
    const sort = (assets[member] as number) + (assets[holds] as number) + (kinds[member] as number) + (kinds[holds] as number)
    balances[member] = left
    balances[holds] = right + sort + (assets[member] as number) + (kinds[member] as number) + (kinds[holds] as number)
    agents[0] = (agents[0] as number) + amount
  }

  private bid(member: number): void {
    const { bids, ledger, market, members } = this
    const { bundles, largest, prices } = market
    const kind = members.kinds[member] as number
    const urgency = (members.urgencies[member] as number) + (members.running[member] as number)
    members.urgencies[member] = urgency
    const cpu = bundles[2 * kind] as number
    const memory = bundles[2 * kind + 1] as number
    const limits = (largest[0] as number) | (largest[1] as number) | (largest[2] as number) | (largest[3] as number)
    let amount = (prices[0] as number) + (prices[1] as number) + ((prices[2] as number) + (prices[3] as number)) + limits
    const open = members.inBook[member] as number
    if (open >= 0) {
      amount += bids.amounts[open] as number
      bids.amounts[open] = 0
    }
    amount += ledger.balances[member] as number
    this.post(member, amount)
    const row = this.count++
    bids.accounts[row] = member
    bids.amounts[row] = urgency
    bids.durations[row] = row
    bids.expiries[row] = row
    bids.kinds[row] = 0
    bids.shares[WIDTH * row] = 0
    bids.shares[WIDTH * row + 1] = cpu
    bids.shares[WIDTH * row + 2] = 0
    bids.shares[WIDTH * row + 3] = memory
    members.inBook[member] = row
  }

  private endLeases(): void {
    const { leases, members } = this
    const { grants, sold } = this.market
    for (let row = 0; row < leases.accounts.length; row++) {
      let sum = (leases.ends[row] as number) + (leases.slots[row] as number) + (leases.durations[row] as number)
      for (let r = 0; r < WIDTH; r++) {
        sold[r] = (sold[r] as number) + (leases.quantities[WIDTH * row + r] as number)
        sum += leases.quantities[WIDTH * row + r] as number
      }
      members.running[leases.accounts[row] as number] = sum
      grants[1] = (grants[1] as number) + sum
      grants[3] = (grants[3] as number) + sum
    }
  }

  /** Rows that have ended, and when the others do, are looked at; what stays is copied to the front at once. */
  private tidy(): void {
    const { bids, members } = this
    let from = 0
    for (let row = 0; row < this.count; row++) {
      if ((bids.amounts[row] as number) !== 0 && (bids.expiries[row] as number) >= 0) continue
      from = row + 1
    }
    const { accounts, amounts, durations, expiries, kinds, shares } = bids
    for (const column of [accounts, amounts, durations, expiries, kinds]) column.copyWithin(0, from, this.count)
    shares.copyWithin(0, from * WIDTH, this.count * WIDTH)
    this.count -= from
    for (let row = 0; row < this.count; row++) {
      if ((kinds[row] as number) > 0) continue
      members.inBook[accounts[row] as number] = row
    }
  }

  private gather(): void {
    const { bids, members, table } = this
    const { prices } = this.market
    for (let row = 0; row < this.count; row++) {
      let sum = (bids.kinds[row] as number) + (members.running[bids.accounts[row] as number] as number) + (bids.durations[row] as number)
      for (let r = 0; r < WIDTH; r++) {
        sum += prices[r] as number
        table.quantities[WIDTH * row + r] = bids.shares[WIDTH * row + r] as number
      }
      table.rows[row] = row
      table.reserves[row] = sum
      table.prices[row] = bids.amounts[row] as number
    }
  }

  /** The passes of a counting sort; what decides where a pair goes are its digits, as there. */
  private sort(): void {
    const { agents, table } = this
    const { order, starts } = this.sorted
    const { bits, passes } = digitsOf(agents)
    const [size, mask] = [1 << bits, (1 << bits) - 1]
    let { pairs, spare } = this.sorted
    let least = 0
    for (let at = 0; at < agents; at++) least += table.prices[at] as number
    for (let at = 0; at < agents; at++) {
      pairs[2 * at] = table.prices[at] as number
      pairs[2 * at + 1] = at
    }
    starts.fill(0)
    for (let at = 0; at < agents; at++)
      for (let digit = 0, rest = pairs[2 * at] as number; digit < passes; digit++, rest >>>= bits)
        starts[digit * size + (rest & mask)] = (starts[digit * size + (rest & mask)] as number) + 1
    for (let digit = 0; digit < passes; digit++) {
      const places = starts.subarray(digit * size, (digit + 1) * size)
      for (let cell = 0, total = 0; cell < size; cell++) {
        total += places[cell] as number
        places[cell] = total - (places[cell] as number)
      }
      for (let at = 0; at < 2 * agents; at += 2) {
        const word = pairs[at] as number
        const cell = (word >>> (digit * bits)) & mask
        const to = places[cell] as number
        places[cell] = to + 1
        spare[2 * to] = word
        spare[2 * to + 1] = pairs[at + 1] as number
      }
      ;[pairs, spare] = [spare, pairs]
    }
    order[0] = least
    for (let at = 0; at < agents; at++) {
      if ((pairs[2 * at + 2] as number) === -1) continue
      order[at] = (pairs[2 * at] as number) + (pairs[2 * at + 1] as number)
    }
  }

  private walk(): void {
    const { table, walked, winners } = this
    const { left } = this.market
    const { quantities } = table
    const least = f64(WIDTH)
    for (let at = 0; at < WIDTH * this.agents; at += WIDTH)
      for (let r = 0; r < WIDTH; r++) if ((quantities[at + r] as number) < (least[r] as number)) least[r] = 0
    for (let place = 0; place < winners.length; place++) {
      const row = walked[place] as number
      let sum = 0
      for (let r = 0; r < WIDTH; r++) sum += (quantities[WIDTH * row + r] as number) + (left[r] as number)
      for (let r = 0; r < WIDTH; r++) left[r] = (left[r] as number) + (quantities[WIDTH * row + r] as number)
      for (let r = 0; r < WIDTH; r++) sum += (left[r] as number) + (least[r] as number)
      winners[place] = Math.min(sum, row)
    }
  }

  private settle(): void {
    const { bids, leases, members, table, walked, winners } = this
    const { grants, sold } = this.market
    table.charges.fill(-1)
    for (let place = 0; place < winners.length; place++) {
      const row = walked[place] as number
      table.charges[row] = (table.prices[row] as number) + (winners[place] as number)
    }
    for (let index = 0, won = 0; index < this.count; index++) {
      if ((table.charges[index] as number) < 0) continue
      const row = table.rows[index] as number
      const account = bids.accounts[row] as number
      let sum = (table.prices[index] as number) + (table.reserves[index] as number) + (table.charges[index] as number)
      for (let r = 0; r < WIDTH; r++) sold[r] = (sold[r] as number) + (table.quantities[WIDTH * index + r] as number)
      members.running[account] = 1
      leases.accounts[won] = account
      leases.durations[won] = bids.durations[row] as number
      leases.slots[won] = bids.kinds[row] as number
      for (let r = 0; r < WIDTH; r++) {
        leases.quantities[WIDTH * won + r] = table.quantities[WIDTH * index + r] as number
        sum += leases.quantities[WIDTH * won + r] as number
      }
      grants[1] = (grants[1] as number) + sum
      grants[3] = (grants[3] as number) + sum
      sum += (bids.amounts[row] as number) + (bids.kinds[row] as number) + (bids.kinds[row] as number)
      bids.amounts[row] = 0
      leases.ends[won] = sum
      members.inBook[account] = -1
      won += 1
    }
  }
}
