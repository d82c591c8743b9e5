import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DEFAULT_PARAMS } from '../params/index.ts'
import type { Command } from '@syntropism/contract'
import type { Remembered } from '../state/index.ts'
import { apply, createState } from './index.ts'
import { remember } from './remember.ts'

describe('what is remembered of commands', () => {
  it('is the newest, as many and as old as the rules say, in the order of time', () => {
    const rounds = fc.array(fc.nat(20), { maxLength: 60 })
    fc.assert(
      fc.property(rounds, fc.integer({ max: 12, min: 1 }), fc.nat(40), (pauses, most, command_memory_ms) => {
        const state = { at_ms: 0, params: { ...DEFAULT_PARAMS, command_memory_ms }, remembered: new Map<string, Remembered>() }
        const all: { readonly at_ms: number; readonly key: string }[] = []
        for (const [index, pause] of pauses.entries()) {
          state.at_ms += pause
          all.push({ at_ms: state.at_ms, key: `a ${index}` })
          remember(state, `a ${index}`, { at_ms: state.at_ms, fingerprint: index, result: {} }, most)
          const wanted = all.filter((one) => state.at_ms - one.at_ms <= command_memory_ms).slice(-most)
          expect([...state.remembered.keys()]).toEqual(wanted.map((one) => one.key))
        }
      }),
      { seed: 7 },
    )
  })

  it('answers as long as it is there: nothing is carried out a second time because its time is over and nobody has looked', () => {
    const state = createState()
    const carryOut = (at_ms: number, draft: object) => apply(state, { at_ms, owner: 'operator', ...draft } as Command, null)
    carryOut(1, { economy_id: 'e', owner: 'host', params: { ...DEFAULT_PARAMS, command_memory_ms: 10 }, rules_version: 1, type: 'genesis' })
    carryOut(2, { agent_id: 'a', grant_micro: 5, name: 'a', type: 'create_agent' })
    const fund = { agent_id: 'a', amount_micro: 7, id: 'once', type: 'fund' }
    expect(carryOut(3, fund)).toMatchObject({ ok: true, repeated: false })
    expect(carryOut(1000, fund)).toMatchObject({ ok: true, repeated: true })
    expect(carryOut(1000, { ...fund, amount_micro: 8 })).toMatchObject({ ok: false, refusal: { code: 'id_reused' } })
    expect(carryOut(1001, { ...fund, id: 'other' })).toMatchObject({ ok: true, repeated: false })
    expect([...state.remembered.keys()]).toEqual(['operator other'])
  })
})
