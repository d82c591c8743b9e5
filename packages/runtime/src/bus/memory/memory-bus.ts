import type { EconomyEvent } from '@syntropism/contract'
import type { Bus } from '../../ports/index.ts'

/** The in-process bus: listeners are called in order of subscription, events in journal order. */
export function createMemoryBus(onError: (error: unknown) => void): Bus {
  const listeners = new Set<(event: EconomyEvent) => void>()
  return {
    publish(events) {
      for (const event of events)
        for (const listener of listeners) {
          try {
            listener(event)
          } catch (error) {
            onError(error)
          }
        }
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
