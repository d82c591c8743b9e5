import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import process from 'node:process'
import { ConfigError } from '../config/index.ts'

/** A copy or a fork that could not be made. Nothing of it is left behind, and what it was made from is as before. */
export class ArchiveError extends Error {
  override readonly name = 'ArchiveError'
  readonly code: 'damaged' | 'no_space' | 'unwritable'
  constructor(code: ArchiveError['code'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** Codes and words by which the system and SQLite say that a disk takes no more. */
const NO_SPACE = /ENOSPC|EDQUOT|EFBIG|database or disk is full|disk I\/O error/

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Removes what earlier processes that were killed left of the same target. */
function removeLeftovers(target: string): void {
  const prefix = `${basename(target)}.partial-`
  for (const name of readdirSync(dirname(target)))
    if (name.startsWith(prefix) && !isRunning(Number(name.slice(prefix.length)))) rmSync(join(dirname(target), name), { force: true, recursive: true })
}

function sync(path: string): void {
  const file = openSync(path, 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

function syncTree(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) syncTree(path)
    else if (entry.isFile()) sync(path)
  }
  sync(folder)
}

/**
 * Makes a folder that is there whole or not at all: built beside its place, written through to the disk, then renamed.
 * Throws ConfigError when the place is taken; on any failure, or a signal that ends the process, what was built is removed.
 */
export async function makeFolder<T>(path: string, build: (folder: string) => Promise<T>): Promise<T> {
  const target = resolve(path)
  if (existsSync(target)) throw new ConfigError(`${target} exists already; name a folder that does not, nothing is written over`)
  mkdirSync(dirname(target), { recursive: true })
  removeLeftovers(target)
  const folder = `${target}.partial-${process.pid}`
  const remove = (): void => rmSync(folder, { force: true, recursive: true })
  const onSignal = (): void => {
    remove()
    process.exit(1)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, onSignal)
  try {
    mkdirSync(folder, { mode: 0o700 })
    const made = await build(folder)
    syncTree(folder)
    renameSync(folder, target)
    sync(dirname(target))
    return made
  } catch (error) {
    remove()
    const text = error instanceof Error ? `${(error as NodeJS.ErrnoException).code ?? ''} ${error.message}` : String(error)
    if (NO_SPACE.test(text))
      throw new ArchiveError('no_space', `there is not enough room for ${target}; nothing was left behind: ${text.trim()}`, { cause: error })
    throw error
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.removeListener(signal, onSignal)
  }
}
