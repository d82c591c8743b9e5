import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { openProcesses, spawnUnwalled } from './processes.ts'
import { type SandboxDriver, SandboxError, type SandboxOptions, type SandboxRun } from './types.ts'
import { assertNoLinksOut } from './workspace.ts'

function argvOf(run: SandboxRun, workspace: string, options: SandboxOptions): string[] {
  const [program, ...args] = run.command
  const library = join(realpathSync(options.library_dir), 'node_modules')
  if (program === 'node')
    return [
      process.execPath,
      '--permission',
      `--allow-fs-read=${workspace}`,
      `--allow-fs-read=${library}`,
      `--allow-fs-write=${workspace}`,
      '--allow-net',
      '--disable-warning=SecurityWarning',
      '--disable-warning=ExperimentalWarning',
      `--max-old-space-size=${Math.max(16, Math.floor(run.limits.memory_mb * 0.6))}`,
      ...args,
    ]
  if (!options.allow_weak)
    throw new SandboxError(
      'command_refused',
      `"${program}" needs bubblewrap, or --allow-weak-sandbox: without either only Node programs run, under Node's permission model`,
    )
  return [program ?? '', ...args]
}

/** Programs under Node's permission model: own workspace only, no child processes, workers, addons or inspector. */
export async function openNodeDriver(options: SandboxOptions): Promise<SandboxDriver> {
  const processes = await openProcesses(options.state_dir)
  return {
    close: async () => processes.close(),
    name: `node-permission${processes.suffix}`,
    protections: [
      { active: true, how: "Node's permission model: own workspace only", name: 'files' },
      { active: true, how: "Node's permission model: no child processes, workers or addons", name: 'programs' },
      { active: false, how: 'every call that the kernel answers', name: 'system calls' },
      { active: false, how: 'not confined without bubblewrap: an agent can open connections', name: 'network' },
      ...processes.limits,
    ],
    async start(run) {
      assertNoLinksOut(run.workspace_dir)
      return processes.start(run, (workspace, cgroup) => spawnUnwalled(argvOf(run, workspace, options), run, workspace, cgroup, options))
    },
  }
}
