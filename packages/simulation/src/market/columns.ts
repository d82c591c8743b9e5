import { OrderRoom } from '@syntropism/economy'

/** Resources of a market in the order of its columns. */
export const COLUMNS = ['attention', 'cpu', 'llm', 'memory'] as const
export const WIDTH: number = COLUMNS.length

const grown = <C extends Float64Array | Int32Array | Uint8Array>(column: C, make: (size: number) => C): C => {
  const next = make(column.length * 2)
  next.set(column)
  return next
}
const f64 = (size: number): Float64Array => new Float64Array(size)
const i32 = (size: number): Int32Array => new Int32Array(size)
const u8 = (size: number): Uint8Array => new Uint8Array(size)

/** From so many rows on a column is copied at once. */
const RUN = 16

/** What an open bid is for: a window, or a prompt that waits or is shown. A shown prompt rests in the book. */
export const WINDOW = 0
export const PROMPT = 1
export const SHOWN = 2

/** Open bids as a struct of arrays, in the order in which they were placed. A row whose amount is 0 has ended and goes at the next beat. */
export class OpenBids {
  count = 0
  accounts: Int32Array
  amounts: Float64Array
  durations: Int32Array
  expiries: Float64Array
  kinds: Uint8Array
  /** Shares in parts per million, `WIDTH` a row. */
  shares: Int32Array
  /** What is offered over the posted price; without posted prices the column has no rows. */
  tips: Float64Array

  constructor(rows: number, tipped: boolean) {
    this.accounts = i32(rows)
    this.amounts = f64(rows)
    this.durations = i32(rows)
    this.expiries = f64(rows)
    this.kinds = u8(rows)
    this.shares = i32(rows * WIDTH)
    this.tips = f64(tipped ? rows : 0)
  }

  /** A new bid of this kind at the end; returns its row. */
  add(
    kind: number,
    account: number,
    attention: number,
    cpu: number,
    llm: number,
    memory: number,
    durationMs: number,
    amountMicro: number,
    expiresAtMs: number,
    tipMicro: number,
  ): number {
    if (this.count === this.accounts.length) this.grow()
    const row = this.count++
    this.accounts[row] = account
    this.amounts[row] = amountMicro
    this.durations[row] = durationMs
    this.expiries[row] = expiresAtMs
    this.kinds[row] = kind
    this.shares[row * WIDTH] = attention
    this.shares[row * WIDTH + 1] = cpu
    this.shares[row * WIDTH + 2] = llm
    this.shares[row * WIDTH + 3] = memory
    if (this.tips.length > 0) this.tips[row] = tipMicro
    return row
  }

  private grow(): void {
    this.accounts = grown(this.accounts, i32)
    this.amounts = grown(this.amounts, f64)
    this.durations = grown(this.durations, i32)
    this.expiries = grown(this.expiries, f64)
    this.kinds = grown(this.kinds, u8)
    this.tips = grown(this.tips, f64)
    this.shares = grown(this.shares, i32)
  }

  /** Moves the rows from `from` to before `end` up to `to`, and notes by account where they are now; returns the row after them. */
  moveUp(from: number, end: number, to: number, bidRows: Int32Array, promptRows: Int32Array, first: number): number {
    const last = to + end - from
    if (from === to || from === end) return last
    this.move(from, end, to)
    const { accounts, kinds } = this
    for (let row = to; row < last; row++) {
      const rows = kinds[row] === WINDOW ? bidRows : promptRows
      rows[(accounts[row] as number) - first] = row
    }
    return last
  }

  /** Copies the rows from `from` to before `end` to an earlier place. */
  private move(from: number, end: number, to: number): void {
    const { accounts, amounts, durations, expiries, kinds, shares, tips } = this
    if (end - from < RUN) {
      for (let row = from, at = to; row < end; row++, at++) {
        accounts[at] = accounts[row] as number
        amounts[at] = amounts[row] as number
        durations[at] = durations[row] as number
        expiries[at] = expiries[row] as number
        kinds[at] = kinds[row] as number
        if (tips.length > 0) tips[at] = tips[row] as number
        for (let r = 0; r < WIDTH; r++) shares[at * WIDTH + r] = shares[row * WIDTH + r] as number
      }
      return
    }
    for (const column of [accounts, amounts, durations, expiries, kinds]) column.copyWithin(to, from, end)
    if (tips.length > 0) tips.copyWithin(to, from, end)
    shares.copyWithin(to * WIDTH, from * WIDTH, end * WIDTH)
  }
}

/** Running leases as a struct of arrays, in the order in which they began. */
export class RunningLeases {
  count = 0
  accounts: Int32Array
  durations: Int32Array
  ends: Float64Array
  /** Whether it is the slot of a prompt. */
  slots: Uint8Array
  /** What each holds, in absolute quantities, `WIDTH` a row. */
  quantities: Float64Array
  /** What each offered, and its shares: for demand curves; where there are none the columns have no rows. */
  offers: Float64Array
  shares: Int32Array

