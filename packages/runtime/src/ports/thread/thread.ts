import { Worker, parentPort } from 'node:worker_threads'

interface Question {
  readonly id: number
  readonly asked: unknown
}
type Reply = { readonly id: number; readonly answer: unknown } | { readonly id: number; readonly error: { readonly message: string; readonly code: unknown } }

/** What went wrong on a thread; `code` is that of the error there, if it had one. */
export class ThreadError extends Error {
  override readonly name = 'ThreadError'
  readonly code: unknown
  constructor(message: string, code: unknown) {
    super(message)
    this.code = code
  }
}

/** In a thread: answers what it is asked. Several questions may be open. */
export function answerOnThread(answer: (asked: unknown) => unknown): void {
  parentPort?.on('message', ({ asked, id }: Question) => {
    const tell = (reply: Reply): void => parentPort?.postMessage(reply, [])
    const fail = (error: unknown): void => {
      const { code } = (error ?? {}) as { code?: unknown }
      tell({ error: { code: typeof code === 'string' ? code : null, message: error instanceof Error ? error.message : String(error) }, id })
    }
    new Promise((done) => done(answer(asked))).then((value) => tell({ answer: value, id }), fail)
  })
}

interface Waiting {
  done(value: unknown): void
  fail(error: Error): void
}

/** A thread that is asked, started by the first question, and again after it has died. A process that is about to end waits for what is open. */
export class AskedThread {
  readonly #module: URL
  readonly #data: unknown
  readonly #waiting = new Map<number, Waiting>()
  #worker: Worker | null = null
  #asked = 0

  /** `module`: address of the thread's module, as its source or as it was built. */
  constructor(module: URL, data: unknown = null) {
    this.#module = module
    this.#data = data
  }

  ask<T>(asked: unknown): Promise<T> {
    this.#worker ??= this.#start()
    const worker = this.#worker
    this.#asked += 1
    const id = this.#asked
    worker.ref()
    return new Promise<T>((done, fail) => {
      this.#waiting.set(id, { done: done as (value: unknown) => void, fail })
      worker.postMessage({ asked, id } satisfies Question, [])
    })
  }

  #start(): Worker {
    // A thread has its own way of finding modules: sources are found by this condition.
    const execArgv = this.#module.pathname.endsWith('.ts') ? ['--conditions=@syntropism/source', '--disable-warning=ExperimentalWarning'] : []
    const worker = new Worker(this.#module, { execArgv, workerData: this.#data })
    worker.on('message', (reply: Reply) => {
      const waiting = this.#waiting.get(reply.id)
      this.#waiting.delete(reply.id)
      if (this.#waiting.size === 0) worker.unref()
      if ('answer' in reply) waiting?.done(reply.answer)
      else waiting?.fail(new ThreadError(reply.error.message, reply.error.code))
    })
    const end = (error: Error): void => {
      if (this.#worker !== worker) return
      this.#worker = null
      for (const waiting of this.#waiting.values()) waiting.fail(error)
      this.#waiting.clear()
    }
    worker.once('error', (error) => end(error instanceof Error ? error : new ThreadError(String(error), null)))
    worker.once('exit', () => end(new ThreadError('the thread ended', null)))
    return worker
  }
}
