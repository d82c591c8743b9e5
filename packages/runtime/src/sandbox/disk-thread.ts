import { answerOnThread } from '../ports/thread/index.ts'
import { type DiskUsage, readDeleted, readDisk } from './disk.ts'

/** What is to be counted: a folder, and files without a name that these processes hold open; no further than `max`. */
export interface Asked {
  readonly folder: string
  readonly max: DiskUsage
  readonly pids: readonly number[]
}

answerOnThread((asked): DiskUsage => {
  const { folder, max, pids } = asked as Asked
  const { bytes, files } = readDisk(folder, max)
  return { bytes: bytes + (bytes > max.bytes ? 0 : readDeleted(pids, folder)), files }
})