  constructor(rows: number, demanded: boolean) {
    this.accounts = i32(rows)
    this.durations = i32(rows)
    this.ends = f64(rows)
    this.slots = u8(rows)
    this.quantities = f64(rows * WIDTH)
    this.offers = f64(demanded ? rows : 0)
    this.shares = i32(demanded ? rows * WIDTH : 0)
  }

  /** A lease from now on, of what row `row` of `bids` asks for: `quantities[index]`, offered `offeredMicro`. */
  add(bids: OpenBids, row: number, atMs: number, quantities: Float64Array, index: number, offeredMicro: number): void {
    if (this.count === this.accounts.length) this.grow()
    const { accounts, durations, ends, quantities: held, slots } = this
    const to = this.count++
    const duration = bids.durations[row] as number
    accounts[to] = bids.accounts[row] as number
    durations[to] = duration
    ends[to] = atMs + duration
    slots[to] = bids.kinds[row] as number
    for (let r = 0; r < WIDTH; r++) held[to * WIDTH + r] = quantities[index * WIDTH + r] as number
    if (this.offers.length === 0) return
    this.offers[to] = offeredMicro
    for (let r = 0; r < WIDTH; r++) this.shares[to * WIDTH + r] = bids.shares[row * WIDTH + r] as number
  }

  private grow(): void {
    this.accounts = grown(this.accounts, i32)
    this.durations = grown(this.durations, i32)
    this.ends = grown(this.ends, f64)
    this.slots = grown(this.slots, u8)
    this.quantities = grown(this.quantities, f64)
    this.offers = grown(this.offers, f64)
    this.shares = grown(this.shares, i32)
  }

  move(from: number, to: number): void {
    this.accounts[to] = this.accounts[from] as number
    this.durations[to] = this.durations[from] as number
    this.ends[to] = this.ends[from] as number
    this.slots[to] = this.slots[from] as number
    for (let r = 0; r < WIDTH; r++) this.quantities[to * WIDTH + r] = this.quantities[from * WIDTH + r] as number
    if (this.offers.length === 0) return
    this.offers[to] = this.offers[from] as number
    for (let r = 0; r < WIDTH; r++) this.shares[to * WIDTH + r] = this.shares[from * WIDTH + r] as number
  }
}

/** Bids that take part in a clearing, as the table that an allocation rule reads; room is kept from one clearing to the next. */
export class Candidates {
  count = 0
  /** Row of each among the open bids. */
  rows: Int32Array = i32(64)
  reserves: Float64Array = f64(64)
  prices: Float64Array = f64(64)
  quantities: Float64Array = f64(64 * WIDTH)
  /** What each winner is to pay before its reserve and its offer bound it; −1 for who did not win. */
  charges: Float64Array = f64(64)
  readonly orderRoom: OrderRoom = new OrderRoom()
  /** Row and offer of the best bid that was left out for want of room, −1 for none. */
  missing = { offered: -1, row: -1 }

  /** Empties the table and makes room for this many. */
  clear(count: number): void {
    this.count = 0
    this.missing.row = -1
    this.missing.offered = -1
    if (count <= this.rows.length) return
    const size = Math.max(count, 2 * this.rows.length)
    this.rows = i32(size)
    this.reserves = f64(size)
    this.prices = f64(size)
    this.quantities = f64(size * WIDTH)
    this.charges = f64(size)
  }

  /** Notes a bid that takes part but finds no room; the earlier of equal ones stays. */
  leaveOut(row: number, offered: number): void {
    if (offered <= this.missing.offered) return
    this.missing.row = row
    this.missing.offered = offered
  }

  /** Row of the best bid that did not win, −1 when all did; after `charge`. */
  bestLoser(): number {
    let { offered: best, row: loser } = this.missing
    for (let index = 0; index < this.count; index++) {
      if ((this.charges[index] as number) >= 0) continue
      const [offered, row] = [this.prices[index] as number, this.rows[index] as number]
      if (offered < best || (offered === best && loser >= 0 && row > loser)) continue
      best = offered
      loser = row
    }
    return loser
  }

  /** Length of each bid of the table. */
  durations(of: Int32Array): Int32Array {
    return Int32Array.from(this.rows.subarray(0, this.count), (row) => of[row] as number)
  }

  /** Notes the winners and what each is to pay; what it offered where there are no payments. */
  charge(winners: ArrayLike<number>, payments: ArrayLike<number> | null): void {
    this.charges.fill(-1, 0, this.count)
    for (let place = 0; place < winners.length; place++) {
      const index = winners[place] as number
      this.charges[index] = (payments === null ? this.prices[index] : payments[place]) as number
    }
  }

  table(supply: Float64Array): { readonly prices: Float64Array; readonly quantities: Float64Array; readonly supply: Float64Array } {
    return { prices: this.prices.subarray(0, this.count), quantities: this.quantities.subarray(0, this.count * WIDTH), supply }
  }
}
