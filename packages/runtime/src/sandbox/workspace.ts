import { realpathSync } from 'node:fs'
import { sep } from 'node:path'
import { SandboxError } from './types.ts'
import { entriesBelow } from './walk/index.ts'

/** Refuses links that lead out of a workspace: Node's permission model follows them. */
export function assertNoLinksOut(workspaceDir: string): void {
  const root = realpathSync(workspaceDir)
  for (const { path: bytes, stat, unusable } of entriesBelow(root)) {
    const path = bytes.toString('utf8')
    if (unusable !== null) throw new SandboxError('workspace_unsafe', `${path.slice(0, 200)} has a path that is ${unusable}`)
    if (stat.isFile() && stat.nlink > 1) throw new SandboxError('workspace_unsafe', `${path} has a second name outside the workspace's control (hard link)`)
    if (!stat.isSymbolicLink()) continue
    const target = safeTarget(path)
    if (target !== root && !target.startsWith(root + sep)) throw new SandboxError('workspace_unsafe', `${path} leads out of the workspace`)
  }
}

function safeTarget(path: string): string {
  try {
    return realpathSync(path)
  } catch (error) {
    throw new SandboxError('workspace_unsafe', `${path} leads nowhere`, { cause: error })
  }
}
