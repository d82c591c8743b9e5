import { describe, expect, it } from 'vitest'
import { KINDS, MINT, assertConserved, balancesIn, createLedger, move, moveEach, openAccount, openRange, post } from './index.ts'

function population(count: number, each: number) {
  const ledger = createLedger()
  const range = openRange(ledger, 'agent', 'credits', KINDS.agent, count)
  for (let member = 0; member < count; member++) {
    ledger.granted_micro += each
    post(ledger, MINT, range.first + member, each)
  }
  return { ledger, range }
}

describe('a range of accounts', () => {
  it('moves what is there between members and keeps the book whole', () => {
    const { ledger, range } = population(3, 10)
    move(range, 0, 2, 10)
    expect([...balancesIn(range)]).toEqual([0, 10, 20])
    assertConserved(ledger)
  })

  it.each([
    [0, 1, 11],
    [0, 1, 0],
    [0, 1, -1],
    [0, 1, 0.5],
    [0, 1, Number.NaN],
    [1, 1, 1],
    [0, 3, 1],
    [-1, 0, 1],
    [3, 0, 1],
  ])('refuses a move from %d to %d of %d with nothing changed', (from, to, amount) => {
    const { ledger, range } = population(3, 10)
    expect(() => move(range, from, to, amount)).toThrow('a posting moves a positive amount')
    expect([...balancesIn(range)]).toEqual([10, 10, 10])
    assertConserved(ledger)
  })

  it('makes postings in a row as single ones would be made, and skips those without cover or to oneself', () => {
    const payers = Int32Array.of(9, 0, 0, 1, 2, 1)
    const receivers = Int32Array.of(1, 2, 2, 2, 0)
    const one = population(3, 10)
    const made = moveEach(one.range, payers, 1, receivers, 5, 10)
    const other = population(3, 10)
    for (const [index, to] of receivers.entries()) {
      const from = payers[index + 1] as number
      if (from !== to && (balancesIn(other.range)[from] as number) >= 10) move(other.range, from, to, 10)
    }
    expect(made).toBe(3)
    expect([...balancesIn(one.range)]).toEqual([...balancesIn(other.range)])
    assertConserved(one.ledger)
  })

  it.each([
    ['a payer outside', [3], [0], 1],
    ['a receiver outside', [0], [3], 1],
    ['a negative member', [0], [-1], 1],
    ['a fraction', [0], [1], 0.5],
    ['not a number', [0], [1], Number.NaN],
    ['fewer receivers than said', [0, 1], [1], 1],
  ])('refuses %s before anything moves', (_what, payers, receivers, amount) => {
    const { range } = population(3, 10)
    expect(() => moveEach(range, Int32Array.from(payers), 0, Int32Array.from(receivers), payers.length, amount)).toThrow()
    expect([...balancesIn(range)]).toEqual([10, 10, 10])
  })

  it('is still read right after the ledger has grown', () => {
    const { ledger, range } = population(3, 10)
    for (let index = 0; index < 200; index++) openAccount(ledger, `later:${index}`, 'credits', KINDS.holder)
    move(range, 0, 1, 4)
    expect([...balancesIn(range)]).toEqual([6, 14, 10])
    assertConserved(ledger)
  })

  it('is no source', () => {
    expect(() => openRange(createLedger(), 'agent', 'credits', KINDS.source, 2)).toThrow('no source')
    expect(() => openRange(createLedger(), 'agent', 'credits', KINDS.agent, 0)).toThrow('at least one')
  })
})
