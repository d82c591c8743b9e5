import { describe, expect, it } from 'vitest'
import { Pages } from './browser/rows.ts'

const answer = (offset: number, limit: number, total: number) => ({
  rows: Array.from({ length: Math.max(0, Math.min(limit, total - offset)) }, (_none, index) => offset + index),
  total,
})

describe('pages of a long list', () => {
  it('are read as far as they are looked at, each once', async () => {
    const asked: number[] = []
    const pages = new Pages<number>(async (offset, limit) => {
      asked.push(offset)
      return answer(offset, limit, 10_000)
    })
    await pages.complete({ count: 50, first: 0 })
    await pages.complete({ count: 50, first: 9000 })
    await pages.complete({ count: 50, first: 9010 })
    expect(asked).toEqual([0, 8900, 9000, 9100])
    expect([pages.at(3), pages.at(9040), pages.at(500)]).toEqual([3, 9040, undefined])
    expect(pages.misses({ count: 50, first: 9040 })).toBe(false)
    expect(pages.misses({ count: 50, first: 9175 })).toBe(true)
  })

  it('keep a bounded number, whatever is scrolled through', async () => {
    const pages = new Pages<number>(async (offset, limit) => answer(offset, limit, 1_000_000))
    await pages.complete({ count: 10, first: 0 })
    for (let first = 100; first < 10_000; first += 100) await pages.complete({ count: 10, first })
    const kept = Array.from({ length: 10_000 }, (_none, index) => pages.at(index)).filter((row) => row !== undefined)
    expect(kept.length).toBeLessThanOrEqual(2_000)
    expect(pages.at(9901)).toBe(9901)
  })

  it('drop answers to a question of before, and do not ask again and again for what failed', async () => {
    let release = (): void => undefined
    const pages = new Pages<number>(async (offset, limit) => {
      await new Promise<void>((done) => (release = done))
      return answer(offset, limit, 10)
    })
    const first = pages.complete({ count: 10, first: 0 })
    pages.forget()
    release()
    await first
    expect(pages.at(0)).toBeUndefined()
    const broken = new Pages<number>(() => Promise.reject(new Error('no')))
    await expect(broken.complete({ count: 10, first: 0 })).rejects.toThrow('no')
    expect(broken.misses({ count: 10, first: 0 })).toBe(false)
    await expect(broken.refresh({ count: 10, first: 0 })).rejects.toThrow('no')
  })
})
