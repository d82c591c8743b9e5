import { Worker } from 'node:worker_threads'
import type { Point, SweepSpec } from './plan.ts'

const WORKER = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url)

/** One run: everything that decides its outcome. */
export interface RunRequest {
  /** Name of a model, or path of a module. */
  readonly model: string
  readonly fixed: SweepSpec['fixed']
  readonly point: Point
  /** Module whose `createSolver` makes the solver of models that ask for one. */
  readonly solver?: string | undefined
}

const failure = (index: number, error: string): string => JSON.stringify({ error, index })

/** A thread that carries out one run at a time. One that dies is replaced for the next run. */
export class RunThread {
  #worker: Worker | null = null
  #ended = false

  /** The text of the run: the same wherever it ran. That of a failure when the thread died, null when it was ended. */
  run(request: RunRequest): Promise<string | null> {
    // A thread may also die between two runs: the next one then finds it ended.
    const worker = (this.#worker ??= new Worker(WORKER).on('error', () => undefined))
    const { index } = request.point
    return new Promise((resolve) => {
      const settle = (text: string | null, dead: boolean): void => {
        worker.off('message', onMessage).off('error', onError).off('exit', onExit)
        if (dead) this.#worker = null
        resolve(this.#ended ? null : text)
      }
      const onMessage = (text: string): void => settle(text, false)
      const onError = (error: Error): void => settle(failure(index, `the worker died: ${error.message}`), true)
      const onExit = (): void => settle(failure(index, 'the worker ended before its run'), true)
      worker.on('message', onMessage).on('error', onError).on('exit', onExit)
      worker.postMessage(request, [])
    })
  }

  async end(): Promise<void> {
    this.#ended = true
    await this.#worker?.terminate()
  }
}

/** Carries out points somewhere; `keep` gets the text of every finished run, in the order of finishing. When `signal` aborts, what runs is lost. */
export type CarryOut = (spec: SweepSpec, points: readonly Point[], signal: AbortSignal, keep: (point: Point, text: string) => void) => Promise<void>

/** Carries out points on so many threads of this process. */
export const onThreads =
  (threads: number, solver: string | undefined): CarryOut =>
  async ({ fixed, model }, points, signal, keep) => {
    let next = 0
    const serve = async (): Promise<void> => {
      const thread = new RunThread()
      const end = (): void => void thread.end()
      signal.addEventListener('abort', end)
      try {
        while (!signal.aborted) {
          const point = points[next++]
          if (point === undefined) return
          const text = await thread.run({ fixed, model, point, solver })
          if (text !== null) keep(point, text)
        }
      } finally {
        signal.removeEventListener('abort', end)
        await thread.end()
      }
    }
    await Promise.all(Array.from({ length: Math.min(threads, points.length) }, serve))
  }
