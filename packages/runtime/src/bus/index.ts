// The door to NATS is ./nats/index.ts: loaded only where a NATS address is configured.
export { MemoryWorkQueue, createMemoryBus } from './memory/index.ts'
