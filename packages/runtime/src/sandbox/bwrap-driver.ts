import { spawn, spawnSync } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Cgroup, type CgroupTree, openCgroups } from './cgroup.ts'
import { PYTHON_LIBRARY } from './library.ts'
import { LIMITS, type SandboxOptions, rlimitsOf } from './node-driver.ts'
import { supervise } from './supervise.ts'
import { type Protection, type SandboxDriver, SandboxError, type SandboxProcess, type SandboxRun } from './types.ts'
import { UID_FIRST, UserIds, giveTo, isRoot } from './users.ts'
import { startWatchdog } from './watchdog.ts'
import { assertNoLinksOut } from './workspace.ts'

const SOCKET = '/run/syntropism/service.sock'
const SYSTEM =
  '--ro-bind /usr /usr --symlink usr/bin /bin --symlink usr/lib /lib --symlink usr/lib64 /lib64 --proc /proc --dev /dev --size 67108864 --tmpfs /tmp'.split(' ')
const ISOLATION = '--unshare-all --as-pid-1 --die-with-parent --new-session --cap-drop ALL'.split(' ')
const NO_USER_NAMESPACES = ['--unshare-user', '--disable-userns']

const tries = (args: readonly string[]): boolean =>
  spawnSync('bwrap', [...ISOLATION, ...args, ...SYSTEM, '/bin/true'], { stdio: 'ignore', timeout: 5000 }).status === 0

/** Whether bubblewrap is installed and may make namespaces here: tried, not guessed. */
export const bwrapWorks = (): boolean => tries([])

/** Where the parts of the host that a run may see lie. */
interface Sources {
  readonly workspace: string
  readonly node: string
  readonly library: string
  readonly socket: string
}

function argvOf(run: SandboxRun, from: Sources, isolation: readonly string[]): string[] {
  const [program, ...args] = run.command
  const environment = {
    HOME: '/workspace',
    LANG: 'C.UTF-8',
    PATH: '/opt/node/bin:/usr/local/bin:/usr/bin:/bin',
    PYTHONPATH: `/node_modules/${PYTHON_LIBRARY}`,
    ...run.env,
    SYSTEM_SERVICE_SOCKET: SOCKET,
    SYSTEM_SERVICE_URL: 'http://system.service',
  }
  return [
    'bwrap',
    ...isolation,
    ...SYSTEM,
    ...['--ro-bind', from.node, '/opt/node'],
    ...['--ro-bind', from.library, '/node_modules'],
    ...['--bind', from.workspace, '/workspace'],
    ...['--ro-bind', from.socket, SOCKET],
    ...['--chdir', '/workspace', '--clearenv'],
    ...Object.entries(environment).flatMap(([name, value]) => ['--setenv', name, value]),
    program === 'node' ? '/opt/node/bin/node' : (program ?? ''),
    ...args,
  ]
}

/** Enters the control group. With root's help it also lays the parts that a run may see where another user can reach them, in a mount namespace of its own. */
const ENTER = 'for door in $DOORS; do echo 0 > "$door" || exit 125; done; '
const STAGE =
  'mount -t tmpfs -o size=64k,mode=755,nosuid,nodev stage /mnt && mkdir /mnt/workspace /mnt/node /mnt/library && : > /mnt/socket && mount --bind "$WORKSPACE" /mnt/workspace && mount --bind "$NODE" /mnt/node && mount --bind "$LIBRARY" /mnt/library && mount --bind "$SOCKET" /mnt/socket || exit 125; '
const STAGED: Sources = { library: '/mnt/library', node: '/mnt/node', socket: '/mnt/socket', workspace: '/mnt/workspace' }

