import type { EconomyEvent } from '@syntropism/contract'
import { describe, expect, it } from 'vitest'
import type { Bus } from '../../packages/runtime/src/ports/index.ts'
import { EventLog, until } from './events.ts'

export interface OpenBus {
  readonly bus: Bus
  readonly log: EventLog
  readonly errors: unknown[]
  close(): Promise<void>
}

const seqs = (events: readonly EconomyEvent[]): number[] => events.map((event) => event.seq)
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index)

/** What every bus has to do. */
export function testBus(name: string, open: () => Promise<OpenBus>): void {
  describe(`the ${name} bus`, () => {
    const withBus = async (check: (opened: OpenBus) => Promise<void>): Promise<void> => {
      const opened = await open()
      try {
        await check(opened)
      } finally {
        await opened.close()
      }
    }

    it('hands every later event to every listener, in journal order, each once, as it was committed', () =>
      withBus(async ({ bus, log }) => {
        bus.publish(log.commit(3))
        const first: EconomyEvent[] = []
        const second: EconomyEvent[] = []
        bus.subscribe((event) => void first.push(event))
        bus.publish(log.commit(700))
        bus.subscribe((event) => void second.push(event))
        bus.publish(log.commit(1))
        bus.publish([])
        bus.publish(log.commit(900))
        await until(() => first.length >= 1601 && second.length >= 901)
        expect(seqs(first)).toEqual(range(4, 1604))
        expect(seqs(second)).toEqual(range(704, 1604))
        expect(first).toEqual(log.events.slice(3))
      }))

    it('hands nothing to a listener that has left', () =>
      withBus(async ({ bus, log }) => {
        const left: EconomyEvent[] = []
        const stayed: EconomyEvent[] = []
        const leave = bus.subscribe((event) => void left.push(event))
        bus.subscribe((event) => void stayed.push(event))
        bus.publish(log.commit(2))
        await until(() => left.length === 2)
        leave()
        bus.publish(log.commit(2))
        await until(() => stayed.length === 4)
        expect(seqs(left)).toEqual([1, 2])
      }))

    it('reports a listener that fails, and goes on', () =>
      withBus(async ({ bus, errors, log }) => {
        const seen: number[] = []
        bus.subscribe((event) => {
          seen.push(event.seq)
          if (event.seq === 2) throw new Error('no')
        })
        bus.publish(log.commit(3))
        await until(() => seen.length === 3)
        expect(seen).toEqual([1, 2, 3])
        expect(errors).toHaveLength(1)
      }))
  })
}
