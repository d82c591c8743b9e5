import { type ChildProcess, spawn } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Cgroup } from './cgroup.ts'
import { SOCKET, walledEnvironment } from './environment.ts'
import { rlimitsOf } from './limits.ts'
import { ENTER, doorsOf, openProcesses } from './processes.ts'
import { type Protection, type SandboxDriver, SandboxError, type SandboxOptions, type SandboxRun } from './types.ts'
import { UID_FIRST, UserIds, giveTo, isRoot } from './users.ts'
import { CLOSED, OPEN_FILTER, SYSTEM, type Walls, bwrapWorks, filterOf, wallsOf } from './walls.ts'

/** Where the parts of the host that a run may see lie. */
interface Sources {
  readonly workspace: string
  readonly node: string
  readonly library: string
  readonly socket: string
}

function argvOf(run: SandboxRun, from: Sources, isolation: readonly string[], readOnly: readonly string[]): string[] {
  const [program, ...args] = run.command
  const environment = { PATH: '/opt/node/bin:/usr/local/bin:/usr/bin:/bin', ...walledEnvironment(run) }
  return [
    'bwrap',
    ...isolation,
    '--as-pid-1',
    ...SYSTEM,
    ...['--ro-bind', from.node, '/opt/node'],
    ...['--ro-bind', from.library, '/node_modules'],
    ...readOnly.flatMap((folder) => ['--ro-bind', folder, folder]),
    ...['--bind', from.workspace, '/workspace'],
    ...['--ro-bind', from.socket, SOCKET],
    ...CLOSED,
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

function protectionsOf(walls: Walls, limits: readonly Protection[]): Protection[] {
  return [
    { active: true, how: 'mount namespace: own workspace, read-only system, bounded /tmp', name: 'files' },
    {
      active: true,
      how: `PID, IPC, UTS and user namespaces, no capabilities, no new privileges${walls.user_namespaces_off ? ', no namespaces of its own' : ''}`,
      name: 'programs',
    },
    filterOf(walls),
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
  const argv = [...rlimitsOf(run.limits), ...asUser, ...argvOf(run, uid === null ? sources : STAGED, walls.isolation, options.read_only ?? [])]
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
    start: (run) =>
      uids.start((uid) =>
        processes.start(run, (workspace, cgroup) => {
          if (uid !== null) giveTo(workspace, uid)
          return spawnRun(run, { options, walls }, workspace, cgroup, uid)
        }),
      ),
  }
}
