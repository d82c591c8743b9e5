import { createHash } from 'node:crypto'
import { realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import type Docker from 'dockerode'
import { reasonOf } from '../ports/index.ts'
import { type CgroupUsage, type RunGroup, TASKS_PER_PROCESS, readGroups } from './cgroup.ts'
import { type Engine, openEngine, removeContainer, startContainer, sweep } from './engine.ts'
import { SOCKET, walledEnvironment } from './environment.ts'
import { cpuSecondsOf } from './limits.ts'
import { signal } from './proc.ts'
import { isFiltered, seccompProfile } from './seccomp.ts'
import { supervise } from './supervise.ts'
import { type Protection, type SandboxDriver, SandboxError, type SandboxLimits, type SandboxOptions, type SandboxProcess, type SandboxRun } from './types.ts'
import { UID_FIRST, UserIds, giveTo, isRoot } from './users.ts'
import { type Watchdog, startWatchdog } from './watchdog.ts'

export interface ContainerOptions extends SandboxOptions {
  /** Image whose `node` runs Node programs; others bring theirs. */
  readonly image: string
  /** Socket of the engine; DOCKER_HOST, or Docker's own place, when left out. */
  readonly socket_path?: string
}

const MB = 1_048_576
const LABEL = 'syntropism.host'
/** How an engine tells the end by SIGKILL. */
const KILLED = 137
/** Room of each folder in memory that a run may write beside its workspace. It is part of the memory bought. */
const IN_MEMORY = 'rw,nosuid,nodev,mode=1777,size=67108864'
/** Podman lays a /run into a read-only container that everybody may write to, without a limit of its own. */
const FOR_THE_SOCKET = 'rw,nosuid,nodev,mode=755,size=65536'
/** Processes of one user id; the group's limit of tasks is the one that holds a run. An engine without the right to raise limits cannot give its own default. */
const PROCESSES_OF_USER = 4096

interface Setup {
  readonly engine: Engine
  readonly label: string
  readonly options: ContainerOptions
  /** The seccomp filter as the engine takes it; null where it has its own or none. */
  readonly profile: string | null
}

function protectionsOf({ engine, profile }: Setup): Protection[] {
  const group = `the engine's control group v${engine.cgroup_version}`
  const filter = engine.has_seccomp ? "the engine's seccomp profile" : 'the engine has no seccomp'
  return [
    { active: true, how: 'read-only image, own workspace, bounded folders in memory', name: 'files' },
    { active: true, how: 'PID, IPC, UTS and mount namespaces, no capabilities, no new privileges', name: 'programs' },
    {
      active: engine.has_seccomp,
      how: profile === null ? filter : 'seccomp profile: the calls of the list, no new namespaces, no sockets of other families',
      name: 'system calls',
    },
    { active: true, how: 'network namespace: only the System Service, over a Unix socket', name: 'network' },
    { active: isRoot, how: isRoot ? `a user id of its own per run, from ${UID_FIRST}` : 'the user of the host', name: 'user' },
    { active: true, how: `SIGKILL to everything in ${group} when the window is over`, name: 'wall time' },
    { active: true, how: `${group}: the kernel gives no byte more, without swap`, name: 'memory' },
    { active: true, how: `${group}: quota of the share bought`, name: 'cpu share' },
    { active: true, how: `${group}: tasks limited by the kernel, processes counted every 10 ms`, name: 'processes' },
    { active: true, how: 'workspace counted every 30 ms with files that have no name any more, SIGKILL above', name: 'disk' },
    { active: true, how: 'RLIMIT_NOFILE, RLIMIT_FSIZE, RLIMIT_CPU, no core files', name: 'open files, file size, cpu seconds' },
    { active: true, how: 'the variables of the image, nothing of the host', name: 'environment' },
  ]
}

const ulimitsOf = (limits: SandboxLimits, uid: number | null) =>
  Object.entries({
    core: 0,
    cpu: cpuSecondsOf(limits),
    fsize: limits.disk_mb * MB,
    nofile: limits.open_files_max,
    ...(uid === null ? {} : { nproc: PROCESSES_OF_USER }),
  }).map(([Name, limit]) => ({ Hard: limit, Name, Soft: limit }))

/** The user of a run: root's runs have an id each; the root of a rootless engine is its user, whose files the workspace is made of. */
const userOf = (uid: number | null, { isRootless }: Engine): number => (isRootless ? 0 : (uid ?? process.getuid?.() ?? 65_534))

function hostConfigOf(run: SandboxRun, { engine, options, profile }: Setup, uid: number | null): Docker.HostConfig {
  const { limits } = run
  return {
    Binds: [
      `${realpathSync(run.workspace_dir)}:/workspace:rw`,
      `${join(realpathSync(options.library_dir), 'node_modules')}:/node_modules:ro`,
      `${run.service_socket_path}:${SOCKET}:ro`,
      ...(options.read_only ?? []).map((folder) => `${folder}:${folder}:ro`),
    ],
    CapDrop: ['ALL'],
    IpcMode: 'private',
    // What a program prints is read while it runs, and kept by nobody: an engine's log file has no end.
    LogConfig: { Config: {}, Type: 'none' },
    Memory: limits.memory_mb * MB,
    MemorySwap: limits.memory_mb * MB,
    NanoCpus: limits.cpu_millicores * 1_000_000,
    NetworkMode: 'none',
    PidsLimit: limits.processes_max * TASKS_PER_PROCESS,
    ReadonlyRootfs: true,
    SecurityOpt: ['no-new-privileges', ...(profile === null ? [] : [`seccomp=${profile}`])],
    Tmpfs: { '/run': FOR_THE_SOCKET, ...Object.fromEntries(['/tmp', '/var/tmp', ...engine.volumes].map((folder) => [folder, IN_MEMORY])) },
    Ulimits: ulimitsOf(limits, uid),
  }
}

function specOf(run: SandboxRun, setup: Setup, uid: number | null): Docker.ContainerCreateOptions {
  const [program = '', ...args] = run.command
  const user = userOf(uid, setup.engine)
  return {
    Cmd: args,
    // Named, because an engine may take an empty one for the image's own.
    Entrypoint: [program],
    Env: Object.entries(walledEnvironment(run)).map(([name, value]) => `${name}=${value}`),
    // A check of the image's health would be a program of the run's.
    ...(setup.engine.checks_health ? { Healthcheck: { Test: ['NONE'] } } : {}),
    HostConfig: hostConfigOf(run, setup, uid),
    Image: setup.options.image,
    Labels: { [LABEL]: setup.label },
    User: `${user}:${user}`,
    WorkingDir: '/workspace',
  }
}

const NOTHING: CgroupUsage = { cpu_ms: 0, memory_mb: 0, memory_peak_mb: 0, oom_kills: 0, pids: [] }

/** The engine's control group of a container. It goes with the container, so that its last reading stands for it then. */
class ContainerGroup implements RunGroup {
  readonly #container: Docker.Container
  readonly #read: () => CgroupUsage
  readonly #removals: Set<Promise<void>>
  #last = NOTHING
  #outOfMemory = false

  constructor(container: Docker.Container, read: () => CgroupUsage, removals: Set<Promise<void>>) {
    this.#container = container
    this.#read = read
    this.#removals = removals
  }

  /** The engine saw the kernel end a process for want of memory. */
  sawOutOfMemory(): void {
    this.#outOfMemory = true
  }

  usage(): CgroupUsage {
    try {
      this.#last = this.#read()
    } catch (error) {
      if (!['ENOENT', 'ENODEV'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
      this.#last = { ...this.#last, memory_mb: 0, pids: [] }
    }
    return this.#outOfMemory ? { ...this.#last, oom_kills: Math.max(1, this.#last.oom_kills) } : this.#last
  }

  /** The engine holds the share from the start. */
  limitCpu(): void {}

  kill(): void {
    for (const pid of this.usage().pids) signal(pid, 'SIGKILL')
  }

  /** Nothing of the run is left but the engine's entry of it, for which no lease waits. */
  async remove(): Promise<void> {
    const removal = removeContainer(this.#container)
      .catch((error: unknown) => console.error('syntropism: a container that has ended stays until the next start:', reasonOf(error)))
      .then(() => void this.#removals.delete(removal))
    this.#removals.add(removal)
  }
}

/** A container is read by the process that the engine names; one that ended before anybody could look used nothing. */
function groupOf(container: Docker.Container, pid: number): () => CgroupUsage {
  let read: (() => CgroupUsage) | null = null
  try {
    if (pid !== 0) read = readGroups(pid, container.id)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' && (error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    return () => NOTHING
  }
  if (pid === 0) return () => NOTHING
  if (read === null)
    throw new SandboxError('start_failed', `the engine's process ${pid} is not the container's: it must run on this machine, and see its processes`)
  return read
}

class ContainerDriver implements SandboxDriver {
  readonly name: string
  readonly protections: readonly Protection[]
  readonly #setup: Setup
  readonly #uids = new UserIds()
  readonly #removals = new Set<Promise<void>>()
  readonly #watchdog: Watchdog

  constructor(setup: Setup) {
    const { engine, options } = setup
    this.#setup = setup
    this.name = `container+cgroup-v${engine.cgroup_version}${engine.has_seccomp ? '+seccomp' : ''}`
    this.protections = protectionsOf(setup)
    this.#watchdog = startWatchdog(join(options.state_dir, 'running.json'))
  }

  async start(run: SandboxRun): Promise<SandboxProcess> {
    try {
      return await this.#uids.start(async (uid) => {
        if (uid !== null) giveTo(realpathSync(run.workspace_dir), uid)
        const running = await this.#begin(run, uid)
        this.#watchdog.add(running.pid)
        return { ...running, exit: running.exit.finally(() => this.#watchdog.remove(running.pid)) }
      })
    } catch (error) {
      throw new SandboxError('start_failed', `the container of ${run.run_id} did not start: ${reasonOf(error)}`, { cause: error })
    }
  }

  async #begin(run: SandboxRun, uid: number | null): Promise<SandboxProcess> {
    const { engine } = this.#setup
    const container = await engine.docker.createContainer(specOf(run, this.#setup, uid))
    try {
      const output = new PassThrough()
      const { ended, pid } = await startContainer(engine, container, output)
      const group = new ContainerGroup(container, groupOf(container, pid), this.#removals)
      const code = ended.then(({ code: exitCode, outOfMemory }) => {
        if (outOfMemory) group.sawOutOfMemory()
        return exitCode === KILLED ? null : exitCode
      })
      return supervise({ ended: code, exited: code, output: [output], pid }, run.limits, realpathSync(run.workspace_dir), group)
    } catch (error) {
      await removeContainer(container)
      throw error
    }
  }

  async close(): Promise<void> {
    this.#watchdog.close()
    await Promise.all(this.#removals)
    await sweep(this.#setup.engine, LABEL, this.#setup.label)
  }
}

/** The filter of the other drivers in the engine's words: Podman reads it from a file. */
function profileFor({ has_seccomp, isPodman }: Engine, stateDir: string): string | null {
  if (!has_seccomp || !isFiltered(process.arch)) return null
  const profile = seccompProfile(process.arch)
  if (!isPodman) return profile
  const path = join(realpathSync(stateDir), 'seccomp.json')
  writeFileSync(path, profile, { mode: 0o644 })
  return path
}

/** Programs in containers of Docker or Podman: no network, a read-only image, the engine's control groups and a seccomp profile. Throws SandboxError when no engine answers. */
export async function openContainerDriver(options: ContainerOptions): Promise<SandboxDriver> {
  const engine = await openEngine(options.image, options.socket_path)
  const label = createHash('sha256').update(realpathSync(options.state_dir)).digest('hex').slice(0, 32)
  await sweep(engine, LABEL, label)
  return new ContainerDriver({ engine, label, options, profile: profileFor(engine, options.state_dir) })
}
