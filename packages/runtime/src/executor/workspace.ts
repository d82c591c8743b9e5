import { closeSync, constants, cpSync, existsSync, fstatSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { AgentManifest } from '@syntropism/contract'
import type { FileChange, WorkspaceCommit } from '../ports/index.ts'
import { copyFolder } from './copy.ts'
import { ThreadedHistory } from './threaded-history.ts'

const MANIFEST_BYTES_MAX = 65_536

/** Folders of the agents: a workspace outlives its windows. */
export class Workspaces {
  readonly #root: string
  readonly #archive: string
  readonly #history: ThreadedHistory
  /** Agents from the start of their window to the report of its end, whichever executor runs them. */
  readonly running = new Set<string>()
  constructor(root: string) {
    this.#root = root
    this.#archive = join(dirname(root), 'archive')
    this.#history = new ThreadedHistory(join(dirname(root), 'history'))
    mkdirSync(root, { mode: 0o700, recursive: true })
  }

  pathOf(agentId: string): string {
    return join(this.#root, agentId)
  }

  /** Copies an agent's folder once; what the agent changed later stays. */
  createFrom(agentId: string, sourceDir: string): void {
    const target = this.pathOf(agentId)
    if (existsSync(target) || existsSync(join(this.#archive, agentId))) return
    cpSync(sourceDir, target, { filter: (path) => basename(path) !== 'node_modules' && !path.endsWith('.test.ts'), recursive: true })
  }

  /** How an agent is started, as its workspace says. Throws for a workspace that does not say it: a program may have left anything under that name. */
  manifest(agentId: string): AgentManifest {
    const fd = openSync(join(this.pathOf(agentId), 'agent.json'), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    try {
      const stat = fstatSync(fd)
      if (!stat.isFile() || stat.size > MANIFEST_BYTES_MAX) throw new Error(`it is no file of at most ${MANIFEST_BYTES_MAX} bytes`)
      return AgentManifest.parse(JSON.parse(readFileSync(fd, 'utf8')))
    } finally {
      closeSync(fd)
    }
  }

  /** A child begins with its parent's files, those named laid over them. The parent may be running, and have left links that lead out. */
  createChild(childId: string, parentId: string, files: Readonly<Record<string, string>>): void {
    const target = this.pathOf(childId)
    if (existsSync(target)) return
    copyFolder(this.pathOf(parentId), target, (name) => name !== 'memory.json')
    for (const [name, text] of Object.entries(files)) {
      const path = join(target, basename(name))
      rmSync(path, { force: true, recursive: true })
      writeFileSync(path, text, { flag: 'wx' })
    }
  }

  /** Keeps a workspace as it is now; returns the commit's hash. */
  keep(agentId: string, message: string): Promise<string> {
    return this.#history.commit(agentId, this.pathOf(agentId), message)
  }

  /** Resolves once nothing is being written about a workspace any more. */
  settled(agentId: string): Promise<void> {
    return this.#history.settled(agentId)
  }

  /** States of a workspace, newest first. */
  log(agentId: string, limit: number): Promise<WorkspaceCommit[]> {
    return this.#history.log(agentId, limit)
  }

  /** What a state changed; throws HistoryError. */
  changes(agentId: string, commit: string): Promise<FileChange[]> {
    return this.#history.changes(agentId, commit)
  }

  /** Puts the files of a former state back; throws HistoryError. The agent must not be running. */
  rollBack(agentId: string, commit: string): Promise<string> {
    return this.#history.rollBack(agentId, this.pathOf(agentId), commit)
  }

  /** Keeps the workspace of a dead agent a last time and moves it out of the way. */
  async archive(agentId: string): Promise<void> {
    if (!existsSync(this.pathOf(agentId))) return
    await this.keep(agentId, 'archived at death')
    mkdirSync(this.#archive, { mode: 0o700, recursive: true })
    renameSync(this.pathOf(agentId), join(this.#archive, agentId))
  }
}
