// Loaded into every thread of a writer: ends the process when a record is written into a file of SQLite and not yet committed.
import { DatabaseSync } from 'node:sqlite'

const fatal = Number(process.env.FATAL_RECORD)
const { exec } = DatabaseSync.prototype
DatabaseSync.prototype.exec = function (this: DatabaseSync, sql) {
  const last = sql === 'COMMIT' ? this.prepare('SELECT MAX(number) AS number FROM batches').get() : undefined
  if (last?.number === fatal) process.kill(process.pid, 'SIGKILL')
  exec.call(this, sql)
}
