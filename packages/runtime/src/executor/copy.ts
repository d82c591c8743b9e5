import { type Stats, closeSync, constants, copyFileSync, fstatSync, lstatSync, mkdirSync, openSync, readdirSync, readlinkSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'

/** Deeper folders stay behind. */
const DEPTH_MAX = 64
const FILE = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
const FOLDER = FILE | constants.O_DIRECTORY
/** Names an open file or folder itself, whatever its path leads to meanwhile; without /proc there is no such name. */
const held = process.platform === 'linux' ? (fd: number, _path: string): string => `/proc/self/fd/${fd}` : (_fd: number, path: string): string => path

/** What vanishes or turns into something else while it is copied is left behind. */
function whileThere<T>(work: () => T): T | null {
  try {
    return work()
  } catch (error) {
    if (['EEXIST', 'EINVAL', 'ELOOP', 'ENOENT', 'ENOTDIR', 'ENXIO'].includes((error as NodeJS.ErrnoException).code ?? '')) return null
    throw error
  }
}

function opened(path: string, flags: number, use: (stat: Stats, name: string) => void): void {
  const fd = whileThere(() => openSync(path, flags))
  if (fd === null) return
  try {
    use(fstatSync(fd), held(fd, path))
  } finally {
    closeSync(fd)
  }
}

/**
 * Copies a folder to which a program may be writing at the same time. Links are copied as links and never followed, also where one takes the place of a
 * file or folder in the middle of it. What is neither file, folder nor link is left behind, as is what `keeps` says no to.
 */
export function copyFolder(from: string, to: string, keeps: (name: string) => boolean = () => true, depth = 0): void {
  opened(from, FOLDER, (_stat, folder) => {
    mkdirSync(to, { mode: 0o700, recursive: true })
    if (depth >= DEPTH_MAX) return
    for (const name of readdirSync(folder)) {
      if (!keeps(name)) continue
      const [source, target] = [join(folder, name), join(to, name)]
      const stat = whileThere(() => lstatSync(source))
      if (stat?.isSymbolicLink() === true) whileThere(() => symlinkSync(readlinkSync(source), target))
      else if (stat?.isDirectory() === true) copyFolder(source, target, keeps, depth + 1)
      else if (stat?.isFile() === true)
        opened(source, FILE, (file, path) => (file.isFile() ? copyFileSync(path, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE) : undefined))
    }
  })
}
