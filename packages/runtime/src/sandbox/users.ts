import { chmodSync, lchownSync, lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { SandboxProcess } from './types.ts'

/** First of the user ids that runs get when this host is root: of the range that distributions keep for subordinate ids. */
export const UID_FIRST = 231_072
export const isRoot = process.getuid?.() === 0

/** Gives a workspace to a user id. Links are not followed; files with a second name were refused before. */
export function giveTo(path: string, uid: number): void {
  lchownSync(path, uid, uid)
  if (!lstatSync(path).isDirectory()) return
  chmodSync(path, 0o700)
  for (const name of readdirSync(path)) giveTo(join(path, name), uid)
}

/** User ids of runs: each has its own while it lasts, so that no limit or signal of the kernel is shared. */
export class UserIds {
  readonly #taken = new Set<number>()

  /** Starts a run under an id of its own, which is free again once the run is over; null where only this host's user has one. */
  async start(begin: (uid: number | null) => Promise<SandboxProcess>): Promise<SandboxProcess> {
    if (!isRoot) return begin(null)
    const uid = this.#take()
    const release = (): void => void this.#taken.delete(uid)
    try {
      const running = await begin(uid)
      return { ...running, exit: running.exit.finally(release) }
    } catch (error) {
      release()
      throw error
    }
  }

  #take(): number {
    let uid = UID_FIRST
    while (this.#taken.has(uid)) uid += 1
    this.#taken.add(uid)
    return uid
  }
}
