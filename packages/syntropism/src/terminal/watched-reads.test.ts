import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { watchReads } from './watched-reads.ts'

type Stored = ReturnType<ReturnType<typeof watchReads>['read']> extends AsyncIterable<infer One> ? One : never

const RECORDS = 20
const RECORD_MS = 200
const wasTty = process.stderr.isTTY
let drawn: string[] = []

beforeEach(() => {
  drawn = []
  vi.useFakeTimers()
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => drawn.push(String(text)) > 0)
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
  process.stderr.isTTY = wasTty
})

const source = {
  async *read(afterNumber: number) {
    for (let number = afterNumber + 1; number <= RECORDS; number++) {
      vi.advanceTimersByTime(RECORD_MS)
      yield { number } as unknown as Stored
    }
  },
}
async function readTo(last: number, isTty: boolean): Promise<number> {
  process.stderr.isTTY = isTty
  let seen = 0
  for await (const _ of watchReads(source, RECORDS).read(0)) if ((seen += 1) === last) break
  return seen
}

describe('reading a journal on a terminal', () => {
  it('draws how far it is once it takes long, and takes the bar away at the end', async () => {
    expect(await readTo(RECORDS, true)).toBe(RECORDS)
    expect(drawn.filter((text) => text.includes('/20, 5 records/s'))).not.toHaveLength(0)
    expect(drawn.at(-1)).toBe('\r\u001B[K')
  })

  it('takes the bar away when reading stops early', async () => {
    expect(await readTo(10, true)).toBe(10)
    expect(drawn.at(-1)).toBe('\r\u001B[K')
  })

  it('draws nothing when it is short, or nobody looks', async () => {
    await readTo(2, true)
    await readTo(RECORDS, false)
    expect(drawn).toEqual([])
  })
})
