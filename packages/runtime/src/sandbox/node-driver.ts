import { spawn, spawnSync } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { PYTHON_LIBRARY } from './library.ts'
import { supervise } from './supervise.ts'
import { type Protection, type SandboxDriver, SandboxError, type SandboxLimits, type SandboxRun } from './types.ts'
import { startWatchdog } from './watchdog.ts'
import { assertNoLinksOut } from './workspace.ts'

export interface SandboxOptions {
  /** Lets programs other than Node run without bubblewrap: then nothing but limits holds them. */
  readonly allow_weak: boolean
  readonly state_dir: string
  /** Folder whose node_modules holds the agent SDK. */
  readonly library_dir: string
}

const onLinux = process.platform === 'linux'
const hasPrlimit = onLinux && spawnSync('prlimit', ['--version'], { stdio: 'ignore' }).status === 0

/** Kernel limits of each process of a run, set before its program starts; nothing where prlimit is missing. */
export function rlimitsOf(limits: SandboxLimits): string[] {
  if (!hasPrlimit) return []
  const cpuSeconds = Math.ceil((limits.duration_ms * Math.max(1000, limits.cpu_millicores)) / 1_000_000) + 1
  return ['prlimit', `--nofile=${limits.open_files_max}`, `--fsize=${limits.disk_mb * 1_048_576}`, `--cpu=${cpuSeconds}`, '--core=0', '--']
}

export const LIMITS: readonly Protection[] = [
  { active: true, how: 'SIGKILL to the whole tree when the window is over', name: 'wall time' },
  { active: onLinux, how: onLinux ? 'resident size of the tree sampled every 10 ms, SIGKILL above' : 'not enforced on this platform', name: 'memory' },
  { active: onLinux, how: onLinux ? 'SIGSTOP/SIGCONT every 10 ms to the share bought' : 'not enforced on this platform', name: 'cpu share' },
  { active: onLinux, how: onLinux ? 'tree counted every 10 ms, SIGKILL above' : 'not enforced on this platform', name: 'processes' },
  {
    active: onLinux,
    how: onLinux ? 'workspace counted every 30 ms with files that have no name any more, SIGKILL above' : 'checked when the run ends',
    name: 'disk',
  },
  {
    active: hasPrlimit,
    how: hasPrlimit ? 'RLIMIT_NOFILE, RLIMIT_FSIZE, RLIMIT_CPU, no core files' : 'prlimit is not installed',
    name: 'open files, file size, cpu seconds',
  },
  { active: true, how: 'nothing inherited', name: 'environment' },
]

/** All that a program without a namespace finds around it: nothing is inherited. */
export const environmentOf = (run: SandboxRun, workspace: string, { library_dir }: SandboxOptions): Record<string, string> => ({
  HOME: workspace,
  LANG: 'C.UTF-8',
  PATH: '/usr/local/bin:/usr/bin:/bin',
  PYTHONPATH: join(realpathSync(library_dir), 'node_modules', PYTHON_LIBRARY),
  ...run.env,
  SYSTEM_SERVICE_URL: run.service_url,
})

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
export function openNodeDriver(options: SandboxOptions): SandboxDriver {
  const watchdog = startWatchdog(join(options.state_dir, 'running.json'))
  return {
    close: async () => watchdog.close(),
    name: 'node-permission',
    protections: [
      { active: true, how: "Node's permission model: own workspace only", name: 'files' },
      { active: true, how: "Node's permission model: no child processes, workers or addons", name: 'programs' },
      { active: false, how: 'not confined without bubblewrap: an agent can open connections', name: 'network' },
      ...LIMITS,
    ],
    async start(run) {
      const workspace = realpathSync(run.workspace_dir)
      assertNoLinksOut(workspace)
      const [program, ...args] = [...rlimitsOf(run.limits), ...argvOf(run, workspace, options)]
      const child = spawn(program as string, args, {
        cwd: workspace,
        detached: true,
        env: environmentOf(run, workspace, options),
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      return await new Promise((resolve, reject) => {
        child.once('error', (error) => reject(new SandboxError('start_failed', `could not start ${run.command[0]}: ${error.message}`, { cause: error })))
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
