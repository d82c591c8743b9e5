import { Recent } from '../recent/index.ts'

interface Payment {
  readonly amount_micro: number
  readonly at_ms: number
  readonly seq: number
}
/** A payment and one of about the same back. */
interface Trip {
  readonly begun_at_ms: number
  readonly seqs: readonly [number, number]
}
/** What two agents paid each other lately. */
interface Pair {
  /** Payments that nothing came back for yet, by who paid, oldest first. */
  readonly alone: Map<string, Payment[]>
  trips: Trip[]
}

/** Amounts that differ by at most this part count as the same. */
const SAME_PART = 0.1
const PAIRS_MAX = 10_000
/** So many payments that nothing came back for are remembered of one agent to another: a payment is looked at in a bounded time, however many there are. */
const ALONE_MAX = 256

const isSame = (one: number, other: number): boolean => Math.abs(one - other) <= SAME_PART * Math.max(one, other)

/** Finds agents that pay each other about the same, again and again. */
export class RoundTrips {
  readonly #windowMs: number
  readonly #tripsMax: number
  readonly #pairs = new Recent<Pair>(PAIRS_MAX)

  constructor(windowMs: number, tripsMax: number) {
    this.#windowMs = windowMs
    this.#tripsMax = tripsMax
  }

  /** Sequence numbers of the payments of enough round trips within the span, or null. They are then forgotten. */
  onPayment(from: string, to: string, payment: Payment): number[] | null {
    const key = from < to ? `${from} ${to}` : `${to} ${from}`
    const pair = this.#touch(key)
    const since = payment.at_ms - this.#windowMs
    const back = pair.alone.get(to) ?? []
    while ((back[0]?.at_ms ?? since) < since) back.shift()
    const partner = back.findIndex((other) => isSame(other.amount_micro, payment.amount_micro))
    const [other] = partner < 0 ? [] : back.splice(partner, 1)
    if (other === undefined) {
      const mine = pair.alone.get(from) ?? []
      mine.push(payment)
      if (mine.length > ALONE_MAX) mine.shift()
      pair.alone.set(from, mine)
      return null
    }
    pair.trips = pair.trips.filter((trip) => trip.begun_at_ms >= since)
    pair.trips.push({ begun_at_ms: other.at_ms, seqs: [other.seq, payment.seq] })
    if (pair.trips.length < this.#tripsMax) return null
    this.#pairs.take(key)
    return pair.trips.flatMap(({ seqs }) => seqs).toSorted((one, two) => one - two)
  }

  /** The pair, as the one that was heard of last. */
  #touch(key: string): Pair {
    const pair = this.#pairs.get(key) ?? { alone: new Map<string, Payment[]>(), trips: [] }
    this.#pairs.set(key, pair)
    return pair
  }
}
