import { type ChildProcess, spawn } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { reasonOf } from '../ports/index.ts'
import { type Cgroup, openCgroups } from './cgroup.ts'
import { PYTHON_LIBRARY } from './library.ts'
import { limitsWith, rlimitsOf } from './limits.ts'
import { bodyOf, supervise } from './supervise.ts'
import { type Protection, SandboxError, type SandboxOptions, type SandboxProcess, type SandboxRun } from './types.ts'
import { startWatchdog } from './watchdog.ts'

/** Shell words that enter the control groups named in the first argument, and drop it. */
export const ENTER = 'for door in $1; do echo 0 > "$door" || exit 125; done; shift; '

/** First argument for ENTER. */
export const doorsOf = (cgroup: Cgroup | null): string => cgroup?.doors.join(' ') ?? ''

/** Spawns a program that no namespace holds: in its control group, with its limits, and with nothing inherited. */
export function spawnUnwalled(
  argv: readonly string[],
  run: SandboxRun,
  workspace: string,
  cgroup: Cgroup | null,
  { library_dir }: SandboxOptions,
): ChildProcess {
  return spawn('/bin/sh', ['-c', `${ENTER}exec "$@"`, 'sh', doorsOf(cgroup), ...rlimitsOf(run.limits), ...argv], {
    cwd: workspace,
    detached: true,
    env: {
      HOME: workspace,
      LANG: 'C.UTF-8',
      PATH: '/usr/local/bin:/usr/bin:/bin',
      PYTHONPATH: join(realpathSync(library_dir), 'node_modules', PYTHON_LIBRARY),
      ...run.env,
      OPENAI_BASE_URL: `${run.service_url}/v1`,
      SYSTEM_SERVICE_URL: run.service_url,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** Runs whose programs are processes of this host: each in a control group where one can be made, watched, and ended with everything it started. */
export interface Processes {
  readonly limits: readonly Protection[]
  /** Addition to the name of a driver: what its limits are kept by. */
  readonly suffix: string
  /** Starts what `spawnIn` spawns, as the leader of a process group of its own. */
  start(run: SandboxRun, spawnIn: (workspace: string, cgroup: Cgroup | null) => ChildProcess): Promise<SandboxProcess>
  close(): void
}

/** Opens them on this host: with control groups where it may make some, and a watchdog whose list lies in `stateDir`. */
export async function openProcesses(stateDir: string): Promise<Processes> {
  const cgroups = await openCgroups()
  const watchdog = startWatchdog(join(stateDir, 'running.json'))
  const follow = (child: ChildProcess, run: SandboxRun, cgroup: Cgroup | null): Promise<SandboxProcess> =>
    new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('spawn', () => {
        const pid = child.pid as number
        watchdog.add(pid)
        const running = supervise(bodyOf(child), run.limits, realpathSync(run.workspace_dir), cgroup)
        resolve({ ...running, exit: running.exit.finally(() => watchdog.remove(pid)) })
      })
    })
  return {
    close: () => watchdog.close(),
    limits: limitsWith(cgroups),
    async start(run, spawnIn) {
      const workspace = realpathSync(run.workspace_dir)
      let cgroup: Cgroup | null = null
      try {
        cgroup = cgroups?.create(run.run_id, run.limits) ?? null
        return await follow(spawnIn(workspace, cgroup), run, cgroup)
      } catch (error) {
        await cgroup?.remove()
        if (error instanceof SandboxError) throw error
        throw new SandboxError('start_failed', `could not start ${run.command[0]}: ${reasonOf(error)}`, { cause: error })
      }
    },
    suffix: cgroups === null ? '' : `+cgroup-v${cgroups.version}`,
  }
}
