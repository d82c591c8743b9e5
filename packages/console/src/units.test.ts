import { Params } from '@syntropism/contract'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { groupsOf, parsed, shown, unitOf } from './browser/units.ts'

describe('numbers of the rules as people write them', () => {
  it.each([
    ['spawn_cost_micro', 100_000_000, '100', 'credits'],
    ['curves.cpu.floor_micro_per_s', 1_500_000, '1.5', 'credits/s'],
    ['curves.cpu.high_ppm', 800_000, '80', '%'],
    ['starvation_ms', 10_000, '10000', 'ms'],
    ['llm_micro_usd_per_minute', 250_000, '0.25', '$ a minute'],
    ['bid_duration_ms_max', 600_000, '600000', 'ms'],
    ['reward_weights_micro.useful', 50_000_000, '50', 'credits a point'],
    ['agents_max', 24, '24', ''],
  ] as const)('%s: %d is %s %s', (path, value, text, unit) => {
    expect(shown(path, value)).toBe(text)
    expect(unitOf(path, value).name).toBe(unit)
    expect(parsed(path, value, text)).toBe(value)
  })

  it('are read back exactly, whatever they are', () => {
    fc.assert(
      fc.property(fc.constantFrom('a_micro', 'a_ppm', 'a_ms', 'a'), fc.maxSafeInteger(), (path, value) => {
        expect(parsed(path, value, shown(path, value))).toBe(value)
      }),
    )
  })

  it('are refused when they are none, or finer than the unit', () => {
    for (const text of ['', 'x', '1e3', '0.0000001', '1,5', '99999999999999999']) expect(parsed('a_micro', 1, text), text).toBeUndefined()
    expect(parsed('a_ms', 1, '1.5')).toBeUndefined()
    expect(parsed('flag', true, 'yes')).toBeUndefined()
  })

  it('stand in one group each', () => {
    const curve = Object.keys(Params.shape.curves.shape.cpu.shape)
    const paths = Object.keys(Params.shape).flatMap((name) =>
      name === 'curves'
        ? Object.keys(Params.shape.curves.shape).flatMap((resource) => curve.map((number) => `curves.${resource}.${number}`))
        : name === 'reward_weights_micro'
          ? Object.keys(Params.shape.reward_weights_micro.shape).map((score) => `${name}.${score}`)
          : [name],
    )
    const entries = paths.map((path) => [path, 1] as const)
    const groups = groupsOf(entries)
    expect(groups.flatMap((group) => group.entries.map(([path]) => path)).toSorted()).toEqual(entries.map(([path]) => path).toSorted())
    expect(groups.length).toBeGreaterThan(6)
  })
})
