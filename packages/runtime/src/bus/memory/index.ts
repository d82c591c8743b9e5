export { createMemoryBus } from './memory-bus.ts'
export { MemoryWorkQueue } from './work-queue.ts'
