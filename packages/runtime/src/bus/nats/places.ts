import { subjects } from './subjects.ts'
import type { QueuePlace } from './work-queue.ts'

const placeOf = (economyId: string, stream: string, subject: string, consumer: string, dead: string): QueuePlace => ({
  consumer,
  dead_stream: subjects.deadStream(economyId),
  dead_subject: `${subjects.dead(economyId)}.${dead}`,
  stream,
  subject,
})

/** Every queue of an economy. */
export const places = {
  /** Runs that wait for one executor. */
  execution: (economyId: string, executorId: string): QueuePlace =>
    placeOf(
      economyId,
      subjects.workStream(economyId),
      subjects.execution(economyId, executorId),
      subjects.executorConsumer(executorId),
      `execution.${executorId}`,
    ),
  /** Receipts that wait for the engine: of one executor, or of all where they are taken. */
  report: (economyId: string, executorId = '*'): QueuePlace =>
    placeOf(economyId, subjects.workStream(economyId), subjects.report(economyId, executorId), 'engine', 'report'),
  /** Calls of outside tools. */
  tools: (economyId: string): QueuePlace => placeOf(economyId, subjects.toolStream(economyId), subjects.toolCall(economyId), 'tools', 'tools'),
}
