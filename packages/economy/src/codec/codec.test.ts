import { createHash } from 'node:crypto'
import { assert, integer, jsonValue, property, string } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalJson, eventId, eventIdPrefix, isoTime, sha256Hex } from './index.ts'

const SEED = 7

describe('codec', () => {
  it(`hashes as the platform’s SHA-256 does (seed ${SEED})`, () => {
    assert(
      property(
        string({ maxLength: 300, unit: 'binary' }),
        (text) => void expect(sha256Hex(text)).toBe(createHash('sha256').update(text, 'utf8').digest('hex')),
      ),
      { seed: SEED },
    )
    expect(sha256Hex('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  })

  it('writes canonical JSON that reads back equal, whatever the order of members', () => {
    assert(
      property(jsonValue(), (value) => {
        const text = canonicalJson(value)
        expect(canonicalJson(JSON.parse(text))).toBe(text)
      }),
      { seed: SEED },
    )
    expect(canonicalJson({ '': 0, '0': 2, b: 1, a: [true, null, 'é'], c: undefined })).toBe('{"":0,"0":2,"a":[true,null,"é"],"b":1}')
  })

  it('writes time as ISO 8601 and ids as UUIDv8', () => {
    assert(
      property(integer({ max: 253_402_300_799_999, min: 0 }), (atMs) => void expect(isoTime(atMs)).toBe(new Date(atMs).toISOString())),
      { seed: SEED },
    )
    expect(eventId(eventIdPrefix('economy'), 255)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-0000000000ff$/)
    expect(eventIdPrefix('a')).not.toBe(eventIdPrefix('b'))
  })
})
