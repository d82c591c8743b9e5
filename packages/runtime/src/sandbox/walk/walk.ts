import { isUtf8 } from 'node:buffer'
import { type Stats, lstatSync, readdirSync } from 'node:fs'

/** Longest path, in bytes, of what can be worked with by its name from outside. */
const PATH_BYTES_MAX = 2048
const SLASH = Buffer.from('/')

export interface Entry {
  /** From the root of the file system. Bytes: a program gives its files any names. */
  readonly path: Buffer
  readonly stat: Stats
  /** Why nobody but the program that made it could use it by its name; null for an ordinary one. */
  readonly unusable: 'not UTF-8' | 'too long' | null
}

/**
 * Everything below a folder, a folder before what is in it. Links are told of and never followed: Node's own recursive reading follows them, to wherever a
 * program has pointed them. Folders that are unusable are not entered.
 */
export function* entriesBelow(folder: string): Generator<Entry> {
  const waiting = [Buffer.from(folder)]
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop())
    for (const name of readdirSync(at, { encoding: 'buffer' })) {
      const path = Buffer.concat([at, SLASH, name])
      const unusable = isUtf8(name) ? (path.length > PATH_BYTES_MAX ? 'too long' : null) : 'not UTF-8'
      const stat = lstatSync(path)
      yield { path, stat, unusable }
      if (stat.isDirectory() && unusable === null) waiting.push(path)
    }
}
