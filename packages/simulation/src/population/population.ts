import { type AccountRange, KINDS, type Ledger, balancesIn, openRange } from '@syntropism/economy'
import type { Random } from '../random/index.ts'

/** Order in which the members of a population act within a step. `simultaneous`: in sequence, but all see the balances of the step's beginning. */
export const ACTIVATIONS = ['random', 'sequential', 'simultaneous'] as const
export type Activation = (typeof ACTIVATIONS)[number]

type Column = Float64Array | Int32Array | Uint8Array

/** Reads what belongs to the members `order[from … end − 1]`; a sum of it, so that no reading is left out as useless. */
export type Ahead = (order: Int32Array, from: number, end: number) => number

/** A population as it was: plain data. */
export interface SavedPopulation {
  readonly alive: Uint8Array
  readonly order: Int32Array
  readonly columns: readonly Column[]
  readonly vacant: readonly number[]
  readonly fresh: number
  readonly living: number
  readonly births: number
  readonly deaths: number
}

/** Members as a struct of arrays: one number per member and column, and one account of credits each. Members are indexes 0 … capacity − 1. */
export class Population {
  readonly name: string
  readonly capacity: number
  readonly accounts: AccountRange
  /** Living members; the first `living` entries are in the order in which they act. */
  readonly order: Int32Array
  living = 0
  births = 0
  deaths = 0
  private readonly alive: Uint8Array
  private readonly vacant: number[] = []
  private newborn: number[] = []
  private readonly columns: Column[] = []
  private fresh: number
  private changed = false
  private seen: Float64Array | null = null
  private readonly besides: Ahead[] = []
  /** What was read ahead, added up. */
  ahead = 0

  /** `alive` members live from the start, the rest of `capacity` is room for births. */
  constructor(ledger: Ledger, name: string, alive: number, capacity: number = alive) {
    if (!Number.isSafeInteger(alive) || !Number.isSafeInteger(capacity) || alive < 0 || capacity < Math.max(alive, 1))
      throw new RangeError(`population ${name}: ${alive} members do not fit a capacity of ${capacity}`)
    this.name = name
    this.capacity = capacity
    this.accounts = openRange(ledger, name, 'credits', KINDS.agent, capacity)
    this.order = new Int32Array(capacity)
    this.alive = new Uint8Array(capacity).fill(1, 0, alive)
    this.living = alive
    this.fresh = alive
    for (let member = 0; member < alive; member++) this.order[member] = member
  }

  private add<C extends Column>(column: C): C {
    this.columns.push(column)
    return column
  }

  /** A column of doubles, zero at first. */
  f64(): Float64Array {
    return this.add(new Float64Array(this.capacity))
  }

  i32(): Int32Array {
    return this.add(new Int32Array(this.capacity))
  }

  u8(): Uint8Array {
    return this.add(new Uint8Array(this.capacity))
  }

  /** Something else keeps numbers by member, and they are to be read ahead too. */
  alsoReadAhead(ahead: Ahead): void {
    this.besides.push(ahead)
  }

  /**
   * Reads what belongs to the members `order[from … end − 1]`, column by column: memory answers many such reads at once, whereas members that act
   * one by one would wait for each of theirs.
   */
  readAhead(order: Int32Array, from: number, end: number): void {
    let sum = 0
    const balances = this.balances()
    const {
      first,
      ledger: { assets, kinds },
    } = this.accounts
    for (let index = from; index < end; index++) {
      const member = order[index] as number
      sum += (balances[member] as number) + (assets[first + member] as number) + (kinds[first + member] as number)
    }
    for (const column of this.columns) for (let index = from; index < end; index++) sum += column[order[index] as number] as number
    for (const beside of this.besides) sum += beside(order, from, end)
    this.ahead = sum
  }

  isAlive(member: number): boolean {
    return this.alive[member] === 1
  }

  /** Live balances in micro-credits, for reading; what moves them is the ledger. */
  balances(): Float64Array {
    return balancesIn(this.accounts)
  }

  /** Balances as members see them while they act: the beginning of the step under simultaneous activation, else live. */
  seenBalances(): Float64Array {
    return this.seen ?? this.balances()
  }

  /** Puts the living into the order in which they act now. */
  arrange(activation: Activation, random: Random): void {
    if (this.changed) this.recount()
    if (activation === 'random') random.shuffle(this.order, this.living)
    else if (activation === 'simultaneous') {
      this.seen ??= new Float64Array(this.capacity)
      this.seen.set(this.balances())
    }
    if (activation !== 'simultaneous') this.seen = null
  }

  /** Members and columns, for `resume`; their credits stand in the ledger. */
  save(): SavedPopulation {
    return {
      alive: this.alive.slice(),
      births: this.births,
      columns: this.columns.map((column) => column.slice()),
      deaths: this.deaths,
      fresh: this.fresh,
      order: this.order.slice(),
      vacant: [...this.vacant],
      // Who acts next is counted anew when that was due.
      living: this.changed ? -1 : this.living,
    }
  }

  /** Puts back what `save` gave, into a population that was set up in the same way. */
  resume(saved: SavedPopulation): void {
    if (saved.alive.length !== this.capacity || saved.columns.length !== this.columns.length)
      throw new RangeError(
        `population ${this.name}: what was kept has ${saved.alive.length} places and ${saved.columns.length} columns, not ${this.capacity} and ${this.columns.length}`,
      )
    this.alive.set(saved.alive)
    this.order.set(saved.order)
    for (const [index, column] of this.columns.entries()) column.set(saved.columns[index] as Column)
    this.vacant.splice(0, this.vacant.length, ...saved.vacant)
    Object.assign(this, { births: saved.births, changed: saved.living < 0, deaths: saved.deaths, fresh: saved.fresh, living: Math.max(0, saved.living) })
  }

  private recount(): void {
    let count = 0
    for (let member = 0; member < this.fresh; member++) if (this.alive[member] === 1) this.order[count++] = member
    this.living = count
    this.changed = false
  }

  /** A new member with columns of zero, or −1 when there is no room. It acts from the next step on. */
  spawn(): number {
    const member = this.vacant.pop() ?? (this.fresh < this.capacity ? this.fresh++ : -1)
    if (member < 0) return -1
    this.alive[member] = 1
    for (const column of this.columns) column[member] = 0
    this.births += 1
    this.newborn.push(member)
    this.changed = true
    return member
  }

  /** Those born since the last call, for a clock that gives each its first instant. */
  takeNewborn(): readonly number[] {
    if (this.newborn.length === 0) return this.newborn
    const born = this.newborn
    this.newborn = []
    return born
  }

  /** Ends a member whose account is empty. */
  kill(member: number): void {
    if (this.alive[member] !== 1 || this.balances()[member] !== 0)
      throw new RangeError(`${this.name} ${member}: only a living member with an empty account can die (it holds ${this.balances()[member] ?? 'nothing'})`)
    this.alive[member] = 0
    this.vacant.push(member)
    this.deaths += 1
    this.changed = true
  }

  /** How many live now, births and deaths of this step included. */
  count(): number {
    if (this.changed) this.recount()
    return this.living
  }
}
