import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MECHANISMS } from '../mechanisms/index.ts'
import { type Candidate, OfferTrial, searchLowest } from './index.ts'

/** Drives a search over a rule that says which offers win; the offers it tried with what it was told. */
function drive(search: Generator<number, number | null, boolean>, wins: (offer: number) => boolean): { found: number | null; tried: Map<number, boolean> } {
  const tried = new Map<number, boolean>()
  let turn = search.next()
  while (turn.done !== true) {
    const offer = turn.value
    tried.set(offer, wins(offer))
    turn = search.next(tried.get(offer) as boolean)
  }
  return { found: turn.value, tried }
}

describe('the search for the lowest winning offer', () => {
  it('finds the threshold of a monotone rule whatever the hint', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), fc.nat(1_000_000), fc.nat(2_000_000), (floor, above, hint) => {
        const threshold = floor + above
        const { found, tried } = drive(searchLowest(floor, hint, floor + 4_000_000), (offer) => offer >= threshold)
        expect(found).toBe(threshold)
        expect(tried.size).toBeLessThan(80)
      }),
      { numRuns: 500, seed: 26 },
    )
  })

  it('returns an offer that wins, and one less loses, where the rule is not monotone', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(5000), fc.integer({ max: 300, min: 1 })), { maxLength: 8 }), fc.nat(6000), (islands, hint) => {
        const wins = (offer: number): boolean => offer >= 5500 || islands.some(([from, length]) => offer >= from && offer < from + length)
        const { found } = drive(searchLowest(100, hint, 6000), wins)
        expect(found).not.toBeNull()
        expect(wins(found as number)).toBe(true)
        if ((found as number) > 100) expect(wins((found as number) - 1)).toBe(false)
      }),
      { numRuns: 500, seed: 27 },
    )
  })

  it('says null when nothing up to the ceiling wins', () => {
    expect(drive(searchLowest(10, 20, 1000), () => false).found).toBeNull()
  })
})

const drawn = fc.record({
  agent: fc.nat(14),
  cpu: fc.nat(6),
  llm: fc.nat(4),
  memory: fc.integer({ max: 6, min: 1 }),
  offered: fc.integer({ max: 60_000, min: 1 }),
  reserve: fc.integer({ max: 12_000, min: 1 }),
})
const markets = fc.record({
  bids: fc.array(drawn, { maxLength: 24, minLength: 8 }),
  llm: fc.integer({ max: 12, min: 0 }),
  rooms: fc.array(fc.record({ cpu: fc.integer({ max: 14, min: 1 }), memory: fc.integer({ max: 12, min: 1 }) }), { maxLength: 3, minLength: 1 }),
})

describe('a bid beside the book', () => {
  it.each(MECHANISMS.filter((mechanism) => mechanism !== 'exact'))('wins under %s at the price it is told, and not with one less', (mechanism) => {
    let [above, told] = [0, 0]
    fc.assert(
      fc.property(markets, fc.nat(7), ({ bids, llm, rooms }, index) => {
        const eligible = bids.map((bid, order): Candidate => {
          const quantities = { attention: 0, cpu: bid.cpu, llm: bid.cpu === 0 ? Math.max(1, bid.llm) : bid.llm, memory: bid.cpu === 0 ? 0 : bid.memory }
          return {
            agent_id: `a${bid.agent}`,
            bid_id: `b${order}`,
            duration_ms: 1000,
            offered_micro: Math.max(bid.offered, bid.reserve),
            order,
            quantities,
            reserve_micro: bid.reserve,
          }
        })
        const own = eligible[index] as Candidate
        const executors = rooms.map((room, at) => ({ ...room, executor_id: `x${at}` }))
        const trial = new OfferTrial(own, eligible, mechanism, { at_ms: 0, reservation: null, supply: { attention: 0, executors, llm } })
        const { amount_micro: amount, is_estimate: isEstimate } = trial.lowest()
        expect(isEstimate).toBe(mechanism === 'shadow' && amount !== null)
        if (amount === null) {
          expect(trial.wins(trial.ceiling_micro)).toBe(false)
          return
        }
        const lowest = isEstimate ? drive(searchLowest(trial.floor_micro, amount, trial.ceiling_micro), (offer) => trial.wins(offer)).found : amount
        // Small bundles before it may leave no executor with room for it, whatever it offers.
        if (lowest === null) {
          expect(trial.wins(trial.ceiling_micro)).toBe(false)
          return
        }
        told += 1
        expect(trial.wins(lowest)).toBe(true)
        if (lowest === trial.floor_micro) return
        above += 1
        expect(trial.wins(lowest - 1)).toBe(false)
      }),
      { numRuns: mechanism === 'shadow' ? 250 : 600, seed: 28 },
    )
    expect(told).toBeGreaterThan(100)
    if (mechanism !== 'drf') expect(above).toBeGreaterThan(40)
  })
})
