import { testBus } from '../../../../../tests/contracts/bus.ts'
import { EventLog } from '../../../../../tests/contracts/events.ts'
import { createMemoryBus } from './index.ts'

testBus('memory', async () => {
  const errors: unknown[] = []
  return { bus: createMemoryBus((error) => errors.push(error)), close: async () => undefined, errors, log: new EventLog() }
})
