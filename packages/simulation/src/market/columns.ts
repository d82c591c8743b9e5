/** Resources of a market in the order of its columns. */
export const COLUMNS = ['attention', 'cpu', 'llm', 'memory'] as const
export const WIDTH: number = COLUMNS.length

const grown = <C extends Float64Array | Int32Array>(column: C, make: (size: number) => C): C => {
  const next = make(column.length * 2)
  next.set(column)
  return next
}
const f64 = (size: number): Float64Array => new Float64Array(size)
const i32 = (size: number): Int32Array => new Int32Array(size)

/** Open bids as a struct of arrays, in the order in which they were placed. A row whose amount is 0 has ended and goes at the next beat. */
export class OpenBids {
  count = 0
  accounts: Int32Array
  amounts: Float64Array
  durations: Int32Array
  expiries: Float64Array
  /** Shares in parts per million, `WIDTH` a row. */
  shares: Int32Array

  constructor(rows: number) {
    this.accounts = i32(rows)
    this.amounts = f64(rows)
    this.durations = i32(rows)
    this.expiries = f64(rows)
    this.shares = i32(rows * WIDTH)
  }

  /** Row for a new bid; the caller fills it in. */
  add(): number {
    if (this.count === this.accounts.length) {
      this.accounts = grown(this.accounts, i32)
      this.amounts = grown(this.amounts, f64)
      this.durations = grown(this.durations, i32)
      this.expiries = grown(this.expiries, f64)
      this.shares = grown(this.shares, i32)
    }
    return this.count++
  }

  /** Copies a row to an earlier place. */
  move(from: number, to: number): void {
    this.accounts[to] = this.accounts[from] as number
    this.amounts[to] = this.amounts[from] as number
    this.durations[to] = this.durations[from] as number
    this.expiries[to] = this.expiries[from] as number
    for (let r = 0; r < WIDTH; r++) this.shares[to * WIDTH + r] = this.shares[from * WIDTH + r] as number
  }
}

/** Running leases as a struct of arrays, in the order in which they began. */
export class RunningLeases {
  count = 0
  accounts: Int32Array
  durations: Int32Array
  ends: Float64Array
  /** What each holds, in absolute quantities, `WIDTH` a row. */
  quantities: Float64Array

  constructor(rows: number) {
    this.accounts = i32(rows)
    this.durations = i32(rows)
    this.ends = f64(rows)
    this.quantities = f64(rows * WIDTH)
  }

  /** A lease over `durationMs` from now on, of what row `row` of `from` wants. */
  add(account: number, atMs: number, durationMs: number, from: Float64Array, row: number): void {
    if (this.count === this.accounts.length) {
      this.accounts = grown(this.accounts, i32)
      this.durations = grown(this.durations, i32)
      this.ends = grown(this.ends, f64)
      this.quantities = grown(this.quantities, f64)
    }
    const to = this.count++
    this.accounts[to] = account
    this.durations[to] = durationMs
    this.ends[to] = atMs + durationMs
    for (let r = 0; r < WIDTH; r++) this.quantities[to * WIDTH + r] = from[row * WIDTH + r] as number
  }

  move(from: number, to: number): void {
    this.accounts[to] = this.accounts[from] as number
    this.durations[to] = this.durations[from] as number
    this.ends[to] = this.ends[from] as number
    for (let r = 0; r < WIDTH; r++) this.quantities[to * WIDTH + r] = this.quantities[from * WIDTH + r] as number
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

  /** Empties the table and makes room for this many. */
  clear(count: number): void {
    this.count = 0
    if (count <= this.rows.length) return
    const size = Math.max(count, 2 * this.rows.length)
    this.rows = i32(size)
    this.reserves = f64(size)
    this.prices = f64(size)
    this.quantities = f64(size * WIDTH)
    this.charges = f64(size)
  }

  /** Notes the winners and what each is to pay; what it offered where there are no payments. */
  charge(winners: readonly number[], payments: readonly number[] | null): void {
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
