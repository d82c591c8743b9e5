import { describe, expect, it } from 'vitest'
import { type Candidate, type Supply, allocate, byHighestBid, lowestWinningMicro, reserve } from './index.ts'

const bid = (bid_id: string, offered_micro: number, cpu: number, over: Partial<Candidate> = {}): Candidate => ({
  bid_id,
  duration_ms: 1000,
  offered_micro,
  order: Number(bid_id.slice(1)),
  quantities: { attention: 0, cpu, llm: 0, memory: cpu },
  ...over,
})
const supply = (...cpu: number[]): Supply => ({
  attention: 1,
  executors: cpu.map((one, index) => ({ cpu: one, executor_id: `x${index}`, memory: one })),
  llm: 100,
})
const winners = (candidates: Candidate[], room: Supply): string[] =>
  allocate(candidates.sort(byHighestBid), room, null, 0).winners.map((win) => win.candidate.bid_id)

describe('allocation', () => {
  it('takes the highest total credits first and goes on past what does not fit', () => {
    expect(winners([bid('b1', 60, 6), bid('b2', 50, 5), bid('b3', 45, 4), bid('b4', 25, 1)], supply(10))).toEqual(['b1', 'b3'])
  })
  it('lets the earlier of two equal bids win', () => {
    expect(winners([bid('b2', 50, 10), bid('b1', 50, 10)], supply(10))).toEqual(['b1'])
  })
  it('is all or nothing: a bundle short of one resource gets nothing of the others', () => {
    const short = bid('b1', 50, 5, { quantities: { attention: 2, cpu: 5, llm: 0, memory: 5 } })
    const room = supply(10)
    expect(winners([short], room)).toEqual([])
    expect(room).toEqual(supply(10))
  })
  it('places a bundle whole on one executor: most room left, then the lowest id', () => {
    expect(winners([bid('b1', 50, 8)], supply(5, 5))).toEqual([])
    expect(allocate([bid('b1', 50, 4), bid('b2', 40, 4)], supply(5, 5), null, 0).winners.map((win) => win.executor_id)).toEqual(['x0', 'x1'])
    expect(allocate([bid('b1', 50, 4)], supply(5, 6), null, 0).winners[0]?.executor_id).toBe('x1')
  })
})

describe('a reservation for a starving bid', () => {
  const big = bid('b1', 50, 10)
  const releases = [{ at_ms: 5000, executor_id: 'x0', quantities: { attention: 0, cpu: 6, llm: 0, memory: 6 } }]
  it('begins when running leases have given enough back', () => {
    expect(reserve(big, supply(4), releases, 0)).toMatchObject({ executor_id: 'x0', spare: { cpu: 0 }, starts_at_ms: 5000 })
    expect(reserve(bid('b9', 1, 11), supply(4), releases, 0)).toBeNull()
  })
  it('lets others in only when they end before it could start, or leave it its room', () => {
    const held = reserve(big, supply(4), releases, 0)
    const long = bid('b2', 40, 4, { duration_ms: 6000 })
    const short = bid('b3', 30, 4, { duration_ms: 5000 })
    expect(allocate([big, long, short], supply(4), held, 0).winners.map((win) => win.candidate.bid_id)).toEqual(['b3'])
  })
})

describe('the lowest winning price', () => {
  it('is exact: that offer wins and one less loses, on random books', () => {
    let random = 11
    const draw = (below: number): number => {
      random = (Math.imul(random, 1_664_525) + 1_013_904_223) | 0
      return (random >>> 0) % below
    }
    for (let round = 0; round < 300; round++) {
      const others = Array.from({ length: 8 }, (_, index) => bid(`b${index + 2}`, 1 + draw(30), 1 + draw(6)))
      const own = bid(`b${draw(12)}`, 0, 1 + draw(6), { bid_id: 'own' })
      const wins = (offer: number): boolean => winners([...others, { ...own, offered_micro: offer }], supply(8, 5)).includes('own')
      const lowest = lowestWinningMicro(own, [...others].sort(byHighestBid), supply(8, 5), 3)
      expect(lowest).not.toBeNull()
      expect(wins(lowest ?? 0)).toBe(true)
      if ((lowest ?? 0) > 3) expect(wins((lowest ?? 0) - 1)).toBe(false)
    }
  })
})
