import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { deserialize, serialize } from 'node:v8'
import { type Run, type SavedRun, UsageError } from '../index.ts'

const fileOf = (folder: string): string => join(folder, 'run.state')

/** Keeps a run as it is between two steps, so that it can be taken up again. Returns false when its model cannot be. The folder is there; the file appears whole or not at all. */
export function keepRun(folder: string, run: Run): boolean {
  const saved = run.save()
  if (saved === null) return false
  writeFileSync(`${fileOf(folder)}.part`, serialize(saved))
  renameSync(`${fileOf(folder)}.part`, fileOf(folder))
  return true
}

/** Takes a kept run up in a new one of the same request. Throws UsageError when there is none, or it is of another request. */
export function resumeRun(folder: string, run: Run): void {
  if (!existsSync(fileOf(folder))) throw new UsageError(`${folder} holds no run that was stopped`)
  let saved: SavedRun
  try {
    saved = deserialize(readFileSync(fileOf(folder))) as SavedRun
  } catch (error) {
    throw new UsageError(`${fileOf(folder)} is no kept run: ${error instanceof Error ? error.message : String(error)}`)
  }
  run.resume(saved)
}

/** Forgets what was kept: the run is at its end. */
export const forgetRun = (folder: string): void => rmSync(fileOf(folder), { force: true })
