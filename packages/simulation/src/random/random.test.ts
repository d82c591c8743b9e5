import { describe, expect, it } from 'vitest'
import { Random, streamOf } from './index.ts'

/** The published algorithm word for word, in big integers. */
function* published(state: bigint[]): Generator<number> {
  const mask = 0xffff_ffffn
  const rotate = (value: bigint, by: bigint): bigint => ((value << by) | (value >> (32n - by))) & mask
  let [s0 = 0n, s1 = 0n, s2 = 0n, s3 = 0n] = state
  for (;;) {
    yield Number((rotate((s1 * 5n) & mask, 7n) * 9n) & mask)
    const t = (s1 << 9n) & mask
    s2 ^= s0
    s3 ^= s1
    s1 ^= s2
    s0 ^= s3
    s2 ^= t
    s3 = rotate(s3, 11n)
  }
}

describe('the generator', () => {
  it('gives the numbers of the published algorithm', () => {
    const random = new Random([1, 2, 3, 4])
    const reference = published([1n, 2n, 3n, 4n])
    const drawn = Array.from({ length: 1000 }, () => random.u32())
    expect(drawn).toEqual(Array.from({ length: 1000 }, () => reference.next().value as number))
    expect(drawn.slice(0, 3)).toEqual([11_520, 0, 5_927_040])
  })

  it('fills and shuffles with the same draws as single calls', () => {
    const [bulk, single] = [streamOf(7, 'x'), streamOf(7, 'x')]
    const out = new Int32Array(100)
    bulk.fillBelow(out, 100, 1000)
    expect([...out]).toEqual(Array.from({ length: 100 }, () => single.below(1000)))
    const order = Int32Array.from({ length: 50 }, (_, index) => index)
    const expected = [...order]
    bulk.shuffle(order, 50)
    for (let index = 49; index > 0; index--) {
      const other = single.below(index + 1)
      ;[expected[index], expected[other]] = [expected[other] as number, expected[index] as number]
    }
    expect([...order]).toEqual(expected)
    expect(bulk.u32()).toBe(single.u32())
  })

  it('draws every value about equally often, within five standard deviations', () => {
    const random = streamOf(1, 'uniform')
    const counts = new Int32Array(10)
    for (let index = 0; index < 100_000; index++) {
      const value = random.below(10)
      counts[value] = (counts[value] ?? 0) + 1
    }
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(5 * Math.sqrt(9000))
  })

  it('draws exponential numbers: mean, variance and the share above 2 within five standard errors', () => {
    const random = streamOf(4, 'exponential')
    const values = Array.from({ length: 100_000 }, () => random.exponential())
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    expect(Math.abs(mean - 1)).toBeLessThan(5 / Math.sqrt(100_000))
    const above = values.filter((value) => value > 2).length / values.length
    expect(Math.abs(above - Math.exp(-2))).toBeLessThan(5 * Math.sqrt(0.1353 * 0.8647 * 1e-5))
  })

  it('keeps streams apart by seed and name, and refuses what is no seed', () => {
    const first = [streamOf(1, 'a'), streamOf(1, 'b'), streamOf(2, 'a'), streamOf(1 + 2 ** 32, 'a')].map((stream) => stream.u32())
    expect(new Set(first).size).toBe(4)
    expect(streamOf(1, 'a').u32()).toBe(first[0])
    for (const seed of [-1, 0.5, Number.NaN, 2 ** 53]) expect(() => streamOf(seed, 'a')).toThrow('a seed is')
    expect(() => new Random([0, 0, 0, 0])).toThrow('not all zero')
  })

  it('stays in range', () => {
    const random = streamOf(3, 'range')
    for (let index = 0; index < 1000; index++) {
      expect(random.unit()).toBeLessThan(1)
      const value = random.between(-2, 2)
      expect(value >= -2 && value <= 2).toBe(true)
    }
  })
})
