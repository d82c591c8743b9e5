import { type Dir, type Stats, lstatSync, opendirSync, readdirSync, readlinkSync, statSync } from 'node:fs'

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

/** Opens a folder: null where it is gone by now, or no folder any more; `closed` where its owner has shut it, also to this host when they are the same user. */
function openDir(path: Buffer): Dir | 'closed' | null {
  try {
    return opendirSync(path, { encoding: 'latin1' })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EACCES') return 'closed'
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
    throw error
  }
}

/** Longest path that can be looked at from outside: what lies deeper could not be counted. */
const PATH_BYTES_MAX = 4000

/**
 * Space and entries of a folder; stops counting once past `max`, so that a flood of files cannot hold up the host. A path that is too long to be looked at,
 * or shut, counts as more than anything. Paths are read byte by byte: a program gives its files any names.
 */
export function readDisk(folder: string, max: DiskUsage): DiskUsage {
  const over = { bytes: max.bytes + 1, files: max.files + 1 }
  const named = (path: string): Buffer => Buffer.from(path, 'latin1')
  let bytes = 0
  let files = 0
  for (const waiting = [Buffer.from(folder).toString('latin1')]; waiting.length > 0; ) {
    const path = waiting.pop() as string
    if (statOf(() => lstatSync(named(path)))?.isDirectory() !== true) continue
    const entries = openDir(named(path))
    if (entries === 'closed') return over
    if (entries === null) continue
    try {
      for (let entry = entries.readSync(); entry !== null; entry = entries.readSync()) {
        const inside = `${path}/${entry.name}`
        if (inside.length > PATH_BYTES_MAX) return over
        files += 1
        bytes += (statOf(() => lstatSync(named(inside)))?.blocks ?? 0) * BLOCK_BYTES
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
