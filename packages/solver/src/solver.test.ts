import { clearBook } from '@syntropism/economy'
import { describe, expect, it } from 'vitest'
import { solveExactly } from './index.ts'

const book = {
  bids: [
    { bundle: { cpu: 6, mem: 2 }, id: 'x', price: 60 },
    { bundle: { cpu: 5, mem: 5 }, id: 'y', price: 50 },
    { bundle: { cpu: 4, mem: 6 }, id: 'z', price: 45 },
    { bundle: { cpu: 1, mem: 1 }, id: 'w', price: 25 },
  ],
  supply: { cpu: 10, mem: 10 },
}

/** Draws a book of `count` bids over two resources from a linear congruential generator. */
function drawBook(
  count: number,
  seed: number,
): { bids: { bundle: { cpu: number; mem: number }; id: string; price: number }[]; supply: { cpu: number; mem: number } } {
  let state = seed
  const draw = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  const bids = Array.from({ length: count }, (_, i) => ({ bundle: { cpu: 1 + draw(20), mem: 1 + draw(20) }, id: `b${i}`, price: 1 + draw(1000) }))
  return { bids, supply: { cpu: count * 3, mem: count * 3 } }
}

/** The most that any choice of these bids is worth, by trying all. */
function bestOfAll({ bids, supply }: ReturnType<typeof drawBook>, from = 0, left = supply): number {
  const bid = bids[from]
  if (bid === undefined) return 0
  const without = bestOfAll({ bids, supply }, from + 1, left)
  const after = { cpu: left.cpu - bid.bundle.cpu, mem: left.mem - bid.bundle.mem }
  return after.cpu < 0 || after.mem < 0 ? without : Math.max(without, bid.price + bestOfAll({ bids, supply }, from + 1, after))
}

/** A drawn book whose numbers are so many times larger and then differ in their last digits, so that no common divisor makes them small again. */
function drawLargeBook(count: number, seed: number, quantity: number, price: number): ReturnType<typeof drawBook> {
  const { bids, supply } = drawBook(count, seed)
  const large = bids.map((bid, i) => ({
    bundle: { cpu: bid.bundle.cpu * quantity + (i % 3), mem: bid.bundle.mem * quantity + (i % 2) },
    id: bid.id,
    price: bid.price * price - (i % 7),
  }))
  return { bids: large, supply: { cpu: supply.cpu * quantity - 1, mem: supply.mem * quantity - 1 } }
}

describe('exact winner determination', () => {
  it('takes the optimum and charges what each winner costs the others', async () => {
    const answer = await solveExactly(book, { for_vcg: true, time_limit_s: 600 })
    expect(clearBook(book, 'exact', 'vcg', answer)).toMatchObject({ bound: 105, gap: 0, payments: { x: 30, z: 25 }, welfare: 105 })
  })

  it('is never beaten by a greedy or shadow clearing, and shadow clearing of 100 bids stays within one per cent of it on average', async () => {
    const gaps: number[] = []
    for (let seed = 1; seed <= 10; seed++) {
      const drawn = drawBook(100, seed)
      const optimum = clearBook(drawn, 'exact', 'bid', await solveExactly(drawn, { for_vcg: false, time_limit_s: 600 })).welfare
      for (const mechanism of ['highest-bid', 'density', 'density-sqrt', 'drf'] as const)
        expect(clearBook(drawn, mechanism, 'bid').welfare).toBeLessThanOrEqual(optimum)
      const shadow = clearBook(drawn, 'shadow', 'bid')
      expect(shadow.bound).toBeGreaterThanOrEqual(optimum)
      gaps.push(1 - shadow.welfare / optimum)
    }
    expect(gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length).toBeLessThan(0.01)
  })

  it('an empty book has no winners', async () => {
    expect(await solveExactly({ bids: [], supply: { cpu: 1 } }, { for_vcg: true, time_limit_s: 600 })).toMatchObject({ bound: 0, winners: [] })
  })

  it('a bad book is refused before anything is solved', async () => {
    await expect(
      solveExactly({ bids: [{ bundle: { gpu: 1 }, id: 'a', price: 1 }], supply: { cpu: 1 } }, { for_vcg: false, time_limit_s: 600 }),
    ).rejects.toThrow('bids[0].bundle.gpu')
  })

  it.each([
    { price: 1_000_000, quantity: 10_000 },
    { price: 1, quantity: 1_000_000_000 },
    { price: 1_000_000_000, quantity: 1 },
    { price: 100_000_000_000, quantity: 100_000_000_000_000 },
  ])('what it proves is the optimum to the last unit, with quantities times $quantity and prices times $price', async ({ price, quantity }) => {
    for (let seed = 1; seed <= 8; seed++) {
      const drawn = drawLargeBook(12, seed, quantity, price)
      const answer = await solveExactly(drawn, { for_vcg: true, time_limit_s: 600 })
      const cleared = clearBook(drawn, 'exact', 'vcg', answer)
      expect([seed, cleared.welfare, cleared.bound]).toEqual([seed, bestOfAll(drawn), bestOfAll(drawn)])
      for (const { id, price: offered } of drawn.bids.filter((bid) => cleared.winners.includes(bid.id))) {
        const others = bestOfAll({ ...drawn, bids: drawn.bids.filter((bid) => bid.id !== id) })
        expect(cleared.payments[id]).toBe(others - (cleared.welfare - offered))
      }
    }
  })

  it('proves nothing where numbers are too large for it and bids too many for a search, and its winners fit all the same', async () => {
    const drawn = drawLargeBook(250, 1, 1_000_000_000, 1_000_000_000)
    const cleared = clearBook(drawn, 'exact', 'bid', await solveExactly(drawn, { for_vcg: true, time_limit_s: 600 }))
    expect(cleared.gap).toBeGreaterThan(0)
    expect(cleared.gap).toBeLessThan(0.01)
    const shadow = clearBook(drawn, 'shadow', 'bid')
    expect(cleared.bound).toBe(shadow.bound)
    expect(cleared.welfare).toBeGreaterThanOrEqual(shadow.welfare)
  })

  it('lets all in when nothing is scarce', async () => {
    const drawn = { ...drawBook(9, 1), supply: { cpu: 1000, mem: 1000 } }
    const answer = await solveExactly(drawn, { for_vcg: true, time_limit_s: 600 })
    expect(answer.winners).toHaveLength(9)
    expect(new Set(answer.welfare_without?.keys())).toEqual(new Set(answer.winners))
  })
})
