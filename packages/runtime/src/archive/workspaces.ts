import { copyFileSync, cpSync, existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { inflateSync } from 'node:zlib'
import type { State } from '@syntropism/economy'
import { History, copyFolder } from '../executor/index.ts'
import type { WorkspaceCommit } from '../ports/index.ts'

/** Whether a loose object of git was copied whole. One that was being written is named by no reference yet. */
function isWhole(path: string): boolean {
  try {
    inflateSync(readFileSync(path))
    return true
  } catch {
    return false
  }
}

/** Copies the histories of workspaces while they are written: references first, so that all they name is there when the objects are copied. */
export function copyHistories(from: string, to: string): void {
  if (!existsSync(from)) return
  for (const repository of readdirSync(from).filter((name) => name.endsWith('.git'))) {
    const [source, target] = [join(from, repository), join(to, repository)]
    mkdirSync(target, { mode: 0o700, recursive: true })
    for (const name of ['HEAD', 'config', 'refs', 'packed-refs', 'objects']) {
      const path = join(source, name)
      if (!existsSync(path)) continue
      if (lstatSync(path).isDirectory()) copyFolder(path, join(target, name))
      else copyFileSync(path, join(target, name))
    }
    for (const entry of readdirSync(join(target, 'objects'), { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name)
      if (entry.isFile() && /[/\\][0-9a-f]{2}[/\\][0-9a-f]{38}$/.test(path) && !isWhole(path)) rmSync(path)
    }
  }
}

/** The state of a workspace at the moment of a state: that after the last window that had ended then. */
function commitAt(state: State, newestFirst: readonly WorkspaceCommit[]): string | null {
  let found: string | null = null
  for (const { at_ms, commit, message } of newestFirst.toReversed()) {
    const [, lease] = /^lease-(\d+) /.exec(message) ?? []
    const isPast = lease === undefined ? at_ms <= state.at_ms : Number(lease) <= state.counters.lease && !state.leases.has(`lease-${lease}`)
    if (!isPast) break
    found = commit
  }
  // A child whose first window had not ended yet begins with what it had afterwards.
  return found ?? newestFirst.at(-1)?.commit ?? null
}

/** Writes the workspaces of the living, as they were at the moment of a state, into a new `agents` folder; histories end there. */
export async function workspacesAt(state: State, from: string, to: string): Promise<void> {
  const old = new History(join(from, 'history'))
  const kept = new History(join(to, 'history'))
  for (const { agent_id: agentId, status } of state.agents.values()) {
    if (status === 'dead') continue
    const commit = commitAt(state, await old.log(agentId, Number.MAX_SAFE_INTEGER))
    if (commit === null) continue
    const workspace = join(to, 'workspaces', agentId)
    mkdirSync(workspace, { mode: 0o700, recursive: true })
    cpSync(join(from, 'history', `${agentId}.git`), join(to, 'history', `${agentId}.git`), { recursive: true })
    await kept.cutAt(agentId, workspace, commit)
  }
}
