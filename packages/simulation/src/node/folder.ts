import { accessSync, constants, existsSync, mkdirSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { UsageError } from '../index.ts'

/** Makes a folder for results, or sees that one can be written to, before anything is computed for it. Throws UsageError. */
export function makeFolder(path: string): void {
  const missing: string[] = []
  for (let at = resolve(path); !existsSync(at); at = dirname(at)) missing.push(at)
  try {
    // One by one: Node's way of making them all tries for ever in a file system that makes no folders, such as /proc.
    for (const folder of missing.reverse()) mkdirSync(folder)
    accessSync(`${path}/.`, constants.W_OK | constants.X_OK)
  } catch (error) {
    throw new UsageError(`${path} cannot hold results: ${error instanceof Error ? error.message : String(error)}`)
  }
}
