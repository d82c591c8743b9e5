import { spawn } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { LIMITS, type SandboxOptions, environmentOf, rlimitsOf } from './node-driver.ts'
import { supervise } from './supervise.ts'
import { type SandboxDriver, SandboxError } from './types.ts'
import { startWatchdog } from './watchdog.ts'
import { assertNoLinksOut } from './workspace.ts'

/** Programs of any language as plain processes: limits alone hold them. No wall stands between a program and what the host's user may do. */
export function openProcessDriver(options: SandboxOptions): SandboxDriver {
  if (!options.allow_weak) throw new SandboxError('command_refused', 'plain processes are walls for nobody: they need --allow-weak-sandbox')
  const watchdog = startWatchdog(join(options.state_dir, 'running.json'))
  return {
    close: async () => watchdog.close(),
    name: 'process (weak: limits only)',
    protections: [
      { active: false, how: "a plain process: reads and writes what the host's user may", name: 'files' },
      { active: false, how: 'a plain process: signals and programs are those of the host', name: 'programs' },
      { active: false, how: 'a plain process: can open connections', name: 'network' },
      ...LIMITS,
    ],
    async start(run) {
      const workspace = realpathSync(run.workspace_dir)
      assertNoLinksOut(workspace)
      const [first = '', ...rest] = run.command
      const [program = '', ...args] = [...rlimitsOf(run.limits), first === 'node' ? process.execPath : first, ...rest]
      const child = spawn(program, args, {
        cwd: workspace,
        detached: true,
        env: environmentOf(run, workspace, options),
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      return await new Promise((resolve, reject) => {
        child.once('error', (error) => reject(new SandboxError('start_failed', `could not start ${first}: ${error.message}`, { cause: error })))
        child.once('spawn', () => {
          const pid = child.pid as number
          watchdog.add(pid)
          const running = supervise(child, run.limits, workspace, null)
          resolve({ ...running, exit: running.exit.finally(() => watchdog.remove(pid)) })
        })
      })
    },
  }
}
