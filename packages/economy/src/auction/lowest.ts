import type { Mechanism } from '../mechanisms/index.ts'
import { type Candidate, byHighestBid, placeFor } from './clear.ts'
import { clearMarket } from './market.ts'
import { type Market, freshMarket } from './ranking.ts'
import { lowestWinningMicro, onePerAgent } from './thresholds.ts'

/** What a bid would have to offer to win. */
export interface Lowest {
  /** Null when it could win at no price. */
  readonly amount_micro: number | null
  /** Whether no clearing was run with that offer to see it win. */
  readonly is_estimate: boolean
}

/** One bid beside the book of an instant, in which other offers of it are tried. Nothing of it changes when the economy goes on. */
export class OfferTrial {
  readonly mechanism: Mechanism
  readonly #eligible: readonly Candidate[]
  readonly #market: Omit<Market, 'candidates'>
  readonly #own: Candidate

  constructor(own: Candidate, eligible: readonly Candidate[], mechanism: Mechanism, market: Omit<Market, 'candidates'>) {
    this.mechanism = mechanism
    this.#eligible = eligible.filter((one) => one.bid_id !== own.bid_id)
    this.#market = freshMarket({ ...market, candidates: [] })
    this.#own = own
  }

  /** Its reserve: with less it is not eligible. */
  get floor_micro(): number {
    return this.#own.reserve_micro
  }

  get bid_id(): string {
    return this.#own.bid_id
  }

  /** One more than all others offer together. */
  get ceiling_micro(): number {
    return this.#eligible.reduce((sum, { offered_micro }) => sum + offered_micro, Math.max(1, this.floor_micro))
  }

  /** What it would have to offer: exact under the greedy rules and `drf`, else an estimate from two clearings at shadow prices. */
  lowest(): Lowest {
    const fits = placeFor(this.#own, this.#market.supply, this.#market.reservation, this.#market.at_ms) !== null
    return {
      amount_micro: lowestWinningMicro(this.#own, this.#eligible, this.mechanism, this.#market),
      is_estimate: fits && (this.mechanism === 'shadow' || this.mechanism === 'exact'),
    }
  }

  /** The market with this offer of the bid, or without the bid. */
  market(offerMicro: number | null): Market {
    const own = offerMicro === null ? [] : [{ ...this.#own, offered_micro: offerMicro }]
    return { ...freshMarket({ ...this.#market, candidates: [] }), candidates: onePerAgent([...this.#eligible, ...own].sort(byHighestBid)) }
  }

  /** Whether the bid wins with this offer: the clearing is run. Not for `exact`, which needs a solver. */
  wins(offerMicro: number): boolean {
    const market = this.market(offerMicro)
    const { winners } = clearMarket(market, market.candidates, { mechanism: this.mechanism, payment_rule: 'bid' })
    return winners.some(({ candidate }) => candidate.bid_id === this.#own.bid_id)
  }
}

/** Offers below a threshold that are tried too, evenly spread, and how often a lower one is gone on from. */
const PROBES = 16
const DESCENTS = 4

/** A winning offer just above a losing one, between a losing and a winning one. */
function* between(losing: number, winning: number): Generator<number, number, boolean> {
  let [low, high] = [losing, winning]
  while (high - low > 1) {
    const middle = low + Math.floor((high - low) / 2)
    if (yield middle) high = middle
    else low = middle
  }
  return high
}

/**
 * Looks for the lowest winning offer under a rule that need not be monotone. It yields offers and is told whether each wins. What it returns wins, and is
 * the floor or one less loses; sixteen offers evenly spread below lose too, unless four descents to lower ones have been made. Null when nothing up to
 * `ceiling` was seen to win.
 */
export function* searchLowest(floor: number, hint: number, ceiling: number): Generator<number, number | null, boolean> {
  if (yield floor) return floor
  let low = floor
  let high = Math.min(ceiling, Math.max(hint, floor + 1))
  while (!(yield high)) {
    if (high >= ceiling) return null
    low = high
    high = Math.min(ceiling, floor + 2 * (high - floor))
  }
  for (let descent = 0; ; descent++) {
    high = yield* between(low, high)
    if (descent === DESCENTS) return high
    const probes = Array.from({ length: PROBES }, (_, place) => floor + Math.floor(((high - 1 - floor) * (place + 1)) / (PROBES + 1)))
    low = floor
    let lower: number | null = null
    for (const probe of new Set(probes)) {
      if (probe === floor) continue
      if (yield probe) {
        lower = probe
        break
      }
      low = probe
    }
    if (lower === null) return high
    high = lower
  }
}
