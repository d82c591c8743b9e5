import { workerData } from 'node:worker_threads'
import { answerOnThread } from '../ports/thread/index.ts'
import { History } from './history.ts'

type Methods = Pick<History, 'changes' | 'commit' | 'log' | 'rollBack'>
/** What is asked of a history, with its arguments. */
export type Asked = { [M in keyof Methods]: readonly [M, ...Parameters<Methods[M]>] }[keyof Methods]

const history: Methods = new History(String(workerData))
answerOnThread((asked) => {
  const [method, ...args] = asked as Asked
  return (history[method] as (...given: readonly unknown[]) => Promise<unknown>).apply(history, args)
})
