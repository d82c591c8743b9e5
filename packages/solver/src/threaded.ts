import { Worker } from 'node:worker_threads'
import type { Solution } from '@syntropism/contract'
import type { WinnerProblem } from '@syntropism/economy'
import { SolverError } from './program.ts'
import type { Question } from './thread.ts'

const THREAD = new URL(import.meta.url.endsWith('.ts') ? './thread.ts' : './thread.js', import.meta.url)
/** Time that an answer may take beyond the solver's own limit before its thread is ended. */
const GRACE_MS = 250

type Reply = { readonly solution: Solution | null } | { readonly error: string }

/** HiGHS on a thread of its own, so that the economy's process goes on meanwhile. One question at a time; the thread starts with the first. */
export class ThreadedSolver {
  #worker: Promise<Worker> | null = null

  /** The winners of a clearing, or null when none came within the limit. Throws SolverError when the solver gave up. */
  async solve(problem: WinnerProblem, options: Question['options']): Promise<Solution | null> {
    this.#worker ??= this.#start()
    const worker = await this.#worker
    let clock: NodeJS.Timeout | undefined
    const late = new Promise<null>((resolve) => (clock = setTimeout(() => resolve(null), options.time_limit_ms + GRACE_MS)))
    try {
      const reply = await Promise.race([this.#ask(worker, { options, problem }), late])
      if (reply === null) await this.close()
      else if ('error' in reply) throw new SolverError(reply.error)
      return reply === null ? null : reply.solution
    } finally {
      clearTimeout(clock)
    }
  }

  #start(): Promise<Worker> {
    const worker = new Worker(THREAD)
    worker.unref()
    return new Promise((resolve, reject) => {
      worker.once('message', () => resolve(worker))
      worker.once('error', (error) => {
        this.#worker = null
        reject(new SolverError(`the solver's thread ended: ${error instanceof Error ? error.message : String(error)}`))
      })
    })
  }

  #ask(worker: Worker, question: Question): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const dead = (): void => {
        this.#worker = null
        reject(new SolverError("the solver's thread ended"))
      }
      worker.once('exit', dead)
      worker.once('message', (reply: Reply) => {
        worker.off('exit', dead)
        resolve(reply)
      })
      worker.postMessage(question, [])
    })
  }

  /** Ends the thread; the next question starts another. */
  async close(): Promise<void> {
    const worker = this.#worker
    this.#worker = null
    if (worker !== null) await (await worker).terminate()
  }
}
