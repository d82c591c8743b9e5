import { realpathSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, sep } from 'node:path'
import { type Cgroup, type CgroupTree, openCgroups } from './cgroup.ts'
import { ENTER, doorsOf } from './processes.ts'
import { readTree, signal } from './proc.ts'
import { type Protection, SandboxError } from './types.ts'
import { CLOSED, OPEN_FILTER, SYSTEM, type Walls, bwrapWorks, filterOf, wallsOf } from './walls.ts'
import { type Watchdog, startWatchdog } from './watchdog.ts'

const SAMPLE_MS = 100
/** Variables that whoever spawns it may add, and that none of them is given. */
const NOT_GIVEN = 'FILTER LOGNAME PWD SHELL TERM USER'
/** What a program with a network needs of the system's configuration to find names and check certificates. */
const NETWORK_FILES = ['ca-certificates', 'hosts', 'nsswitch.conf', 'pki', 'resolv.conf', 'ssl'].map((name) => `/etc/${name}`)
const PATH = '/usr/local/bin:/usr/bin:/bin'

/** A program of somebody else that runs for as long as the service does and speaks over its standard input and output. */
export interface OutsideProgram {
  readonly name: string
  readonly command: readonly string[]
  /** Where it runs. */
  readonly cwd: string
  /** The environment variables that it is given, beside HOME, PATH and LANG. */
  readonly env: Readonly<Record<string, string>>
  /** Folders that it may read, and that it may write too. */
  readonly read: readonly string[]
  readonly write: readonly string[]
  readonly network: boolean
  readonly sandbox: 'auto' | 'bubblewrap' | 'node' | 'process'
  readonly limits: { readonly cpu_millicores: number; readonly memory_mb: number; readonly processes_max: number }
}

/** How to start it: what is given to whoever spawns it, and is told of its process and its end. */
export interface LaunchedProgram {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  started(pid: number): void
  /** Ends what is left of it. */
  ended(): Promise<void>
}

export interface OutsidePrograms {
  /** Rung and protections that a program would have. Throws SandboxError where the rung that it asks for cannot be used. */
  describe(program: OutsideProgram): { readonly rung: string; readonly protections: readonly Protection[] }
  launch(program: OutsideProgram): LaunchedProgram
  close(): void
}

/** What this host has for outside programs. */
interface Around {
  readonly cgroups: CgroupTree | null
  readonly hidden: string
  readonly walls: Walls | null
}

type Rung = 'bubblewrap' | 'node' | 'process'
const isNode = (program: string): boolean => program === 'node' || program === process.execPath

function rungOf({ command, name, sandbox }: OutsideProgram, walls: Walls | null): Rung {
  if (sandbox === 'process') return 'process'
  if (walls !== null && sandbox !== 'node') return 'bubblewrap'
  if (sandbox !== 'bubblewrap' && isNode(command[0] ?? '')) return 'node'
  const instead = sandbox === 'node' ? 'only Node programs run under its permission model' : 'bubblewrap is not installed, or may make no namespaces here'
  throw new SandboxError('command_refused', `${name}: ${instead}; "sandbox": "process" runs it without walls`)
}

/** Whether a folder lies in one that a program sees. */
const shows = ({ read, write }: OutsideProgram, folder: string): boolean =>
  [...read, ...write].some((one) => (folder + sep).startsWith(realpathSync(one) + sep))

/** The folders, with those of the host hidden that lie inside them. */
function bwrapArguments(program: OutsideProgram, hidden: string, walls: Walls): string[] {
  const { command, cwd, network, read, write } = program
  const [first = '', ...rest] = command
  const node = dirname(dirname(realpathSync(process.execPath)))
  const bind = (how: string, folders: readonly string[]): string[] => folders.map((folder) => realpathSync(folder)).flatMap((folder) => [how, folder, folder])
  return [
    'bwrap',
    ...walls.isolation,
    ...(network ? ['--share-net'] : []),
    ...SYSTEM,
    ...(network ? NETWORK_FILES.flatMap((file) => ['--ro-bind-try', file, file]) : []),
    ...bind('--ro-bind', [node, ...read]),
    ...bind('--bind', write),
    ...(shows(program, hidden) ? ['--tmpfs', hidden] : []),
    ...CLOSED,
    ...['--chdir', realpathSync(cwd)],
    isNode(first) ? join(node, 'bin', 'node') : first,
    ...rest,
  ]
}

function nodeArguments({ command, read, write }: OutsideProgram): string[] {
  const folders = (flag: string, paths: readonly string[]): string[] => paths.map((path) => `--allow-fs-${flag}=${realpathSync(path)}`)
  const grants = [...folders('read', [...read, ...write]), ...folders('write', write)]
  return [process.execPath, '--permission', ...grants, '--allow-net', '--disable-warning=SecurityWarning', ...command.slice(1)]
}

