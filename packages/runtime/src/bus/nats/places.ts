import { subjects } from './subjects.ts'
import type { QueuePlace } from './work-queue.ts'

const placeOf = (economyId: string, stream: string, subject: string, consumer: string, dead: string | null): QueuePlace => ({
  consumer,
  dead: dead === null ? null : { stream: subjects.deadStream(economyId), subject: `${subjects.dead(economyId)}.${dead}` },
  stream,
  subject,
})

/** Every queue of an economy. */
export const places = {
  /** Runs that wait for one executor. One that failed too often is dropped: its window is closed long before, and it holds a token. */
  execution: (economyId: string, executorId: string): QueuePlace =>
    placeOf(economyId, subjects.workStream(economyId), subjects.execution(economyId, executorId), subjects.executorConsumer(executorId), null),
  /** Receipts that wait for the engine: of one executor, or of all where they are taken. */
  report: (economyId: string, executorId = '*'): QueuePlace =>
    placeOf(economyId, subjects.workStream(economyId), subjects.report(economyId, executorId), 'engine', 'report'),
  /** Calls of outside tools. */
  tools: (economyId: string): QueuePlace => placeOf(economyId, subjects.toolStream(economyId), subjects.toolCall(economyId), 'tools', 'tools'),
}
