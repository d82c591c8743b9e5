import process from 'node:process'
import { Worker, parentPort } from 'node:worker_threads'
import { reasonOf } from '../reason.ts'

/** What a thread is given: a question under an id, something to do that nobody waits for, or its end. */
type Posted = { readonly id: number | null; readonly asked: unknown } | 'end'
type Result = { readonly answer: unknown } | { readonly error: { readonly message: string; readonly code: unknown } }
type Reply = Result & { readonly id: number }

/** What went wrong on a thread; `code` is that of the error there, if it had one. */
export class ThreadError extends Error {
  override readonly name = 'ThreadError'
  readonly code: unknown
  constructor(message: string, code: unknown = null) {
    super(message)
    this.code = code
  }
}

async function resultOf(answer: (asked: unknown) => unknown, asked: unknown): Promise<Result> {
  try {
    return { answer: await answer(asked) }
  } catch (error) {
    const { code } = (error ?? {}) as { code?: unknown }
    return { error: { code: typeof code === 'string' ? code : null, message: reasonOf(error) } }
  }
}

/** In a thread: does what it is given, begun in the order in which it came; several questions may be open. `onEnd` is called last, once none is. */
export function answerOnThread(answer: (asked: unknown) => unknown, onEnd: () => void = () => undefined): void {
  const port = parentPort
  if (port === null) throw new ThreadError('this module runs on a thread of its own: start it as one')
  let open = 0
  let isEnding = false
  const take = async (posted: Posted): Promise<void> => {
    if (posted === 'end') isEnding = true
    else {
      open += 1
      const result = await resultOf(answer, posted.asked)
      if (posted.id !== null) port.postMessage({ ...result, id: posted.id }, [])
      open -= 1
    }
    if (!isEnding || open > 0) return
    onEnd()
    port.close()
  }
  port.on('message', (posted: Posted) => void take(posted))
}

/** Address of a thread's module beside the one that asks, `importer`: as its source or as it was built, as that one is. */
export const moduleBeside = (importer: string, name: string): URL => new URL(`./${name}.${importer.endsWith('.ts') ? 'ts' : 'js'}`, importer)

export interface ThreadOptions {
  /** What the thread finds as its `workerData`. */
  readonly data?: unknown
  /** Shown where threads are listed, and said in errors. */
  readonly name: string
  /** Started at once, and never again: what it has to do depends on what it did before. Otherwise the first question starts it, and one after its death again. */
  readonly lives_once?: boolean
}

/** Sources are found by this condition, and run with what Node still calls experimental. */
const CONDITION = '--conditions=@syntropism/source'
const QUIET = '--disable-warning=ExperimentalWarning'

interface Waiting {
  done(value: unknown): void
  fail(error: Error): void
}

/** A thread that does what it is given. A process that is about to end waits for its open questions, and for nothing else of it. */
export class Thread {
  readonly #module: URL
  readonly #options: ThreadOptions
  readonly #waiting = new Map<number, Waiting>()
  #worker: Worker | null = null
  /** When the last worker is gone. */
  #gone: Promise<unknown> = Promise.resolve()
  #asked = 0
  #isEnding = false
  /** Why nothing more can be asked. */
  #over: Error | null = null

  constructor(module: URL, options: ThreadOptions) {
    this.#module = module
    this.#options = options
    if (options.lives_once === true) this.#worker = this.#start()
  }

  /** Rejects with ThreadError for what failed there, and with what ended the thread. */
  ask<T>(asked: unknown): Promise<T> {
    if (this.#over !== null) return Promise.reject(this.#over)
    this.#asked += 1
    const id = this.#asked
    const worker = this.#worker ?? this.#start()
    worker.ref()
    return new Promise<T>((done, fail) => {
      this.#waiting.set(id, { done: done as (value: unknown) => void, fail })
      worker.postMessage({ asked, id } satisfies Posted, [])
    })
  }

  /** Has something done that nobody waits for. When it fails, that is for the thread to say of what is asked next. */
  tell(asked: unknown): void {
    if (this.#over === null) (this.#worker ?? this.#start()).postMessage({ asked, id: null } satisfies Posted, [])
  }

  #start(): Worker {
    const { data, name } = this.#options
    // A thread takes the flags of its process. Where something else than Node finds the sources, as in tests, it needs some of its own.
    const asSource = this.#module.pathname.endsWith('.ts') && !process.execArgv.includes(CONDITION) ? { execArgv: [CONDITION, QUIET] } : {}
    const worker = new Worker(this.#module, { ...asSource, name, workerData: data })
    worker.unref()
    worker.on('message', (reply: Reply) => this.#onReply(worker, reply))
    worker.once('error', (error) => this.#onEnd(worker, error instanceof Error ? error : new ThreadError(String(error))))
    this.#gone = new Promise((resolve) => {
      worker.once('exit', () => {
        this.#onEnd(worker, this.#ended())
        resolve(null)
      })
    })
    this.#worker = worker
    return worker
  }

  #ended(): ThreadError {
    return new ThreadError(`the thread "${this.#options.name}" has ended`)
  }

  #onReply(worker: Worker, reply: Reply): void {
    const waiting = this.#waiting.get(reply.id)
    this.#waiting.delete(reply.id)
    if (this.#waiting.size === 0 && !this.#isEnding) worker.unref()
    if ('answer' in reply) waiting?.done(reply.answer)
    else waiting?.fail(new ThreadError(reply.error.message, reply.error.code))
  }

  #onEnd(worker: Worker, error: Error): void {
    if (this.#worker !== worker) return
    this.#worker = null
    if (this.#options.lives_once === true || this.#isEnding) this.#over = error
    for (const waiting of this.#waiting.values()) waiting.fail(error)
    this.#waiting.clear()
  }

  /** Ends the thread once everything that it was given before is done; nothing is asked of it afterwards. */
  async end(): Promise<void> {
    this.#isEnding = true
    if (this.#worker === null) this.#over ??= this.#ended()
    this.#worker?.ref()
    this.#worker?.postMessage('end' satisfies Posted, [])
    await this.#gone
  }
}
