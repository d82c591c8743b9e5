import type { Candidates, RunningLeases } from './columns.ts'
import { WIDTH } from './columns.ts'
import { type Gathering, gather } from './gather.ts'
import { type Cleared, type MarketRules, clearTable } from './rules.ts'
import { type Starvation, clearSingly, reservationFor } from './single.ts'

const UNLIMITED: Float64Array = new Float64Array(WIDTH).fill(Infinity)

/** What a clearing reads, and the table that it fills. */
export interface Clearing extends Omit<Gathering, 'left' | 'posted'> {
  readonly candidates: Candidates
  readonly leases: RunningLeases
  readonly rules: MarketRules
  /** What running leases hold, by column. */
  readonly sold: Float64Array
  readonly starvation: Starvation
}

/** Winners of the book; the table then holds who took part. */
export function clearBook({ bids, candidates, capacity, first, leases, prices, rules, running, sold, starvation }: Clearing, atMs: number): Cleared {
  const posted = rules.payment_rule === 'posted'
  const left = capacity.map((offered, r) => Math.max(0, offered - (sold[r] as number)))
  const starved = starvation.dueAt(atMs)
  const singly = starved !== null || rules.mechanism === 'exact'
  const whole = singly || rules.payment_rule === 'uniform'
  gather(candidates, { bids, capacity, first, left: whole ? UNLIMITED : left, posted, prices, running })
  if (!singly) return clearTable(candidates.table(left), rules, () => candidates.durations(bids.durations), candidates.orderRoom)
  const reservation = starved === null ? null : reservationFor(starved, candidates, bids, leases, left, atMs)
  return clearSingly(candidates, bids, left, reservation, atMs, rules)
}
