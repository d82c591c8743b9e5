import { copyFileSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { ConfigError } from '../config/index.ts'
import { pathsOf } from '../live/index.ts'
import type { Journal } from '../ports/index.ts'
import { SqliteJournal, openDatabase } from '../store/index.ts'
import { makeFolder } from './new-folder.ts'

/** Where a new economy goes: a data folder, with its journal in a file there or in an empty PostgreSQL database. */
export interface Place {
  /** Folder that must not exist. */
  readonly folder: string
  /** Address of the database; without one a file in the folder. */
  readonly database_url?: string | undefined
}

export type NewJournal = Pick<Journal, 'commit' | 'read' | 'saveSnapshot'>
/** What makes the economy: in a folder, with its journal, which begins as a copy of a database file where one is named. */
type Build<T> = (folder: string, open: (copyOf?: string) => NewJournal) => Promise<T>

async function inFile<T>(folder: string, build: Build<T>): Promise<T> {
  let database: ReturnType<typeof openDatabase> | null = null
  try {
    return await build(folder, (copyOf) => {
      const path = pathsOf(folder).database
      if (copyOf !== undefined) copyFileSync(copyOf, path)
      database = openDatabase(path)
      // The folder is thrown away when anything fails, and written through to the disk as a whole at the end.
      database.exec('PRAGMA synchronous = OFF')
      return new SqliteJournal(database)
    })
  } finally {
    ;(database as ReturnType<typeof openDatabase> | null)?.close()
  }
}

/**
 * Makes an economy that is there whole or not at all, with its data folder and its database. Throws ConfigError when either place is taken; on any failure
 * nothing of it is left.
 */
export async function makeEconomy<T>({ database_url: url, folder: path }: Place, build: Build<T>): Promise<T> {
  if (url === undefined) return makeFolder(path, (folder) => inFile(folder, build))
  const { describeUrl, openNewDatabase } = await import('../store/postgres/index.ts')
  const target = await openNewDatabase(url)
  if (target === null) throw new ConfigError(`the database ${describeUrl(url)} is not empty; name one that is, nothing is written over`)
  let isMade = false
  try {
    const made = await makeFolder(path, (folder) => build(folder, () => target.journal))
    isMade = true
    await target.publish()
    return made
  } catch (error) {
    await target.discard().catch(() => undefined)
    if (isMade) rmSync(resolve(path), { force: true, recursive: true })
    throw error
  }
}
