import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bytesOfText } from './texts.ts'

const SEED = 20_261_128

describe(`the bytes of a text (seed ${SEED})`, () => {
  it('are those of itself where no sign grows in the compatibility form', () => {
    for (const text of ['', 'plain', 'wörter', '漢字かな', '🎉', '한국어', '\ud800']) expect([text, bytesOfText(text)]).toEqual([text, Buffer.byteLength(text)])
  })

  it('cover the compatibility form of every sign that there is', () => {
    for (let code = 0; code <= 0x10_ffff; code++) {
      if (code >= 0xd800 && code < 0xe000) continue
      const sign = String.fromCodePoint(code)
      const formed = Buffer.byteLength(sign.normalize('NFKC'))
      if (bytesOfText(sign) < formed) throw new Error(`U+${code.toString(16)} has ${formed} bytes`)
    }
    expect(bytesOfText('\ufdfa')).toBe(33)
  })

  it('cover the compatibility form of texts', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(bytesOfText(text)).toBeGreaterThanOrEqual(Buffer.byteLength(text.normalize('NFKC')))
      }),
      { numRuns: 300, seed: SEED },
    )
  })

  it('are counted in one go, however many marks stand on a letter', () => {
    expect(bytesOfText(`e${'\u0301\u0327'.repeat(250_000)}`)).toBe(1_000_001)
  })
})
