import { Worker } from 'node:worker_threads'
import { type FileChange, HistoryError, type WorkspaceCommit } from '../ports/index.ts'
import type { Question, Reply } from './history-thread.ts'

const IS_SOURCE = import.meta.url.endsWith('.ts')
const THREAD = new URL(IS_SOURCE ? './history-thread.ts' : './history-thread.js', import.meta.url)
/** A thread has its own way of finding modules: sources are found by this condition. */
const EXEC_ARGV = IS_SOURCE ? ['--conditions=@syntropism/source', '--disable-warning=ExperimentalWarning'] : []

interface Waiting {
  done(value: unknown): void
  fail(error: Error): void
}

/**
 * Histories of workspaces, written on a thread of their own: what a run leaves may take seconds to be hashed and packed, and the economy's process goes on
 * meanwhile. The thread starts with the first question.
 */
export class ThreadedHistory {
  readonly #root: string
  readonly #waiting = new Map<number, Waiting>()
  /** The last work on each workspace. */
  readonly #last = new Map<string, Promise<unknown>>()
  #worker: Worker | null = null
  #asked = 0

  constructor(root: string) {
    this.#root = root
  }

  #start(): Worker {
    const worker = new Worker(THREAD, { execArgv: EXEC_ARGV, workerData: this.#root })
    worker.on('message', (reply: Reply) => {
      const waiting = this.#waiting.get(reply.id)
      this.#waiting.delete(reply.id)
      if (this.#waiting.size === 0) worker.unref()
      if ('value' in reply) waiting?.done(reply.value)
      else waiting?.fail(reply.code === null ? new Error(reply.message) : new HistoryError(reply.code, reply.message))
    })
    worker.once('error', (error) => this.#end(worker, error instanceof Error ? error : new Error(String(error))))
    worker.once('exit', () => this.#end(worker, new Error('the thread of histories ended')))
    return worker
  }

  #end(worker: Worker, error: Error): void {
    if (this.#worker !== worker) return
    this.#worker = null
    for (const waiting of this.#waiting.values()) waiting.fail(error)
    this.#waiting.clear()
  }

  #ask<T>(method: Question['method'], ...args: readonly unknown[]): Promise<T> {
    this.#worker ??= this.#start()
    const worker = this.#worker
    this.#asked += 1
    const id = this.#asked
    // A process that is about to end waits for what is being written.
    worker.ref()
    return new Promise<T>((done, fail) => {
      this.#waiting.set(id, { done: done as (value: unknown) => void, fail })
      worker.postMessage({ args, id, method } satisfies Question, [])
    })
  }

  #write(agentId: string, method: 'commit' | 'rollBack', ...args: readonly string[]): Promise<string> {
    const work = this.#ask<string>(method, agentId, ...args)
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
    return this.#write(agentId, 'commit', workspace, message)
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
    return this.#write(agentId, 'rollBack', workspace, commit)
  }
}
