import { describe, expect, it } from 'vitest'
import type { DeadLetter, WorkItem, WorkQueue, WorkQueueSettings } from '../../packages/runtime/src/ports/index.ts'
import { until } from './events.ts'

/** A silence that nothing here falls into: what is handed out again is so for another reason. */
const SETTINGS: WorkQueueSettings = { deliveries_max: 3, pause_ms: 20, silence_ms: 120_000 }
/** One to outlast, with room for a machine that stands still for a moment. */
const SHORT_SILENCE_MS = 3000
const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const textOf = (item: { readonly data: Uint8Array }): string => new TextDecoder().decode(item.data)
const quiet = { at_once_max: 2, onError: () => undefined }

/** What every work queue has to do. `open` gives a new, empty queue. */
export function testWorkQueue(name: string, open: (settings: WorkQueueSettings) => Promise<WorkQueue>): void {
  describe(`the ${name} work queue`, () => {
    it('hands out what was added before and after, each once, with its id, its trace and its first delivery', async () => {
      const queue = await open(SETTINGS)
      await queue.add({ data: bytes('one'), id: 'a', traceparent: TRACE, tracestate: 'vendor=1' })
      const seen: WorkItem[] = []
      const stop = queue.take(async (item) => void seen.push(item), quiet)
      await queue.add({ data: bytes('two'), id: 'b' })
      await until(() => seen.length === 2)
      await until(async () => (await queue.figures()).in_hand === 0)
      await stop()
      expect(
        seen
          .map((item) => [item.id, textOf(item), item.delivery, item.traceparent, item.tracestate])
          .toSorted(([one], [other]) => String(one).localeCompare(String(other))),
      ).toEqual([
        ['a', 'one', 1, TRACE, 'vendor=1'],
        ['b', 'two', 1, undefined, undefined],
      ])
      expect(await queue.figures()).toEqual({ dead: 0, in_hand: 0, waiting: 0 })
    })

    it('takes an id once, also after it is done', async () => {
      const queue = await open(SETTINGS)
      const seen: string[] = []
      await queue.add({ data: bytes('first'), id: 'a' })
      await queue.add({ data: bytes('second'), id: 'a' })
      const stop = queue.take(async (item) => void seen.push(textOf(item)), quiet)
      await until(() => seen.length === 1)
      await queue.add({ data: bytes('third'), id: 'a' })
      await queue.add({ data: bytes('other'), id: 'b' })
      await until(() => seen.includes('other'))
      await stop()
      expect(seen).toEqual(['first', 'other'])
    })

    it('hands a piece out again after its handler failed, until it is done', async () => {
      const queue = await open(SETTINGS)
      const deliveries: number[] = []
      const errors: unknown[] = []
      const stop = queue.take(
        async ({ delivery }) => {
          deliveries.push(delivery)
          if (delivery < 3) throw new Error('not yet')
        },
        { ...quiet, onError: (error) => errors.push(error) },
      )
      await queue.add({ data: bytes('x'), id: 'a' })
      await until(() => deliveries.length === 3)
      await until(async () => (await queue.figures()).in_hand === 0)
      await stop()
      expect(deliveries).toEqual([1, 2, 3])
      expect(errors).toHaveLength(2)
      expect(await queue.deadLetters(10)).toEqual([])
    })

    it('puts poison aside after the last delivery, tells of it, goes on with the rest, and takes it back when told', async () => {
      const queue = await open(SETTINGS)
      const done: string[] = []
      const told: Omit<DeadLetter, 'letter_id'>[] = []
      let poisonous = true
      const stop = queue.take(
        async (item) => {
          if (item.id === 'poison' && poisonous) throw new Error('cannot: ü')
          done.push(`${item.id} ${item.delivery}`)
        },
        { ...quiet, onDead: (letter) => void told.push(letter) },
      )
      await queue.add({ data: bytes('bad'), id: 'poison', traceparent: TRACE })
      await queue.add({ data: bytes('good'), id: 'food' })
      await until(() => told.length > 0 && done.length > 0)
      const letters = await queue.deadLetters(10)
      expect(letters).toMatchObject([{ deliveries: 3, id: 'poison', reason: 'cannot: ü', traceparent: TRACE }])
      expect(told).toMatchObject([{ deliveries: 3, id: 'poison', reason: 'cannot: ü' }])
      expect(done).toEqual(['food 1'])
      expect(await queue.revive('99999')).toBe(false)
      poisonous = false
      expect(await queue.revive(letters[0]?.letter_id ?? '')).toBe(true)
      await until(() => done.length === 2)
      expect(done[1]).toBe('poison 1')
      expect(await queue.deadLetters(10)).toEqual([])
      await stop()
    })

    it('tells of a dead letter again when that failed', async () => {
      const queue = await open({ ...SETTINGS, deliveries_max: 1 })
      let calls = 0
      const stop = queue.take(() => Promise.reject(new Error('no')), {
        ...quiet,
        onDead: () => {
          calls += 1
          if (calls === 1) throw new Error('the economy was away')
        },
      })
      await queue.add({ data: bytes('x'), id: 'a' })
      await until(() => calls === 2)
      await until(async () => (await queue.figures()).in_hand === 0)
      await stop()
      expect(await queue.deadLetters(10)).toHaveLength(1)
      expect(await queue.figures()).toEqual({ dead: 1, in_hand: 0, waiting: 0 })
    })

    it('leaves a piece with its handler for longer than the silence, and gives no taker more than it asked for', async () => {
      const queue = await open({ ...SETTINGS, silence_ms: SHORT_SILENCE_MS })
      let now = 0
      let most = 0
      const starts: string[] = []
      const stop = queue.take(
        async ({ id }) => {
          starts.push(id)
          most = Math.max(most, ++now)
          await new Promise((done) => setTimeout(done, id === 'long' ? SHORT_SILENCE_MS * 2.5 : 5))
          now -= 1
        },
        { ...quiet, at_once_max: 3 },
      )
      for (const id of ['long', ...Array.from({ length: 20 }, (_, index) => `short-${index}`)]) await queue.add({ data: bytes(id), id })
      await until(() => starts.length >= 21 && now === 0)
      await stop()
      expect(starts).toHaveLength(21)
      expect(most).toBe(3)
    })

    it('shares work among takers, and hands nothing to one that has left', async () => {
      const queue = await open(SETTINGS)
      const left: string[] = []
      const stayed: string[] = []
      const leave = queue.take(async ({ id }) => void left.push(id), quiet)
      await queue.add({ data: bytes('x'), id: 'first' })
      await until(() => left.length === 1)
      await leave()
      const stop = queue.take(async ({ id }) => void stayed.push(id), quiet)
      for (let index = 0; index < 10; index++) await queue.add({ data: bytes('x'), id: `later-${index}` })
      await until(() => stayed.length === 10)
      await stop()
      expect(left).toEqual(['first'])
    })
  })
}
