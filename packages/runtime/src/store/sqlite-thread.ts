// The thread that writes into a database file. Loads little, so that it is there at once.
import { DatabaseSync } from 'node:sqlite'
import { workerData } from 'node:worker_threads'
import { answerOnThread } from '../ports/thread/index.ts'
import { type Part, DURABLE, SqliteWriter } from './sqlite-writer.ts'

const database = new DatabaseSync(String(workerData), { timeout: 5000 })
database.exec(DURABLE)
const writer = new SqliteWriter(database)
answerOnThread(
  (part) => writer.carryOut(part as Part),
  () => database.close(),
)
