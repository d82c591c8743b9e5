import { openProcesses, spawnUnwalled } from './processes.ts'
import { type SandboxDriver, SandboxError, type SandboxOptions } from './types.ts'

/** Programs of any language as plain processes: limits alone hold them. No wall stands between a program and what the host's user may do. */
export async function openProcessDriver(options: SandboxOptions): Promise<SandboxDriver> {
  if (!options.allow_weak) throw new SandboxError('command_refused', 'plain processes are walls for nobody: they need --allow-weak-sandbox')
  const processes = await openProcesses(options.state_dir)
  return {
    close: async () => processes.close(),
    name: `process${processes.suffix} (weak: limits only)`,
    protections: [
      { active: false, how: "a plain process: reads and writes what the host's user may", name: 'files' },
      { active: false, how: 'a plain process: signals and programs are those of the host', name: 'programs' },
      { active: false, how: 'a plain process: every call that the kernel answers', name: 'system calls' },
      { active: false, how: 'a plain process: can open connections', name: 'network' },
      ...processes.limits,
    ],
    start: (run) =>
      processes.start(run, (workspace, cgroup) => {
        const [first = '', ...rest] = run.command
        return spawnUnwalled([first === 'node' ? process.execPath : first, ...rest], run, workspace, cgroup, options)
      }),
  }
}