function filesOf(program: OutsideProgram, rung: Rung, hidden: string): Protection {
  if (rung === 'process') return { active: false, how: "reads and writes what the host's user may", name: 'files' }
  const how = `reads ${program.read.join(', ') || 'nothing'}; writes ${program.write.join(', ') || 'nothing'}`
  return rung === 'node' && shows(program, hidden)
    ? { active: false, how: `${how}; the service's own folder lies inside`, name: 'files' }
    : { active: true, how, name: 'files' }
}

function protectionsOf(program: OutsideProgram, rung: Rung, { cgroups, hidden, walls }: Around): Protection[] {
  const { cpu_millicores, memory_mb, processes_max } = program.limits
  const kernel = cgroups === null ? null : `control group v${cgroups.version}`
  const isWalled = rung === 'bubblewrap'
  return [
    filesOf(program, rung, hidden),
    {
      active: rung !== 'process',
      how: isWalled ? 'namespaces of its own, no capabilities' : rung === 'node' ? 'no child processes, workers or addons' : 'those of the host',
      name: 'programs',
    },
    isWalled && walls !== null ? filterOf(walls) : { active: false, how: 'every call that the kernel answers', name: 'system calls' },
    { active: isWalled && !program.network, how: isWalled && !program.network ? 'none' : 'that of the host', name: 'network' },
    { active: true, how: `${kernel ?? `sampled every ${SAMPLE_MS} ms`}: ${memory_mb} MB`, name: 'memory' },
    {
      active: kernel !== null,
      how: kernel === null ? 'not held without a control group' : `${kernel}: ${cpu_millicores} thousandths of a core`,
      name: 'cpu share',
    },
    { active: true, how: `${kernel ?? `sampled every ${SAMPLE_MS} ms`}: ${processes_max}`, name: 'processes' },
    { active: true, how: 'nothing inherited but what is named', name: 'environment' },
  ]
}

/** Holds a program to its memory and number of processes where no control group does. */
function watch(pid: number, { memory_mb, processes_max }: OutsideProgram['limits']): NodeJS.Timeout {
  const timer = setInterval(() => {
    const usage = readTree(pid)
    if (usage !== null && (usage.memory_mb > memory_mb || usage.pids.length > processes_max)) for (const one of usage.pids.toReversed()) signal(one, 'SIGKILL')
  }, SAMPLE_MS)
  return timer.unref()
}

interface Way {
  readonly argv: readonly string[]
  readonly filter: string | null
  readonly home: string
}

function wayOf(program: OutsideProgram, rung: Rung, walls: Walls | null, hidden: string): Way {
  if (rung === 'bubblewrap' && walls !== null) return { argv: bwrapArguments(program, hidden, walls), filter: walls.filter?.path ?? null, home: '/tmp' }
  const [first = '', ...rest] = program.command
  const argv = rung === 'node' ? nodeArguments(program) : [isNode(first) ? process.execPath : first, ...rest]
  return { argv, filter: null, home: homedir() }
}

class Launch implements LaunchedProgram {
  readonly command = '/bin/sh'
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly #limits: OutsideProgram['limits']
  readonly #cgroup: Cgroup | null
  readonly #watchdog: Watchdog
  #pid = 0
  #timer: NodeJS.Timeout | undefined

  constructor(program: OutsideProgram, { argv, filter, home }: Way, cgroup: Cgroup | null, watchdog: Watchdog) {
    this.args = ['-c', `${ENTER}${filter === null ? '' : OPEN_FILTER}unset ${NOT_GIVEN}; exec "$@"`, 'sh', doorsOf(cgroup), ...argv]
    this.cwd = program.cwd
    this.env = { HOME: home, LANG: 'C.UTF-8', PATH: `${dirname(realpathSync(process.execPath))}:${PATH}`, ...program.env, FILTER: filter ?? '' }
    this.#limits = program.limits
    this.#cgroup = cgroup
    this.#watchdog = watchdog
  }

  started(pid: number): void {
    this.#pid = pid
    this.#watchdog.add(pid)
    if (this.#cgroup === null) this.#timer = watch(pid, this.#limits)
    this.#cgroup?.limitCpu(this.#limits.cpu_millicores)
  }

  async ended(): Promise<void> {
    clearInterval(this.#timer)
    if (this.#pid !== 0) this.#watchdog.remove(this.#pid)
    await this.#cgroup?.remove()
  }
}

/** Starts outside programs on the strongest rung that works, or on the one that each asks for. `hidden` is the service's own folder, which none of them sees. */
export async function openOutsidePrograms(hidden: string): Promise<OutsidePrograms> {
  const cgroups = await openCgroups()
  const folder = realpathSync(hidden)
  const walls = bwrapWorks() ? wallsOf(folder) : null
  const watchdog = startWatchdog(join(folder, 'tool-servers.json'))
  return {
    close: () => watchdog.close(),
    describe(program) {
      const rung = rungOf(program, walls)
      return { protections: protectionsOf(program, rung, { cgroups, hidden: folder, walls }), rung }
    },
    launch(program) {
      const rung = rungOf(program, walls)
      const cgroup = cgroups?.create(`tools-${program.name}`, program.limits) ?? null
      return new Launch(program, wayOf(program, rung, walls, folder), cgroup, watchdog)
    },
  }
}
