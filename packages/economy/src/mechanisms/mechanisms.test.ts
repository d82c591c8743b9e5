import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Book, type ExactAnswer, MECHANISMS, PAYMENT_RULES, clearBook, readBook, unsoundPairing } from './index.ts'

const exampleB: Book = {
  bids: [
    { bundle: { cpu: 6, mem: 2 }, id: 'x', price: 60 },
    { bundle: { cpu: 5, mem: 5 }, id: 'y', price: 50 },
    { bundle: { cpu: 4, mem: 6 }, id: 'z', price: 45 },
    { bundle: { cpu: 1, mem: 1 }, id: 'w', price: 25 },
  ],
  supply: { cpu: 10, mem: 10 },
}

const exampleA: Book = {
  bids: [
    { bundle: { a: 1 }, id: 'b1', price: 10 },
    { bundle: { b: 1 }, id: 'b2', price: 12 },
    { bundle: { a: 1, b: 1 }, id: 'b3', price: 16 },
  ],
  supply: { a: 1, b: 1 },
}

/** Every subset of the book: the optimum, and the optimum without each bid. */
function bruteForce(book: Book): { welfare: number; winners: number[] } {
  const dense = readBook(book)
  let best = { welfare: 0, winners: [] as number[] }
  for (let set = 0; set < 2 ** dense.ids.length; set++) {
    const winners = dense.ids.map((_, i) => i).filter((i) => (set >> i) & 1)
    const fits = dense.resources.every(
      (_, r) => winners.reduce((sum, i) => sum + (dense.quantities[i * dense.resources.length + r] as number), 0) <= (dense.supply[r] as number),
    )
    const welfare = winners.reduce((sum, i) => sum + (dense.prices[i] as number), 0)
    if (fits && welfare > best.welfare) best = { welfare, winners }
  }
  return best
}

function exactAnswer(book: Book): ExactAnswer {
  const optimum = bruteForce(book)
  const without = new Map(optimum.winners.map((index) => [index, bruteForce({ ...book, bids: book.bids.filter((_, i) => i !== index) }).welfare]))
  return { bound: optimum.welfare, welfare_without: without, winners: optimum.winners }
}

const books = fc.record({ cpu: fc.integer({ max: 12, min: 1 }), mem: fc.integer({ max: 12, min: 1 }) }).chain((supply) =>
  fc.record({
    bids: fc
      .array(
        fc.record({ cpu: fc.integer({ max: supply.cpu, min: 0 }), mem: fc.integer({ max: supply.mem, min: 1 }), price: fc.integer({ max: 60, min: 0 }) }),
        { maxLength: 9 },
      )
      .map((bids) => bids.map(({ cpu, mem, price }, i) => ({ bundle: { cpu, mem }, id: `b${i}`, price }))),
    supply: fc.constant(supply),
  }),
)

describe('a book too large for its table', () => {
  it('is refused before any memory is taken for it', () => {
    const supply = Object.fromEntries(Array.from({ length: 20_000 }, (_, r) => [`r${r}`, 1]))
    expect(() => readBook({ bids: Array.from({ length: 10_000 }), supply })).toThrow('bids: 10000 over 20000 resources are more than 134217728 quantities')
  })
})

describe('worked examples', () => {
  it('highest bid first takes x and z, and critical values are 50 and 25', () => {
    expect(clearBook(exampleB, 'highest-bid', 'critical')).toMatchObject({ payments: { x: 50, z: 25 }, revenue: 75, welfare: 105, winners: ['x', 'z'] })
  })

  it('density by the square root takes x and w, and charges the least whole bids that still win', () => {
    const cleared = clearBook(exampleB, 'density-sqrt', 'critical')
    expect(cleared.payments).toEqual({ w: 21, x: 45 })
    expect(cleared.welfare).toBe(85)
  })

  it('VCG on the optimum charges 30 and 25, and 4 and 6 where two small bids beat a large one', () => {
    expect(clearBook(exampleB, 'exact', 'vcg', exactAnswer(exampleB)).payments).toEqual({ x: 30, z: 25 })
    expect(clearBook(exampleA, 'exact', 'vcg', exactAnswer(exampleA)).payments).toEqual({ b1: 4, b2: 6 })
  })

  it('highest bid first lets one bid on everything beat two that are worth more', () => {
    expect(clearBook(exampleA, 'highest-bid', 'critical')).toMatchObject({ payments: { b3: 13 }, welfare: 16, winners: ['b3'] })
    expect(clearBook(exampleA, 'shadow', 'shadow').welfare).toBe(22)
  })

  it('a uniform price is the highest rejected bid', () => {
    const bids = [10, 6, 8, 1].map((price, i) => ({ bundle: { unit: 1 }, id: `u${i}`, price }))
    expect(clearBook({ bids, supply: { unit: 2 } }, 'highest-bid', 'uniform').payments).toEqual({ u0: 6, u2: 6 })
  })
})

