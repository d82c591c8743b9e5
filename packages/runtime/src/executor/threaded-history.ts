import { type FileChange, HistoryError, type WorkspaceCommit } from '../ports/index.ts'
import { Thread, ThreadError, moduleBeside } from '../ports/thread/index.ts'
import type { Asked } from './history-thread.ts'

const THREAD = moduleBeside(import.meta.url, 'history-thread')
const isKnown = (code: unknown): code is HistoryError['code'] => code === 'commit_unknown' || code === 'running'

/**
 * Histories of workspaces, written on a thread of their own: what a run leaves may take seconds to be hashed and packed, and the economy's process goes on
 * meanwhile.
 */
export class ThreadedHistory {
  readonly #thread: Thread
  /** The last work on each workspace. */
  readonly #last = new Map<string, Promise<unknown>>()

  constructor(root: string) {
    this.#thread = new Thread(THREAD, { data: root, name: 'histories' })
  }

  async #ask<T>(...asked: Asked): Promise<T> {
    try {
      return await this.#thread.ask<T>(asked)
    } catch (error) {
      throw error instanceof ThreadError && isKnown(error.code) ? new HistoryError(error.code, error.message) : error
    }
  }

  #inTurn(agentId: string, work: Promise<string>): Promise<string> {
    const settled = work
      .catch(() => undefined)
      .finally(() => {
        if (this.#last.get(agentId) === settled) this.#last.delete(agentId)
      })
    this.#last.set(agentId, settled)
    return work
  }

  /** Resolves once nothing is being written about a workspace any more. */
  async settled(agentId: string): Promise<void> {
    await this.#last.get(agentId)
  }

  /** Keeps the workspace as it is now, changed or not. Returns the commit's hash. */
  commit(agentId: string, workspace: string, message: string): Promise<string> {
    return this.#inTurn(agentId, this.#ask('commit', agentId, workspace, message))
  }

  /** States of a workspace, newest first; none for a workspace that was never kept. */
  log(agentId: string, limit: number): Promise<WorkspaceCommit[]> {
    return this.#ask('log', agentId, limit)
  }

  /** What a state changed against the one before it; throws HistoryError. */
  changes(agentId: string, commit: string): Promise<FileChange[]> {
    return this.#ask('changes', agentId, commit)
  }

  /** Puts the files of a former state back, as a new commit on top: nothing of the history is lost. Throws HistoryError. */
  rollBack(agentId: string, workspace: string, commit: string): Promise<string> {
    return this.#inTurn(agentId, this.#ask('rollBack', agentId, workspace, commit))
  }
}
