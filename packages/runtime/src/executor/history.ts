import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import fs, { existsSync, mkdirSync, readdirSync, renameSync, rmSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import git from 'isomorphic-git'
import { type FileChange, HistoryError, type WorkspaceCommit } from '../ports/index.ts'
// By its own door: a thread that keeps workspaces loads no sandbox.
import { entriesBelow } from '../sandbox/walk/index.ts'
import { changesIn } from './changes.ts'

const BRANCH = 'main'
/** Files that are taken out of the index one by one; for more it is made anew, since it is written after each. */
const REMOVED_MAX = 100
const isMissing = (error: unknown): boolean => error instanceof git.Errors.NotFoundError

/** Removes what cannot be kept: what is neither file, folder nor link (a pipe would stop whoever reads it), and what nobody can name. */
function removeUnkeepable(folder: string): void {
  for (const { path, stat, unusable } of entriesBelow(folder)) {
    const isKept = stat.isFile() || stat.isDirectory() || stat.isSymbolicLink()
    if (isKept && unusable === null) continue
    if (!stat.isDirectory()) {
      unlinkSync(path)
      continue
    }
    // What lies below may have a path longer than the system takes; the command goes down step by step, from a name that can be said.
    const removed = join(folder, `.removed-${randomUUID()}`)
    renameSync(path, removed)
    execFileSync('rm', ['-rf', '--', removed])
  }
}

/** Git histories of workspaces. They lie outside the workspaces, so no run can change them; any git reads them. */
export class History {
  readonly #root: string
  /** Work on one workspace happens in turn. */
  readonly #turns = new Map<string, Promise<unknown>>()

  constructor(root: string) {
    this.#root = root
  }

  #of(agentId: string, workspace: string): { dir: string; fs: typeof fs; gitdir: string } {
    return { dir: workspace, fs, gitdir: join(this.#root, `${agentId}.git`) }
  }

  async #inTurn<T>(agentId: string, work: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(agentId) ?? Promise.resolve()
    const mine = before.then(work, work)
    this.#turns.set(agentId, mine)
    try {
      return await mine
    } finally {
      if (this.#turns.get(agentId) === mine) this.#turns.delete(agentId)
    }
  }

  /** Keeps the workspace as it is now, changed or not. Returns the commit's hash. */
  commit(agentId: string, workspace: string, message: string): Promise<string> {
    return this.#inTurn(agentId, () => this.#commit(agentId, workspace, message))
  }

  async #commit(agentId: string, workspace: string, message: string): Promise<string> {
    const at = this.#of(agentId, workspace)
    if (!existsSync(at.gitdir)) {
      mkdirSync(this.#root, { mode: 0o700, recursive: true })
      await git.init({ ...at, defaultBranch: BRANCH })
    }
    removeUnkeepable(workspace)
    const cache = {}
    let status = await git.statusMatrix({ ...at, cache, ignored: true })
    const gone = status.filter(([, , work, stage]) => work === 0 && stage !== 0)
    if (gone.length <= REMOVED_MAX) for (const [filepath] of gone) await git.remove({ ...at, cache, filepath })
    else {
      rmSync(join(at.gitdir, 'index'))
      status = await git.statusMatrix({ ...at, ignored: true })
    }
    const added = status
      .filter(([, head, work, stage]) => (work === 2 && stage !== 2) || (work !== 0 && stage === 0) || (head === 0 && stage === 3))
      .map(([filepath]) => filepath)
    // One by one, and with the index written once: together they would take all memory, and the index after each as long as everything.
    if (added.length > 0) await git.add({ ...at, cache: gone.length > REMOVED_MAX ? {} : cache, filepath: added, force: true, parallel: false })
    return git.commit({ ...at, author: { email: `${agentId}@syntropism.invalid`, name: agentId }, message })
  }

  /** States of a workspace, newest first; none for a workspace that was never kept. */
  async log(agentId: string, limit: number): Promise<WorkspaceCommit[]> {
    try {
      const entries = await git.log({ depth: limit, fs, gitdir: join(this.#root, `${agentId}.git`), ref: BRANCH })
      return entries.map(({ commit, oid }) => ({ at_ms: commit.committer.timestamp * 1000, commit: oid, message: commit.message.trim() }))
    } catch (error) {
      if (isMissing(error)) return []
      throw error
    }
  }

  /** What a state changed against the one before it; throws HistoryError. */
  async changes(agentId: string, commit: string): Promise<FileChange[]> {
    try {
      return await changesIn(join(this.#root, `${agentId}.git`), commit)
    } catch (error) {
      if (isMissing(error)) throw new HistoryError('commit_unknown', `${agentId} has no state ${commit}`)
      throw error
    }
  }

  /** Cuts a history at a commit and writes its files into an empty workspace: what came later is not there. */
  cutAt(agentId: string, workspace: string, commit: string): Promise<void> {
    return this.#inTurn(agentId, async () => {
      const at = this.#of(agentId, workspace)
      await git.writeRef({ ...at, force: true, ref: `refs/heads/${BRANCH}`, value: commit })
      await git.checkout({ ...at, force: true, ref: BRANCH })
    })
  }

  /** Puts the files of a former state back, as a new commit on top: nothing of the history is lost. Throws HistoryError. */
  rollBack(agentId: string, workspace: string, commit: string): Promise<string> {
    return this.#inTurn(agentId, async () => {
      const known = await this.log(agentId, Number.MAX_SAFE_INTEGER)
      const target = known.find((one) => one.commit === commit)
      if (target === undefined) throw new HistoryError('commit_unknown', `${agentId} has no state ${commit}`)
      await this.#commit(agentId, workspace, 'before the roll-back')
      for (const name of readdirSync(workspace)) rmSync(join(workspace, name), { force: true, recursive: true })
      await git.checkout({ ...this.#of(agentId, workspace), force: true, noUpdateHead: true, ref: commit })
      return this.#commit(agentId, workspace, `rolled back to ${commit}`)
    })
  }
}
