import { spawn, spawnSync } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { LIMITS, type SandboxOptions } from './node-driver.ts'
import { supervise } from './supervise.ts'
import { type SandboxDriver, SandboxError, type SandboxRun } from './types.ts'
import { startWatchdog } from './watchdog.ts'
import { assertNoLinksOut } from './workspace.ts'

const SOCKET = '/run/syntropism/service.sock'
const SYSTEM = [
  '--ro-bind',
  '/usr',
  '/usr',
  '--symlink',
  'usr/bin',
  '/bin',
  '--symlink',
  'usr/lib',
  '/lib',
  '--symlink',
  'usr/lib64',
  '/lib64',
  '--proc',
  '/proc',
  '--dev',
  '/dev',
  '--size',
  '67108864',
  '--tmpfs',
  '/tmp',
]
const ISOLATION = ['--unshare-all', '--as-pid-1', '--die-with-parent', '--new-session', '--cap-drop', 'ALL']

/** Whether bubblewrap is installed and may make namespaces here: tried, not guessed. */
export const bwrapWorks = (): boolean => spawnSync('bwrap', [...ISOLATION, ...SYSTEM, '/bin/true'], { stdio: 'ignore', timeout: 5000 }).status === 0

function argvOf(run: SandboxRun, workspace: string, options: SandboxOptions): string[] {
  const node = realpathSync(process.execPath)
  const [program, ...args] = run.command
  const environment = {
    HOME: '/workspace',
    LANG: 'C.UTF-8',
    PATH: '/opt/node/bin:/usr/local/bin:/usr/bin:/bin',
    ...run.env,
    SYSTEM_SERVICE_SOCKET: SOCKET,
    SYSTEM_SERVICE_URL: 'http://system.service',
  }
  return [
    ...ISOLATION,
    ...SYSTEM,
    '--ro-bind',
    dirname(dirname(node)),
    '/opt/node',
    '--ro-bind',
    join(realpathSync(options.library_dir), 'node_modules'),
    '/node_modules',
    '--bind',
    workspace,
    '/workspace',
    '--ro-bind',
    run.service_socket_path,
    SOCKET,
    '--chdir',
    '/workspace',
    '--clearenv',
    ...Object.entries(environment).flatMap(([name, value]) => ['--setenv', name, value]),
    program === 'node' ? '/opt/node/bin/node' : (program ?? ''),
    ...args,
  ]
}

/** Programs of any language in their own namespaces: no network, no host files, a read-only system. */
export function openBwrapDriver(options: SandboxOptions): SandboxDriver {
  const watchdog = startWatchdog(join(options.state_dir, 'running.json'))
  return {
    close: async () => watchdog.close(),
    name: 'bubblewrap',
    protections: [
      { active: true, how: 'mount namespace: own workspace, read-only system, bounded /tmp', name: 'files' },
      { active: true, how: 'PID namespace, no capabilities', name: 'programs' },
      { active: true, how: 'network namespace: only the System Service, over a Unix socket', name: 'network' },
      ...LIMITS,
    ],
    async start(run) {
      const workspace = realpathSync(run.workspace_dir)
      assertNoLinksOut(workspace)
      const child = spawn('bwrap', argvOf(run, workspace, options), {
        detached: true,
        env: { PATH: '/usr/local/bin:/usr/bin:/bin' },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      return await new Promise((resolve, reject) => {
        child.once('error', (error) => reject(new SandboxError('start_failed', `could not start bubblewrap: ${error.message}`, { cause: error })))
        child.once('spawn', () => {
          const pid = child.pid as number
          watchdog.add(pid)
          const running = supervise(child, run.limits)
          resolve({ ...running, exit: running.exit.finally(() => watchdog.remove(pid)) })
        })
      })
    },
  }
}
