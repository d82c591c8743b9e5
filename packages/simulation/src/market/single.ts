import { type Candidate, type Release, type Reservation, type Resource, type Supply, clearMarket, problemOf, reserve } from '@syntropism/economy'
import { type Candidates, type OpenBids, type RunningLeases, WIDTH } from './columns.ts'
import type { Cleared, MarketRules } from './rules.ts'

// Clearings that look at bids one by one, through the market of the live economy itself: with a solver's answer, or beside room kept for a starving bid.

const POOL = 'pool'

/** Name of the bid in a row: an account has one open window and one open prompt. */
const nameOf = ({ accounts, kinds }: OpenBids, row: number): string => `${accounts[row]}${kinds[row] === 0 ? '' : ' prompt'}`

/** The best bid that found no room at the last clearing, and since when that has been so. */
export class Starvation {
  readonly isOn: boolean
  private readonly afterMs: number
  private bid: string | null = null
  private sinceMs = 0

  /** 0 for never. */
  constructor(afterMs: number) {
    this.isOn = afterMs > 0
    this.afterMs = afterMs
  }

  note(bids: OpenBids, row: number, atMs: number): void {
    const bid = row < 0 ? null : nameOf(bids, row)
    if (bid !== this.bid) this.sinceMs = atMs
    this.bid = bid
  }

  save(): { readonly bid: string | null; readonly sinceMs: number } {
    return { bid: this.bid, sinceMs: this.sinceMs }
  }

  resume(saved: ReturnType<Starvation['save']>): void {
    Object.assign(this, saved)
  }

  /** A bid ends. */
  forget(bids: OpenBids, row: number): void {
    if (this.bid !== null && this.bid === nameOf(bids, row)) this.bid = null
  }

  /** The bid for which room is to be kept now, if any. */
  dueAt(atMs: number): string | null {
    return this.bid !== null && atMs - this.sinceMs >= this.afterMs ? this.bid : null
  }
}

const quantitiesAt = (quantities: Float64Array, row: number): Record<Resource, number> => {
  const [attention = 0, cpu = 0, llm = 0, memory = 0] = quantities.subarray(row * WIDTH, (row + 1) * WIDTH)
  return { attention, cpu, llm, memory }
}

/** What is left of the pool, as one executor's room. */
const supplyIn = (left: Float64Array): Supply => {
  const { attention, cpu, llm, memory } = quantitiesAt(left, 0)
  return { attention, executors: [{ cpu, executor_id: POOL, memory }], llm }
}

/** A row of the table as the live clearing sees it. */
function candidateAt(table: Candidates, bids: OpenBids, index: number): Candidate {
  const row = table.rows[index] as number
  return {
    agent_id: String(bids.accounts[row]),
    bid_id: nameOf(bids, row),
    duration_ms: bids.durations[row] as number,
    offered_micro: table.prices[index] as number,
    order: index,
    quantities: quantitiesAt(table.quantities, index),
    reserve_micro: table.reserves[index] as number,
  }
}

/** What a starving bid keeps from the others; null when it takes no part now. */
export function reservationFor(bid: string, table: Candidates, bids: OpenBids, leases: RunningLeases, left: Float64Array, atMs: number): Reservation | null {
  for (let index = 0; index < table.count; index++) {
    if (nameOf(bids, table.rows[index] as number) !== bid) continue
    const releases: Release[] = Array.from({ length: leases.count }, (_, row) => ({
      at_ms: leases.ends[row] as number,
      executor_id: POOL,
      quantities: quantitiesAt(leases.quantities, row),
    }))
    return reserve(candidateAt(table, bids, index), supplyIn(left), releases, atMs)
  }
  return null
}

/** Clears a table that holds every bid which takes part, those that fit nowhere included. */
export function clearSingly(table: Candidates, bids: OpenBids, left: Float64Array, reservation: Reservation | null, atMs: number, rules: MarketRules): Cleared {
  const eligible = Array.from({ length: table.count }, (_, index) => candidateAt(table, bids, index)).sort(
    (a, b) => b.offered_micro - a.offered_micro || a.order - b.order,
  )
  const market = { at_ms: atMs, candidates: eligible, reservation, supply: supplyIn(left) }
  const problem = rules.mechanism === 'exact' && eligible.length > 0 ? problemOf(market) : null
  const solution = problem === null ? null : (rules.solve?.(problem, rules.payment_rule === 'vcg') ?? null)
  const answer = solution === null ? null : { fits: solution.problem_hash === problem?.problem_hash, solution }
  const { winners } = clearMarket(market, eligible, rules, answer)
  return { payments: winners.map((win) => win.payment_micro), winners: winners.map((win) => win.candidate.order) }
}
