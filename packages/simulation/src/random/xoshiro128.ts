const TO_UNIT_32 = 2 ** -32
const TO_UNIT_53 = 2 ** -53

/**
 * xoshiro128** 1.1 (Blackman, Vigna, "Scrambled linear pseudorandom number generators", 2021): 32-bit integer arithmetic alone, period 2^128 − 1.
 * The same on every machine. A state of four zeros is not allowed.
 */
export class Random {
  private a: number
  private b: number
  private c: number
  private d: number

  constructor(state: readonly [number, number, number, number]) {
    this.a = state[0] | 0
    this.b = state[1] | 0
    this.c = state[2] | 0
    this.d = state[3] | 0
    if ((this.a | this.b | this.c | this.d) === 0) throw new RangeError('the state of a generator is not all zero')
  }

  /** The state, for `resume`. */
  save(): readonly [number, number, number, number] {
    return [this.a, this.b, this.c, this.d]
  }

  /** Goes on from a state that `save` gave. */
  resume([a, b, c, d]: readonly [number, number, number, number]): void {
    this.a = a
    this.b = b
    this.c = c
    this.d = d
  }

  /** Next 32 bits as an unsigned integer. */
  u32(): number {
    const five = Math.imul(this.b, 5)
    const result = Math.imul((five << 7) | (five >>> 25), 9)
    const shifted = this.b << 9
    const c = this.c ^ this.a
    const d = this.d ^ this.b
    this.b ^= c
    this.a ^= d
    this.c = c ^ shifted
    this.d = (d << 11) | (d >>> 21)
    return result >>> 0
  }

  /** Uniform integer in 0 … bound − 1, by multiplication (Lemire 2019): any two values differ in probability by less than bound ÷ 2^32 of it. Bound ≤ 2^31. */
  below(bound: number): number {
    return Math.floor(this.u32() * bound * TO_UNIT_32)
  }

  /** Uniform integer in low … high, both included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1)
  }

  /** Uniform multiple of 2^−53 in [0, 1). */
  unit(): number {
    const high = this.u32() >>> 5
    return (high * 67_108_864 + (this.u32() >>> 6)) * TO_UNIT_53
  }

  /** True with probability numerator ÷ denominator. */
  chance(numerator: number, denominator: number): boolean {
    return this.below(denominator) < numerator
  }

  /** Exponential with mean 1 from comparisons alone (von Neumann 1951): no logarithm, so no last bit that differs between machines. */
  exponential(): number {
    for (let whole = 0; ; whole++) {
      const first = this.unit()
      let falling = 1
      for (let last = first, next = this.unit(); next < last; next = this.unit()) {
        last = next
        falling += 1
      }
      if (falling % 2 === 1) return whole + first
    }
  }

  /** `length` draws of `below(bound)` into `out`: the same numbers as single calls, with the state in registers. */
  fillBelow(out: Int32Array, length: number, bound: number): void {
    let { a, b, c, d } = this
    for (let index = 0; index < length; index++) {
      const five = Math.imul(b, 5)
      const result = Math.imul((five << 7) | (five >>> 25), 9) >>> 0
      const shifted = b << 9
      c ^= a
      d ^= b
      b ^= c
      a ^= d
      c ^= shifted
      d = (d << 11) | (d >>> 21)
      out[index] = result * bound * TO_UNIT_32
    }
    this.a = a
    this.b = b
    this.c = c
    this.d = d
  }

  /** Fisher–Yates over the first `length` members, from the end: one `below(i + 1)` for each i = length − 1 … 1. */
  shuffle(members: Int32Array, length: number): void {
    let { a, b, c, d } = this
    for (let index = length - 1; index > 0; index--) {
      const five = Math.imul(b, 5)
      const result = Math.imul((five << 7) | (five >>> 25), 9) >>> 0
      const shifted = b << 9
      c ^= a
      d ^= b
      b ^= c
      a ^= d
      c ^= shifted
      d = (d << 11) | (d >>> 21)
      const other = (result * (index + 1) * TO_UNIT_32) | 0
      const kept = members[index] as number
      members[index] = members[other] as number
      members[other] = kept
    }
    this.a = a
    this.b = b
    this.c = c
    this.d = d
  }
}

/** Finaliser of MurmurHash3 (Appleby): every input bit moves every output bit. */
function mix(word: number): number {
  let value = word
  value = Math.imul(value ^ (value >>> 16), 0x85_eb_ca_6b)
  value = Math.imul(value ^ (value >>> 13), 0xc2_b2_ae_35)
  return value ^ (value >>> 16)
}

/** The generator for one use of one run: a draw more in one stream moves nothing in another. The seed is an integer in 0 … 2^53 − 1. */
export function streamOf(seed: number, name: string): Random {
  if (!Number.isSafeInteger(seed) || seed < 0) throw new RangeError(`a seed is an integer from 0 to 2^53 − 1, not ${seed}`)
  let hash = mix(seed | 0) ^ mix(Math.floor(seed * TO_UNIT_32) + 0x9e_37_79_b9)
  for (let index = 0; index < name.length; index++) hash = mix(Math.imul(hash, 31) + name.charCodeAt(index) + 0x9e_37_79_b9)
  const words = [1, 2, 3, 4].map((word) => mix(hash + Math.imul(word, 0x9e_37_79_b9)))
  return new Random([words[0] as number, words[1] as number, words[2] as number, (words[3] as number) | 1])
}
