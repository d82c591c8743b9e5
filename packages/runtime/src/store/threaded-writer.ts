import { Thread, moduleBeside } from '../ports/thread/index.ts'
import type { Part, Writer } from './sqlite-writer.ts'

const THREAD = moduleBeside(import.meta.url, 'sqlite-thread')

/** Writes into a database file on a thread of its own: a commit waits for the disk there, and the event loop goes on. */
export class ThreadedWriter implements Writer {
  readonly #thread: Thread

  /** One thread for as long as the file is written: what a transaction holds open dies with it. */
  constructor(path: string) {
    this.#thread = new Thread(THREAD, { data: path, lives_once: true, name: 'journal' })
  }

  handOver(part: Part): void {
    this.#thread.tell(part)
  }

  carryOut(part: Part): Promise<void> {
    return this.#thread.ask<void>(part)
  }

  /** Ends the thread once everything handed over before is carried out. */
  close(): Promise<void> {
    return this.#thread.end()
  }
}
