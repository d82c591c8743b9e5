import { Worker } from 'node:worker_threads'
import type { Part, Writer } from './sqlite-writer.ts'
import type { Answer, Message } from './sqlite-thread.ts'

const THREAD = new URL(import.meta.url.endsWith('.ts') ? './sqlite-thread.ts' : './sqlite-thread.js', import.meta.url)

interface Waiting {
  resolve(): void
  reject(error: unknown): void
}

/** Writes into a database file on a thread of its own: a commit waits for the disk there, and the event loop goes on. */
export class ThreadedWriter implements Writer {
  readonly #worker: Worker
  /** Those who wait for an answer, in the order in which answers come. */
  readonly #waiting: Waiting[] = []
  readonly #ended: Promise<void>
  #failure: Error | null = null
  #isClosing = false

  constructor(path: string) {
    this.#worker = new Worker(THREAD, { name: 'journal', workerData: { path } })
    this.#worker.unref()
    this.#worker.on('message', (answer: Answer) => {
      const waiting = this.#waiting.shift()
      if (this.#waiting.length === 0 && !this.#isClosing) this.#worker.unref()
      if (answer === null) waiting?.resolve()
      else waiting?.reject(new Error(answer))
    })
    this.#worker.on('error', (error) => void (this.#failure ??= error instanceof Error ? error : new Error(String(error))))
    this.#ended = new Promise((resolve) => {
      this.#worker.on('exit', () => {
        this.#failure ??= new Error(this.#isClosing ? 'the journal is closed' : 'the thread that writes the journal ended')
        for (const waiting of this.#waiting.splice(0)) waiting.reject(this.#failure)
        resolve()
      })
    })
  }

  #post(message: Message): void {
    this.#worker.postMessage(message, [])
  }

  handOver(part: Part): void {
    this.#post({ awaited: false, part })
  }

  carryOut(part: Part): Promise<void> {
    if (this.#failure !== null) return Promise.reject(this.#failure)
    return new Promise((resolve, reject) => {
      if (this.#waiting.push({ reject, resolve }) === 1) this.#worker.ref()
      this.#post({ awaited: true, part })
    })
  }

  /** Ends the thread once everything handed over before is carried out. */
  async close(): Promise<void> {
    this.#isClosing = true
    this.#worker.ref()
    this.#worker.postMessage('close', [])
    await this.#ended
  }
}
