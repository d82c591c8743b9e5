import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { closeSync, openSync, realpathSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Cgroup } from './cgroup.ts'
import { PYTHON_LIBRARY } from './library.ts'
import { rlimitsOf } from './limits.ts'
import { ENTER, doorsOf, openProcesses } from './processes.ts'
import { deniedOn, isFiltered, seccompFilter } from './seccomp.ts'
import { type Protection, type SandboxDriver, SandboxError, type SandboxOptions, type SandboxRun } from './types.ts'
import { UID_FIRST, UserIds, giveTo, isRoot } from './users.ts'

const SOCKET = '/run/syntropism/service.sock'
const SYSTEM =
  '--ro-bind /usr /usr --symlink usr/bin /bin --symlink usr/lib /lib --symlink usr/lib64 /lib64 --proc /proc --dev /dev --size 67108864 --tmpfs /tmp'.split(' ')
const ISOLATION = '--unshare-all --as-pid-1 --die-with-parent --new-session --cap-drop ALL'.split(' ')
const NO_USER_NAMESPACES = ['--unshare-user', '--disable-userns']
/** Descriptor from which bubblewrap reads the filter. */
const FILTER_FD = 3
const FILTERED = ['--seccomp', String(FILTER_FD)]

function tries(args: readonly string[], filter: number | 'ignore' = 'ignore'): boolean {
  return spawnSync('bwrap', [...ISOLATION, ...args, ...SYSTEM, '/bin/true'], { stdio: ['ignore', 'ignore', 'ignore', filter], timeout: 5000 }).status === 0
}

/** Whether bubblewrap is installed and may make namespaces here: tried, not guessed. */
export const bwrapWorks = (): boolean => tries([])

/** What bubblewrap is told beside the parts of a run. */
interface Walls {
  readonly isolation: readonly string[]
  readonly user_namespaces_off: boolean
  /** File with the seccomp filter, and how many calls it refuses; null where there is none, with the reason. */
  readonly filter: { readonly path: string; readonly calls: number } | null
  readonly why_no_filter: string
}

/** Finds out what this host can hold, by trying each. */
function wallsOf(stateDir: string): Walls {
  const userNamespacesOff = tries(NO_USER_NAMESPACES)
  const isolation = [...ISOLATION, ...(userNamespacesOff ? NO_USER_NAMESPACES : [])]
  const none = (why_no_filter: string): Walls => ({ filter: null, isolation, user_namespaces_off: userNamespacesOff, why_no_filter })
  const { arch } = process
  if (!isFiltered(arch)) return none(`there is no filter for ${arch}`)
  const path = join(stateDir, 'seccomp.bpf')
  writeFileSync(path, seccompFilter(arch), { mode: 0o644 })
  const descriptor = openSync(path, 'r')
  const works = tries(FILTERED, descriptor)
  closeSync(descriptor)
  if (!works) return none('this kernel takes no seccomp filter')
  return { ...none(''), filter: { calls: deniedOn(arch).length, path }, isolation: [...isolation, ...FILTERED] }
}

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

/** With root's help: lays the parts that a run may see where another user can reach them, in a mount namespace of its own. */
const STAGE =
  'mount -t tmpfs -o size=64k,mode=755,nosuid,nodev stage /mnt && mkdir /mnt/workspace /mnt/node /mnt/library && : > /mnt/socket && mount --bind "$WORKSPACE" /mnt/workspace && mount --bind "$NODE" /mnt/node && mount --bind "$LIBRARY" /mnt/library && mount --bind "$SOCKET" /mnt/socket || exit 125; '
const STAGED: Sources = { library: '/mnt/library', node: '/mnt/node', socket: '/mnt/socket', workspace: '/mnt/workspace' }
const OPEN_FILTER = `exec ${FILTER_FD}< "$FILTER"; `

function protectionsOf(walls: Walls, limits: readonly Protection[]): Protection[] {
  return [
    { active: true, how: 'mount namespace: own workspace, read-only system, bounded /tmp', name: 'files' },
    {
      active: true,
      how: `PID, IPC, UTS and user namespaces, no capabilities, no new privileges${walls.user_namespaces_off ? ', no namespaces of its own' : ''}`,
      name: 'programs',
    },
    {
      active: walls.filter !== null,
      how: walls.filter === null ? walls.why_no_filter : `seccomp filter: ${walls.filter.calls} calls refused, new namespaces, sockets of other families`,
      name: 'system calls',
    },
    { active: true, how: 'network namespace: only the System Service, over a Unix socket', name: 'network' },
    { active: isRoot, how: isRoot ? `a user id of its own per run, from ${UID_FIRST}` : 'the user of the host', name: 'user' },
    ...limits,
  ]
}

interface Setup {
  readonly options: SandboxOptions
  readonly walls: Walls
}

function spawnRun(run: SandboxRun, { options, walls }: Setup, workspace: string, cgroup: Cgroup | null, uid: number | null): ChildProcess {
  const sources: Sources = {
    library: join(realpathSync(options.library_dir), 'node_modules'),
    node: dirname(dirname(realpathSync(process.execPath))),
    socket: run.service_socket_path,
    workspace,
  }
  const asUser = uid === null ? [] : ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--no-new-privs']
  const script = `${ENTER}${uid === null ? '' : STAGE}${walls.filter === null ? '' : OPEN_FILTER}exec env -i PATH="$PATH" "$@"`
  const argv = [...rlimitsOf(run.limits), ...asUser, ...argvOf(run, uid === null ? sources : STAGED, walls.isolation)]
  const shell = ['/bin/sh', '-c', script, 'sh', doorsOf(cgroup), ...argv]
  const [program = '', ...args] = uid === null ? shell : ['unshare', '--mount', '--propagation', 'private', ...shell]
  return spawn(program, args, {
    detached: true,
    env: {
      FILTER: walls.filter?.path ?? '',
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
  if (!bwrapWorks()) throw new SandboxError('start_failed', 'bubblewrap is not installed, or may make no namespaces here (bwrap --unshare-all)')
  const walls = wallsOf(options.state_dir)
  const processes = await openProcesses(options.state_dir)
  const uids = new UserIds()
  return {
    close: async () => processes.close(),
    name: `bubblewrap${processes.suffix}${walls.filter === null ? '' : '+seccomp'}`,
    protections: protectionsOf(walls, processes.limits),
    async start(run) {
      const uid = isRoot ? uids.take() : null
      const release = (): void => (uid === null ? undefined : uids.release(uid))
      try {
        const running = await processes.start(run, (workspace, cgroup) => {
          if (uid !== null) giveTo(workspace, uid)
          return spawnRun(run, { options, walls }, workspace, cgroup, uid)
        })
        return { ...running, exit: running.exit.finally(release) }
      } catch (error) {
        release()
        throw error
      }
    },
  }
}
