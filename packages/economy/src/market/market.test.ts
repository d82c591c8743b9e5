import { describe, expect, it } from 'vitest'
import { DEFAULT_PARAMS } from '../params/index.ts'
import { linearThreshold, reserveCostMicro } from './index.ts'

const { cpu } = DEFAULT_PARAMS.curves

describe('the linear threshold curve', () => {
  it.each([
    [2_000_000, 850_000, 2_200_000],
    [2_000_000, 800_000, 2_200_000],
    [2_000_000, 799_999, 2_000_000],
    [2_000_000, 200_001, 2_000_000],
    [2_000_000, 200_000, 1_900_000],
    [1_000_000, 0, 1_000_000],
    [1_000_000_000, 1_000_000, 1_000_000_000],
    [1_020_000, 0, 1_000_000],
  ])('takes %i at %i ppm sold to %i', (price, sold, next) => {
    expect(linearThreshold(cpu, price, sold)).toBe(next)
  })

  it('always rises by at least one', () => {
    expect(linearThreshold({ ...cpu, floor_micro_per_s: 1 }, 1, 1_000_000)).toBe(2)
  })
})

describe('the reserve cost', () => {
  const prices = { attention: 100_000, cpu: 4_000_000, llm: 0, memory: 1_000_000 }
  it('is price × share × duration over the bundle, rounded up once', () => {
    expect(reserveCostMicro(prices, { cpu: 250_000, memory: 62_500 }, 3000)).toBe(3_187_500)
    expect(reserveCostMicro(prices, { attention: 1 }, 1)).toBe(1)
  })
  it('is exact past 2^53', () => {
    expect(reserveCostMicro({ ...prices, cpu: 2 ** 42 }, { cpu: 1_000_000 }, 600_000)).toBe(2 ** 42 * 600)
  })
})
