import { parentPort, workerData } from 'node:worker_threads'
import { HistoryError } from '../ports/index.ts'
import { History } from './history.ts'

type Method = 'changes' | 'commit' | 'log' | 'rollBack'
/** What a thread is asked; many questions may be open. */
export interface Question {
  readonly id: number
  readonly method: Method
  readonly args: readonly unknown[]
}
/** What came of it. `code` is that of a HistoryError. */
export type Reply =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly message: string; readonly code: HistoryError['code'] | null }

const history = new History(String(workerData))
const ask = (method: Method, args: readonly unknown[]): Promise<unknown> =>
  (history[method] as (...given: readonly unknown[]) => Promise<unknown>).apply(history, [...args])

parentPort?.on('message', ({ args, id, method }: Question) => {
  const tell = (reply: Reply): void => parentPort?.postMessage(reply, [])
  ask(method, args).then(
    (value) => tell({ id, value }),
    (error: unknown) =>
      tell({ code: error instanceof HistoryError ? error.code : null, id, message: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  )
})
