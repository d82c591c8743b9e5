import fs from 'node:fs'
import { createTwoFilesPatch } from 'diff'
import git, { type WalkerEntry } from 'isomorphic-git'
import type { FileChange } from '../ports/index.ts'

/** Files of a state that are shown, and the longest of which lines are compared. */
const FILES_MAX = 100
const TEXT_BYTES_MAX = 131_072
const COMPARE_MS = 500
const LINES_AROUND = 3

type Kind = Awaited<ReturnType<WalkerEntry['type']>>

/** The text of a file; null for one that is no text or too long. */
async function textOf(entry: WalkerEntry | null): Promise<string | null> {
  const bytes = entry === null ? new Uint8Array() : await entry.content()
  if (bytes === undefined || bytes.length > TEXT_BYTES_MAX || bytes.includes(0)) return null
  return new TextDecoder().decode(bytes)
}

async function changeOf(path: string, before: WalkerEntry | null, after: WalkerEntry | null): Promise<FileChange> {
  const [old, young] = [await textOf(before), await textOf(after)]
  const patch = old === null || young === null ? undefined : createTwoFilesPatch(path, path, old, young, '', '', { context: LINES_AROUND, timeout: COMPARE_MS })
  return { change: before === null ? 'added' : after === null ? 'removed' : 'changed', patch: patch ?? null, path }
}

/** What a commit of a bare history changed against the one before it: every file for the first. */
export async function changesIn(gitdir: string, commit: string): Promise<FileChange[]> {
  const at = { fs, gitdir }
  const { commit: read } = await git.readCommit({ ...at, oid: commit })
  const [parent] = read.parent
  const found: FileChange[] = []
  let shown = 0
  const isFolder = (kind: Kind | undefined): boolean => kind === 'tree'
  await git.walk({
    ...at,
    async map(path, entries) {
      // A first state has no other tree to walk beside.
      const [after, before] = [entries[0] ?? null, parent === undefined ? null : (entries[1] ?? null)]
      if (path === '.') return true
      const [oid, oidBefore] = [await after?.oid(), await before?.oid()]
      if (oid === oidBefore) return null
      const [kind, kindBefore] = [await after?.type(), await before?.type()]
      const files = { after: isFolder(kind) ? null : after, before: isFolder(kindBefore) ? null : before }
      // Counted before it is looked at: many are looked at together.
      if ((files.after !== null || files.before !== null) && shown++ < FILES_MAX) found.push(await changeOf(path, files.before, files.after))
      return isFolder(kind) || isFolder(kindBefore) ? true : null
    },
    trees: [git.TREE({ ref: commit }), ...(parent === undefined ? [] : [git.TREE({ ref: parent })])],
  })
  // The trees are walked side by side; the order is made here.
  return found.toSorted((one, other) => (one.path < other.path ? -1 : 1))
}
