import { Worker } from 'node:worker_threads'
import type { Point, SweepSpec } from './plan.ts'

const WORKER = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url)

/**
 * Carries out points on worker threads, one at a time each. `keep` gets the text of every finished run, in the order of finishing.
 * A thread that dies is replaced, and its run is kept as failed. When `signal` aborts, running threads are ended and their runs lost.
 */
export async function runPoints(
  spec: SweepSpec,
  points: readonly Point[],
  workers: number,
  signal: AbortSignal,
  keep: (point: Point, text: string) => void,
): Promise<void> {
  let next = 0
  const serve = async (): Promise<void> => {
    while (next < points.length && !signal.aborted) {
      const worker = new Worker(WORKER, { workerData: { spec } })
      const end = (): void => void worker.terminate()
      signal.addEventListener('abort', end)
      try {
        await feed(worker)
      } finally {
        signal.removeEventListener('abort', end)
        await worker.terminate()
      }
    }
  }
  /** Gives a worker point after point until there are none, or it dies. */
  const feed = (worker: Worker): Promise<void> =>
    new Promise((resolve) => {
      let point: Point | null = null
      const give = (): void => {
        point = signal.aborted ? null : (points[next++] ?? null)
        if (point === null) resolve()
        else worker.postMessage(point, [])
      }
      worker.on('message', (text: string) => {
        keep(point as Point, text)
        give()
      })
      worker.on('error', (error: Error) => {
        if (point !== null) keep(point, JSON.stringify({ error: `the worker died: ${error.message}`, index: point.index }))
        point = null
        resolve()
      })
      worker.on('exit', () => {
        if (point !== null && !signal.aborted) keep(point, JSON.stringify({ error: 'the worker ended before its run', index: point.index }))
        resolve()
      })
      give()
    })
  await Promise.all(Array.from({ length: Math.min(workers, points.length) }, serve))
}
