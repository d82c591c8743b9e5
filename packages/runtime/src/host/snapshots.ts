import { type State, snapshot, snapshotParts } from '@syntropism/economy'
import type { Journal } from '../ports/index.ts'

/** Parts that are made in one turn of the event loop: about a millisecond's work. */
const PARTS_AT_ONCE = 4
/**
 * A snapshot tells every command that is remembered. It is due once one command has come for so many of these: an economy that remembers a
 * day's commands would else write the same ones over and over, and one that has carried out as many anew starts nearly as fast.
 */
const REMEMBERED_PER_COMMAND = 16

/** A snapshot of the state after a record; its text is null while it is made. */
interface Unwritten {
  readonly number: number
  text: string | null
}

export interface SnapshotsOptions {
  readonly journal: Pick<Journal, 'saveSnapshot'>
  /** Least records between two. */
  readonly every: number
  /** Called when one that took more than a turn is made. */
  onReady(): void
  onError(error: unknown): void
}

/** Makes snapshots of an economy that goes on meanwhile, and writes them between two records. */
export class Snapshots {
  readonly #options: SnapshotsOptions
  #unwritten: Unwritten | null = null
  #records = 0
  #commands = 0

  constructor(options: SnapshotsOptions) {
    this.#options = options
  }

  /** Counts a record of so many commands. */
  wrote(commands: number): void {
    this.#records += 1
    this.#commands += commands
  }

  /** Whether one is made and waits to be written. */
  get isReady(): boolean {
    return this.#unwritten !== null && this.#unwritten.text !== null
  }

  /** Whether anything has happened since the last one that was written. */
  get isBehind(): boolean {
    return this.#records > 0 || this.#unwritten !== null
  }

  /** Between two records, `number` being that of the last: begins one that is due, writes one that is made. */
  async step(state: State, number: number): Promise<void> {
    const isDue = this.#records >= this.#options.every && this.#commands * REMEMBERED_PER_COMMAND >= state.remembered.size
    if (this.#unwritten === null && isDue) this.#begin(state, number)
    const unwritten = this.#unwritten
    if (unwritten === null || unwritten.text === null) return
    this.#unwritten = null
    await this.#options.journal.saveSnapshot(unwritten.number, unwritten.text)
  }

  /** Makes and writes one at once. */
  async save(state: State, number: number): Promise<void> {
    this.#unwritten = null
    this.#records = this.#commands = 0
    await this.#options.journal.saveSnapshot(number, snapshot(state))
  }

  #begin(state: State, number: number): void {
    this.#records = this.#commands = 0
    const unwritten: Unwritten = { number, text: null }
    this.#unwritten = unwritten
    const parts = snapshotParts(state)
    const texts: string[] = []
    const goOn = (): void => {
      for (let count = 0; count < PARTS_AT_ONCE; count++) {
        const part = parts.next()
        if (part.done === true) {
          unwritten.text = texts.join('')
          return
        }
        texts.push(part.value)
      }
      setImmediate(() => {
        if (this.#unwritten !== unwritten) return
        try {
          goOn()
          if (unwritten.text !== null) this.#options.onReady()
        } catch (error) {
          this.#options.onError(error)
        }
      })
    }
    goOn()
  }
}
