/** What is due: a member, or a number that the model gave a meaning. */
export interface Due {
  readonly at_ms: number
  readonly kind: number
  readonly subject: number
}

/** A queue as it was: plain data. */
export interface SavedQueue {
  readonly at: Float64Array
  readonly order: Float64Array
  readonly kinds: Int32Array
  readonly subjects: Int32Array
  readonly inserted: number
}

/** Events in virtual time: a binary heap over typed arrays, ordered by instant, then by when they were put in. */
export class EventQueue {
  length = 0
  private inserted = 0
  private at: Float64Array = new Float64Array(64)
  private order: Float64Array = new Float64Array(64)
  private kinds: Int32Array = new Int32Array(64)
  private subjects: Int32Array = new Int32Array(64)

  /** Instant of the first event; Infinity when there is none. */
  nextMs(): number {
    return this.length === 0 ? Infinity : (this.at[0] as number)
  }

  push(atMs: number, kind: number, subject: number): void {
    if (!Number.isSafeInteger(atMs) || atMs < 0) throw new RangeError(`an event is due at a whole number of milliseconds, not ${atMs}`)
    if (this.length === this.at.length) this.grow()
    let index = this.length++
    const order = this.inserted++
    while (index > 0) {
      const parent = (index - 1) >> 1
      if ((this.at[parent] as number) <= atMs) break
      this.copy(parent, index)
      index = parent
    }
    this.at[index] = atMs
    this.order[index] = order
    this.kinds[index] = kind
    this.subjects[index] = subject
  }

  /** Takes the first event out. Throws when there is none. */
  pop(): Due {
    if (this.length === 0) throw new RangeError('no event is due')
    const due = { at_ms: this.at[0] as number, kind: this.kinds[0] as number, subject: this.subjects[0] as number }
    const last = --this.length
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= last) break
      if (child + 1 < last && this.isBefore(child + 1, child)) child += 1
      if (!this.isBefore(child, last)) break
      this.copy(child, index)
      index = child
    }
    this.copy(last, index)
    return due
  }

  /** What is due, for `resume`. */
  save(): SavedQueue {
    const { at, inserted, kinds, length, order, subjects } = this
    return { at: at.slice(0, length), inserted, kinds: kinds.slice(0, length), order: order.slice(0, length), subjects: subjects.slice(0, length) }
  }

  resume(saved: SavedQueue): void {
    while (this.at.length < saved.at.length) this.grow()
    this.at.set(saved.at)
    this.order.set(saved.order)
    this.kinds.set(saved.kinds)
    this.subjects.set(saved.subjects)
    this.length = saved.at.length
    this.inserted = saved.inserted
  }

  private isBefore(one: number, other: number): boolean {
    const [a, b] = [this.at[one] as number, this.at[other] as number]
    return a < b || (a === b && (this.order[one] as number) < (this.order[other] as number))
  }

  private copy(from: number, to: number): void {
    this.at[to] = this.at[from] as number
    this.order[to] = this.order[from] as number
    this.kinds[to] = this.kinds[from] as number
    this.subjects[to] = this.subjects[from] as number
  }

  private grow(): void {
    const size = this.at.length * 2
    const [at, order, kinds, subjects] = [new Float64Array(size), new Float64Array(size), new Int32Array(size), new Int32Array(size)]
    at.set(this.at)
    order.set(this.order)
    kinds.set(this.kinds)
    subjects.set(this.subjects)
    Object.assign(this, { at, kinds, order, subjects })
  }
}
