import type { EventData } from '@syntropism/contract'
import type { Changes } from './changes.ts'
import { MARK_EVERY, PAGE_MOVEMENTS, type PageLine } from './movements.ts'
import type { Tables } from './schema.ts'

type Held = { -readonly [C in keyof Tables['holdings']]: Tables['holdings'][C] }

/** Writes movements of credits: pages of them, each party's standing, and marks on its way. Knows every party's standing, so that nothing is read back. */
export class MovementProjection {
  readonly #held: Map<string, Held>
  readonly #touched = new Set<Held>()
  #page: PageLine[] = []
  #first = 0

  /** `holdings`: those that stand in the table. */
  constructor(holdings: readonly Tables['holdings'][]) {
    this.#held = new Map(holdings.map((row) => [row.party, { ...row }]))
  }

  #of(party: string): Held {
    let held = this.#held.get(party)
    if (held === undefined) this.#held.set(party, (held = { balance_micro: 0, held_micro: 0, last_number: 0, movements: 0, party }))
    this.#touched.add(held)
    return held
  }

  /** An agent without any movement has a standing as well. */
  open(party: string): void {
    this.#of(party)
  }

  #step(held: Held, number: number): number {
    const before = held.last_number
    held.last_number = number
    held.movements += 1
    return before
  }

  add(data: EventData<'credits_transferred'>, seq: number, at_ms: number, changes: Changes): void {
    const { amount_micro, entry_id, from_account, from_agent, hold_id, purpose, to_account, to_agent } = data
    const number = Number(data.transfer_id.slice('transfer-'.length))
    const [from, to] = [this.#of(from_agent), this.#of(to_agent)]
    if (from_account === 'holds') from.held_micro -= amount_micro
    else from.balance_micro -= amount_micro
    if (to_account === 'holds') to.held_micro += amount_micro
    else to.balance_micro += amount_micro
    const from_before = this.#step(from, number)
    const to_before = to === from ? from_before : this.#step(to, number)
    for (const { balance_micro, held_micro, movements, party } of to === from ? [from] : [from, to])
      if (movements % MARK_EVERY === 0) changes.insert('movement_marks', { balance_micro, held_micro, number, party, seq })
    if (this.#page.length === 0) this.#first = number
    this.#page.push([seq, at_ms, from_agent, from_account, to_agent, to_account, amount_micro, purpose, entry_id, hold_id, from_before, to_before])
    if (this.#page.length === PAGE_MOVEMENTS) this.#turn(changes)
  }

  #turn(changes: Changes): void {
    if (this.#page.length === 0) return
    changes.insert('movement_pages', { first_number: this.#first, movements: JSON.stringify(this.#page) })
    this.#page = []
  }

  /** Ends a record: the page that is not full, and where everyone stands who was touched. */
  end(changes: Changes): void {
    this.#turn(changes)
    for (const held of this.#touched) changes.put('holdings', held)
    this.#touched.clear()
  }
}