function protectionsOf(cgroups: CgroupTree | null, userNamespacesOff: boolean): Protection[] {
  const kernel = `control group v${cgroups?.version ?? ''}`
  const held: Readonly<Record<string, string>> =
    cgroups === null
      ? {}
      : {
          'cpu share': `${kernel}: quota of the share bought, after a head start of 60 ms`,
          memory: `${kernel}: the kernel gives no byte more, without swap`,
          processes: `${kernel}: tasks limited by the kernel, processes counted every 10 ms`,
          'wall time': `SIGKILL to everything in the ${kernel} when the window is over`,
        }
  return [
    { active: true, how: 'mount namespace: own workspace, read-only system, bounded /tmp', name: 'files' },
    {
      active: true,
      how: `PID, IPC, UTS and user namespaces, no capabilities, no new privileges${userNamespacesOff ? ', no namespaces of its own' : ''}`,
      name: 'programs',
    },
    { active: true, how: 'network namespace: only the System Service, over a Unix socket', name: 'network' },
    { active: isRoot, how: isRoot ? `a user id of its own per run, from ${UID_FIRST}` : 'the user of the host', name: 'user' },
    ...LIMITS.map((one) => ({ ...one, active: one.active || held[one.name] !== undefined, how: held[one.name] ?? one.how })),
  ]
}

interface Parts {
  readonly options: SandboxOptions
  readonly cgroups: CgroupTree | null
  readonly isolation: readonly string[]
}

function spawnRun(run: SandboxRun, parts: Parts, cgroup: Cgroup | null, uid: number | null): ReturnType<typeof spawn> {
  const workspace = realpathSync(run.workspace_dir)
  const sources: Sources = {
    library: join(realpathSync(parts.options.library_dir), 'node_modules'),
    node: dirname(dirname(realpathSync(process.execPath))),
    socket: run.service_socket_path,
    workspace,
  }
  const asUser = uid === null ? [] : ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--no-new-privs']
  const script = `${ENTER}${uid === null ? '' : STAGE}exec env -i PATH="$PATH" "$@"`
  const argv = [...rlimitsOf(run.limits), ...asUser, ...argvOf(run, uid === null ? sources : STAGED, parts.isolation)]
  const shell = ['/bin/sh', '-c', script, 'sh', ...argv]
  const [program = '', ...args] = uid === null ? shell : ['unshare', '--mount', '--propagation', 'private', ...shell]
  return spawn(program, args, {
    detached: true,
    env: {
      DOORS: cgroup?.doors.join(' ') ?? '',
      LIBRARY: sources.library,
      NODE: sources.node,
      PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin',
      SOCKET: sources.socket,
      WORKSPACE: workspace,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** Programs of any language in their own namespaces and control group: no network, no host files, a read-only system. */
export async function openBwrapDriver(options: SandboxOptions): Promise<SandboxDriver> {
  const cgroups = await openCgroups()
  const userNamespacesOff = tries(NO_USER_NAMESPACES)
  const watchdog = startWatchdog(join(options.state_dir, 'running.json'))
  const uids = new UserIds()
  const parts = { cgroups, isolation: [...ISOLATION, ...(userNamespacesOff ? NO_USER_NAMESPACES : [])], options }
  const begin = (run: SandboxRun, cgroup: Cgroup | null, uid: number | null): Promise<SandboxProcess> =>
    new Promise((resolve, reject) => {
      const child = spawnRun(run, parts, cgroup, uid)
      child.once('error', (error) => reject(new SandboxError('start_failed', `could not start bubblewrap: ${error.message}`, { cause: error })))
      child.once('spawn', () => {
        watchdog.add(child.pid as number)
        const running = supervise(child, run.limits, realpathSync(run.workspace_dir), cgroup)
        resolve({ ...running, exit: running.exit.finally(() => watchdog.remove(child.pid as number)) })
      })
    })
  return {
    close: async () => watchdog.close(),
    name: cgroups === null ? 'bubblewrap' : `bubblewrap+cgroup-v${cgroups.version}`,
    protections: protectionsOf(cgroups, userNamespacesOff),
    async start(run) {
      assertNoLinksOut(run.workspace_dir)
      const uid = isRoot ? uids.take() : null
      let cgroup: Cgroup | null = null
      const release = (): void => (uid === null ? undefined : uids.release(uid))
      try {
        if (uid !== null) giveTo(realpathSync(run.workspace_dir), uid)
        cgroup = cgroups?.create(run.run_id, run.limits) ?? null
        const running = await begin(run, cgroup, uid)
        return { ...running, exit: running.exit.finally(release) }
      } catch (error) {
        release()
        await cgroup?.remove()
        throw error instanceof SandboxError ? error : new SandboxError('start_failed', error instanceof Error ? error.message : String(error), { cause: error })
      }
    },
  }
}
