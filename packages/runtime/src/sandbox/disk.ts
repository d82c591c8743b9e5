import { type Stats, lstatSync, opendirSync, readdirSync, readlinkSync, statSync } from 'node:fs'
import { join } from 'node:path'

const BLOCK_BYTES = 512

export interface DiskUsage {
  readonly bytes: number
  readonly files: number
}

/** What is gone between listing and looking counts nothing. */
function statOf(look: () => Stats): Stats | null {
  try {
    return look()
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES', 'ENOTDIR', 'ELOOP'].includes((error as NodeJS.ErrnoException).code ?? '')) return null
    throw error
  }
}

/** Space and entries of a folder; stops counting once past `max`, so that a flood of files cannot hold up the host. */
export function readDisk(folder: string, max: DiskUsage): DiskUsage {
  let bytes = 0
  let files = 0
  for (const waiting = [folder]; waiting.length > 0; ) {
    const path = waiting.pop() as string
    if (statOf(() => lstatSync(path))?.isDirectory() !== true) continue
    const entries = opendirSync(path)
    try {
      for (let entry = entries.readSync(); entry !== null; entry = entries.readSync()) {
        const inside = join(path, entry.name)
        files += 1
        bytes += (statOf(() => lstatSync(inside))?.blocks ?? 0) * BLOCK_BYTES
        if (bytes > max.bytes || files > max.files) return { bytes, files }
        if (entry.isDirectory()) waiting.push(inside)
      }
    } finally {
      entries.closeSync()
    }
  }
  return { bytes, files }
}

/** Space of files on the same file system that these processes hold open without a name: it belongs to the workspace's quota too. */
export function readDeleted(pids: readonly number[], workspace: string): number {
  const device = statSync(workspace).dev
  const seen = new Map<number, number>()
  for (const pid of pids) {
    let names: string[]
    try {
      names = readdirSync(`/proc/${pid}/fd`)
    } catch {
      // The process is gone, or has another owner whose descriptors this host may not read.
      continue
    }
    for (const name of names) {
      const path = `/proc/${pid}/fd/${name}`
      const stat = statOf(() => statSync(path))
      if (stat === null || stat.dev !== device || stat.nlink > 0 || !stat.isFile()) continue
      if (readlinkSync(path).endsWith(' (deleted)')) seen.set(stat.ino, stat.blocks * BLOCK_BYTES)
    }
  }
  return [...seen.values()].reduce((sum, one) => sum + one, 0)
}
