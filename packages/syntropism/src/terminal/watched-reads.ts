import { type Queries, journalReads } from '@syntropism/runtime'
import { PROGRESS_EVERY_MS, progressLine } from './progress.ts'

/** A command that is done by then draws nothing. */
const PATIENCE_MS = 500

type Reads = ReturnType<typeof journalReads>
type Reading = Pick<Reads, 'read'>

/** Records as they pass, with a bar on the terminal; it is taken away at the end, also of a reading that stops early. */
async function* watched(reading: Reading, afterNumber: number, lastNumber: number): ReturnType<Reads['read']> {
  const began = Date.now()
  let [drawn, seen] = [0, 0]
  try {
    for await (const stored of reading.read(afterNumber)) {
      yield stored
      seen += 1
      const now = Date.now()
      if (!process.stderr.isTTY || now - began < PATIENCE_MS || now - drawn < PROGRESS_EVERY_MS) continue
      drawn = now
      const rate = `${((seen * 1000) / (now - began)).toFixed(0)} records/s`
      process.stderr.write(`\r\u001B[K${progressLine(seen, Math.max(seen, lastNumber - afterNumber), now - began, rate)}`)
    }
  } finally {
    if (drawn > 0) process.stderr.write('\r\u001B[K')
  }
}

/** A journal to read, in sight of whoever waits for it. */
export const watchReads = (reading: Reading, lastNumber: number): Reading => ({ read: (afterNumber) => watched(reading, afterNumber, lastNumber) })

/** Reads of an economy's journal, in sight of whoever waits for them. */
export async function watchedReads(queries: Queries): Promise<Reads> {
  const reads = journalReads(queries)
  return { ...reads, ...watchReads(reads, await reads.lastNumber()) }
}
