// The thread that writes into a database file. Loads little, so that it is there at once.
import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import { type Part, DURABLE, SqliteWriter } from './sqlite-writer.ts'

/** What is handed to the thread; it answers those that somebody waits for, in their order. */
export interface Message {
  readonly part: Part
  readonly awaited: boolean
}
/** Null, or what went wrong. */
export type Answer = string | null

const port = parentPort
if (port === null) throw new Error('the thread that writes the journal was started without a port')
const database = new DatabaseSync((workerData as { readonly path: string }).path, { timeout: 5000 })
database.exec(DURABLE)
const writer = new SqliteWriter(database)
port.on('message', (message: Message | 'close') => {
  if (message === 'close') {
    database.close()
    port.close()
    return
  }
  if (!message.awaited) {
    writer.handOver(message.part)
    return
  }
  let answer: Answer = null
  try {
    writer.carryOut(message.part)
  } catch (error) {
    answer = error instanceof Error ? error.message : String(error)
  }
  port.postMessage(answer, [])
})
