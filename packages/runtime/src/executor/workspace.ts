import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'

/** Folders of the agents: a workspace outlives its windows. */
export class Workspaces {
  readonly #root: string
  constructor(root: string) {
    this.#root = root
    mkdirSync(root, { mode: 0o700, recursive: true })
  }

  pathOf(agentId: string): string {
    return join(this.#root, agentId)
  }

  /** Copies an agent's folder once; what the agent changed later stays. */
  createFrom(agentId: string, sourceDir: string): void {
    const target = this.pathOf(agentId)
    if (existsSync(target)) return
    cpSync(sourceDir, target, { filter: (path) => basename(path) !== 'node_modules' && !path.endsWith('.test.ts'), recursive: true })
  }

  /** A child begins with its parent's files, those named laid over them. */
  createChild(childId: string, parentId: string, files: Readonly<Record<string, string>>): void {
    const target = this.pathOf(childId)
    if (existsSync(target)) return
    cpSync(this.pathOf(parentId), target, { filter: (path) => basename(path) !== 'memory.json', recursive: true })
    for (const [name, text] of Object.entries(files)) writeFileSync(join(target, basename(name)), text)
  }
}
