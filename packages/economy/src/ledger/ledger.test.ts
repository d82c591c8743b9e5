import { describe, expect, it } from 'vitest'
import {
  BURN,
  HOLDS,
  KINDS,
  MINT,
  accountOf,
  assertConserved,
  balanceOf,
  closeAccount,
  createLedger,
  openAccount,
  placeHold,
  post,
  postNet,
  takeFromHold,
} from './index.ts'
import { checkPost } from './ledger.ts'

function withAgent() {
  const ledger = createLedger()
  const agent = openAccount(ledger, 'agent:a', 'credits', KINDS.agent)
  ledger.granted_micro += 100
  post(ledger, MINT, agent, 100)
  return { agent, ledger }
}

describe('the ledger', () => {
  it('moves what is there and refuses an overdraft with nothing changed', () => {
    const { agent, ledger } = withAgent()
    const other = openAccount(ledger, 'agent:b', 'credits', KINDS.agent)
    post(ledger, agent, other, 60)
    expect(() => post(ledger, agent, other, 41)).toThrow('positive amount that is there')
    expect([balanceOf(ledger, agent), balanceOf(ledger, other)]).toEqual([40, 60])
    assertConserved(ledger)
  })

  it.each([0, -1, 0.5, Number.NaN, Infinity, 2 ** 53])('refuses the amount %d', (amount) => {
    const { agent, ledger } = withAgent()
    expect(() => post(ledger, MINT, agent, amount)).toThrow('positive amount')
    expect(checkPost(ledger, MINT, agent, amount)).not.toBeNull()
    expect(balanceOf(ledger, agent)).toBe(100)
  })

  it('moves a difference to one side or the other, and refuses what is not there, a source or a fraction with nothing changed', () => {
    const { agent, ledger } = withAgent()
    postNet(ledger, agent, HOLDS, 60)
    postNet(ledger, agent, HOLDS, -25)
    postNet(ledger, agent, HOLDS, 0)
    expect([balanceOf(ledger, agent), balanceOf(ledger, HOLDS), ledger.agents_micro]).toEqual([65, 35, 65])
    for (const net of [66, -36, 0.5, Number.NaN, Infinity]) expect(() => postNet(ledger, agent, HOLDS, net)).toThrow('amount that is there')
    for (const [from, to] of [
      [MINT, agent],
      [agent, MINT],
      [agent, agent],
      [agent, accountOf(ledger, 'cpu_ms:used')],
    ] as const)
      expect(() => postNet(ledger, from, to, 1)).toThrow('amount that is there')
    expect([balanceOf(ledger, agent), balanceOf(ledger, HOLDS)]).toEqual([65, 35])
    assertConserved(ledger)
  })

  it('keeps assets apart, and refuses a sum past 2^52', () => {
    const { agent, ledger } = withAgent()
    expect(() => post(ledger, accountOf(ledger, 'cpu_ms:offered'), agent, 1)).toThrow('positive amount')
    expect(() => post(ledger, MINT, agent, 2 ** 52)).toThrow('positive amount')
    expect(checkPost(ledger, MINT, agent, 2 ** 52)).toBe('overflow')
    expect(checkPost(ledger, agent, MINT, 101)).toBe('balance')
  })

  it('closes empty accounts alone and uses their index again', () => {
    const { agent, ledger } = withAgent()
    expect(() => closeAccount(ledger, agent)).toThrow('only an empty account')
    const lease = openAccount(ledger, 'cpu_ms:lease-1', 'cpu_ms', KINDS.holder)
    closeAccount(ledger, lease)
    expect(openAccount(ledger, 'cpu_ms:lease-2', 'cpu_ms', KINDS.holder)).toBe(lease)
    assertConserved(ledger)
  })
})

describe('a hold', () => {
  it('is posted in parts, voided, and gives nothing twice', () => {
    const { agent, ledger } = withAgent()
    placeHold(ledger, 'h', agent, 50)
    placeHold(ledger, 'h', agent, 10)
    takeFromHold(ledger, 'h', BURN, 25)
    expect([balanceOf(ledger, agent), ledger.holds.get('h')?.remaining_micro]).toEqual([40, 35])
    expect(() => takeFromHold(ledger, 'h', agent, 36)).toThrow('gives what it has')
    takeFromHold(ledger, 'h', agent, 35)
    expect(ledger.holds.size).toBe(0)
    expect(() => takeFromHold(ledger, 'h', agent, 1)).toThrow('gives what it has')
    expect(() => placeHold(ledger, 'h', agent, 76)).toThrow('positive amount')
    expect(ledger.holds.size).toBe(0)
    assertConserved(ledger)
  })
})