describe('every mechanism', () => {
  it('keeps within supply, never charges above a bid and never shows a bound below the optimum', () => {
    fc.assert(
      fc.property(books, (book) => {
        const optimum = bruteForce(book).welfare
        for (const mechanism of MECHANISMS) {
          for (const rule of PAYMENT_RULES) {
            if (unsoundPairing(mechanism, rule) !== null || rule === 'uniform') continue
            const cleared = clearBook(book, mechanism, rule, mechanism === 'exact' ? exactAnswer(book) : null)
            expect(cleared.bound).toBeGreaterThanOrEqual(optimum)
            expect(cleared.welfare).toBeLessThanOrEqual(optimum)
            for (const bid of book.bids) expect(cleared.payments[bid.id] ?? 0).toBeLessThanOrEqual(bid.price)
            for (const resource of ['cpu', 'mem'] as const)
              expect(book.bids.filter((bid) => cleared.winners.includes(bid.id)).reduce((sum, bid) => sum + bid.bundle[resource], 0)).toBeLessThanOrEqual(
                book.supply[resource],
              )
          }
        }
      }),
      { numRuns: 60, seed: 11 },
    )
  })

  it('critical values are the least bids that still win', () => {
    fc.assert(
      fc.property(books, fc.constantFrom('highest-bid' as const, 'density' as const, 'density-sqrt' as const), (book, mechanism) => {
        const cleared = clearBook(book, mechanism, 'critical')
        const wins = (id: string, price: number): boolean =>
          clearBook({ ...book, bids: book.bids.map((bid) => (bid.id === id ? { ...bid, price } : bid)) }, mechanism, 'bid').winners.includes(id)
        for (const [id, payment] of Object.entries(cleared.payments)) {
          expect(wins(id, payment)).toBe(true)
          if (payment > 0) expect(wins(id, payment - 1)).toBe(false)
        }
      }),
      { numRuns: 200, seed: 12 },
    )
  })

  it('shadow clearing finds the optimum of most small books', () => {
    const ratios: number[] = []
    fc.assert(
      fc.property(books, (book) => {
        const optimum = bruteForce(book).welfare
        if (optimum > 0) ratios.push(clearBook(book, 'shadow', 'bid').welfare / optimum)
      }),
      { numRuns: 200, seed: 13 },
    )
    expect(ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length).toBeGreaterThan(0.99)
  })
})

describe('a book that is wrong', () => {
  it.each([
    [{ bids: [{ bundle: { gpu: 1 }, id: 'a', price: 1 }], supply: { cpu: 1 } }, 'bids[0].bundle.gpu: is no resource of the supply (cpu)'],
    [{ bids: [{ bundle: { cpu: 1.5 }, id: 'a', price: 1 }], supply: { cpu: 2 } }, 'bids[0].bundle.cpu: must be a whole number'],
    [{ bids: [{ bundle: { cpu: 3 }, id: 'a', price: 1 }], supply: { cpu: 2 } }, 'more than the supply of 2'],
    [{ bids: [{ bundle: { cpu: 1 }, id: 'a', price: -1 }], supply: { cpu: 2 } }, 'bids[0].price: must be a whole number'],
    [{ bids: [{ bundle: { cpu: 1 }, id: 'a', price: '1' }], supply: { cpu: 2 } }, 'got the text "1"'],
    [{ bids: [{ bundle: { cpu: 1 }, id: 'a', price: -0 }], supply: { cpu: 2 } }, 'got -0'],
    [{ bids: [{ bundle: { cpu: 0 }, id: 'a', price: 1 }], supply: { cpu: 2 } }, 'asks for nothing'],
    [{ bids: [1, 2].map(() => ({ bundle: { cpu: 1 }, id: 'a', price: 1 })), supply: { cpu: 2 } }, 'bids[1].id: "a" stands for an earlier bid already'],
    [{ supply: { cpu: 2 } }, 'bids: must be an array'],
  ])('is refused with its place', (book, message) => {
    expect(() => clearBook(book, 'highest-bid', 'bid')).toThrow(message)
  })

  it('an unsound pairing is refused with the reason', () => {
    expect(() => clearBook(exampleB, 'density', 'vcg')).toThrow('VCG payments on an allocation that is not optimal')
    expect(() => clearBook(exampleB, 'shadow', 'critical')).toThrow('critical values are defined for the greedy rules')
    expect(() => clearBook(exampleB, 'highest-bid', 'uniform')).toThrow('identical bundles')
  })

  it("a solver's answer that does not fit is refused", () => {
    expect(() => clearBook(exampleB, 'exact', 'bid', { bound: 155, welfare_without: null, winners: [0, 1] })).toThrow('do not fit the supply')
  })
})

describe('very large numbers', () => {
  it('a density payment by the square root is found at once between a tiny and a whole bundle', () => {
    const cleared = clearBook(
      {
        bids: [
          { bundle: { a: 2 ** 52 }, id: 'whole', price: 2 ** 51 },
          { bundle: { a: 1 }, id: 'tiny', price: 1 },
        ],
        supply: { a: 2 ** 52 },
      },
      'density-sqrt',
      'critical',
    )
    expect(cleared.payments).toEqual({ whole: 2 ** 26 })
  })
})
