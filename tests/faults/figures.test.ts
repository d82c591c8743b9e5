import { createState } from '@syntropism/economy'
import type { EconomyEvent } from '@syntropism/contract'
import { expect, it } from 'vitest'
import { countEffects, creditsOff, tableOf } from './figures.ts'

const effect = (cause_id: string): EconomyEvent => ({ cause_id, data: { purpose: 'load' }, type: 'credits_transferred' }) as unknown as EconomyEvent

it('what is missing is lost, and what is there again was applied twice', () => {
  const events = ['a', 'b', 'b', 'b', 'c'].map(effect)
  expect(countEffects(events, ['a', 'b', 'c'])).toEqual({ lost: 0, twice: 2 })
  expect(countEffects(events, ['a', 'x', 'y'])).toEqual({ lost: 2, twice: 2 })
})

it('credits that nobody granted are off', () => {
  expect(creditsOff(createState(), 0)).toBe(0)
  expect(creditsOff(createState(), 5)).toBe(5)
})

it('the table shows the median and the longest recovery', () => {
  const row = { acknowledged: 9, fault: 'kill', injected: 3, lost: 1, off_micro: 2_500_000, recovery_ms: [5, 900, 20], twice: 0 }
  expect(tableOf([row]).split('\n').at(-1)?.replaceAll(/ +/g, ' ')).toBe('| kill | 3 | 9 | 1 | 0 | 2.5 | 20 ms (900) |')
})
