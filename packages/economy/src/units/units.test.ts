import { assert, integer, nat, property } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { creditsToMicro, microToCredits, mulDivCeil, mulDivFloor } from './index.ts'

const SEED = 7
const wide = integer({ max: 2 ** 40, min: 0 })

describe('units', () => {
  it(`multiply and divide exactly past 2^53 (seed ${SEED})`, () => {
    assert(
      property(wide, nat(1_000_000), integer({ max: 1_000_000_000, min: 2 ** 20 }), (a, b, divisor) => {
        const exact = BigInt(a) * BigInt(b)
        expect(BigInt(mulDivFloor(a, b, divisor))).toBe(exact / BigInt(divisor))
        expect(BigInt(mulDivCeil(a, b, divisor))).toBe((exact + BigInt(divisor) - 1n) / BigInt(divisor))
      }),
      { seed: SEED },
    )
  })

  it('are exact next to every multiple below 2^53', () => {
    assert(
      property(integer({ max: 9_007_199_254, min: 0 }), integer({ max: 1, min: -1 }), (quotient, offset) => {
        const product = Math.max(0, quotient * 1_000_000 + offset)
        expect(mulDivFloor(product, 1, 1_000_000)).toBe(Number(BigInt(product) / 1_000_000n))
        expect(mulDivCeil(product, 1, 1_000_000)).toBe(Number((BigInt(product) + 999_999n) / 1_000_000n))
      }),
      { seed: SEED },
    )
  })

  it('convert credits through decimal text and refuse what is finer than a micro-credit', () => {
    assert(
      property(
        integer({ max: 2 ** 52, min: 0 }),
        (micro) => void expect(creditsToMicro(`${Math.floor(micro / 1e6)}.${String(micro % 1e6).padStart(6, '0')}`)).toBe(micro),
      ),
      { seed: SEED },
    )
    for (const wrong of ['', '-1', '1e3', '0.0000001', 'NaN', '1.', '99999999999999999']) expect(creditsToMicro(wrong)).toBeNull()
    expect(creditsToMicro('277.6')).toBe(277_600_000)
    expect(creditsToMicro('1.5000000')).toBe(1_500_000)
    expect(microToCredits(3_984_375)).toBe(3.984375)
  })
})
