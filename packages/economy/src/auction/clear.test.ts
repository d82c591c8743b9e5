import { describe, expect, it } from 'vitest'
import { type Candidate, type Supply, allocate, byHighestBid, reserve } from './index.ts'

const bid = (bid_id: string, offered_micro: number, cpu: number, over: Partial<Candidate> = {}): Candidate => ({
  agent_id: bid_id,
  bid_id,
  duration_ms: 1000,
  offered_micro,
  order: Number(bid_id.slice(1)),
  quantities: { attention: 0, cpu, llm: 0, memory: cpu },
  reserve_micro: 0,
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
