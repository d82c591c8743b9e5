import { createHash } from 'node:crypto'
import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import type Docker from 'dockerode'
import { PYTHON_LIBRARY } from './library.ts'
import { readDisk } from './disk.ts'
import {
  type ExitCause,
  type Protection,
  type SandboxDriver,
  SandboxError,
  type SandboxExit,
  type SandboxLimits,
  type SandboxOptions,
  type SandboxProcess,
  type SandboxRun,
} from './types.ts'
import { UserIds, giveTo, isRoot } from './users.ts'
import { assertNoLinksOut } from './workspace.ts'

export interface ContainerOptions extends SandboxOptions {
  /** Image whose `node` runs Node programs; others bring theirs. */
  readonly image: string
  /** Socket of the engine; DOCKER_HOST, or Docker's own place, when left out. */
  readonly socket_path?: string
}

const MB = 1_048_576
const SOCKET = '/run/syntropism/service.sock'
const LABEL = 'syntropism.host'
/** Tasks are threads: a Node process has about a dozen. */
const TASKS_PER_PROCESS = 16
const SAMPLE_MS = 100
const OUTPUT_BYTES_MAX = 4096
/** Head of each piece of a container's output: stream, three zeros, length. */
const FRAME_HEAD = 8

const PROTECTIONS: readonly Protection[] = [
  { active: true, how: 'read-only image, own workspace, bounded /tmp', name: 'files' },
  { active: true, how: 'no capabilities, no new privileges', name: 'programs' },
  { active: true, how: "the engine's seccomp profile", name: 'system calls' },
  { active: true, how: 'no network: only the System Service, over a Unix socket', name: 'network' },
  { active: true, how: isRoot ? 'a user id of its own per run' : 'the user of the host', name: 'user' },
  { active: true, how: 'the engine kills the container when the window is over; what a host left is removed by the next one', name: 'wall time' },
  { active: true, how: "the engine's control group, without swap", name: 'memory' },
  { active: true, how: "the engine's control group", name: 'cpu share' },
  { active: true, how: "the engine's control group: tasks limited", name: 'processes' },
  { active: true, how: `workspace counted every ${SAMPLE_MS} ms, killed above`, name: 'disk' },
  { active: true, how: 'RLIMIT_NOFILE, RLIMIT_FSIZE, RLIMIT_CPU, no core files', name: 'open files, file size, cpu seconds' },
  { active: true, how: 'nothing inherited', name: 'environment' },
]

const ulimitsOf = ({ cpu_millicores, disk_mb, duration_ms, open_files_max }: SandboxLimits): { Hard: number; Name: string; Soft: number }[] =>
  Object.entries({
    core: 0,
    cpu: Math.ceil((duration_ms * Math.max(1000, cpu_millicores)) / 1_000_000) + 1,
    fsize: disk_mb * MB,
    nofile: open_files_max,
  }).map(([Name, limit]) => ({ Hard: limit, Name, Soft: limit }))

function specOf(run: SandboxRun, options: ContainerOptions, label: string, uid: number | null): Docker.ContainerCreateOptions {
  const { limits } = run
  const user = uid ?? process.getuid?.() ?? 65_534
  const env = {
    HOME: '/workspace',
    LANG: 'C.UTF-8',
    PYTHONPATH: `/node_modules/${PYTHON_LIBRARY}`,
    ...run.env,
    OPENAI_BASE_URL: 'http://system.service/v1',
    SYSTEM_SERVICE_SOCKET: SOCKET,
    SYSTEM_SERVICE_URL: 'http://system.service',
  }
  return {
    AttachStderr: false,
    AttachStdout: false,
    Cmd: [...run.command],
    Entrypoint: [],
    Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    HostConfig: {
      Binds: [
        `${realpathSync(run.workspace_dir)}:/workspace:rw`,
        `${join(realpathSync(options.library_dir), 'node_modules')}:/node_modules:ro`,
        `${run.service_socket_path}:${SOCKET}:ro`,
        ...(options.read_only ?? []).map((folder) => `${folder}:${folder}:ro`),
      ],
      CapDrop: ['ALL'],
      IpcMode: 'private',
      Memory: limits.memory_mb * MB,
      MemorySwap: limits.memory_mb * MB,
      NanoCpus: limits.cpu_millicores * 1_000_000,
      NetworkMode: 'none',
      PidsLimit: limits.processes_max * TASKS_PER_PROCESS,
      ReadonlyRootfs: true,
      SecurityOpt: ['no-new-privileges'],
      Tmpfs: { '/tmp': 'rw,nosuid,nodev,size=67108864' },
      Ulimits: ulimitsOf(limits),
    },
    Image: options.image,
    Labels: { [LABEL]: label },
    User: `${user}:${user}`,
    WorkingDir: '/workspace',
  }
}

/** Text of a container's output, out of its frames. */
function outputOf(frames: Buffer): string {
  const parts: Buffer[] = []
  for (let at = 0; at + FRAME_HEAD <= frames.length; ) {
    const length = frames.readUInt32BE(at + 4)
    parts.push(frames.subarray(at + FRAME_HEAD, at + FRAME_HEAD + length))
    at += FRAME_HEAD + length
  }
  return Buffer.concat(parts).toString('utf8').slice(-OUTPUT_BYTES_MAX)
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** One container: sampled while it runs, killed at a limit, removed at its end. */
class ContainerRun {
  readonly #container: Docker.Container
  readonly #run: SandboxRun
  readonly #startedAt = performance.now()
  #cause: ExitCause | null = null
  #detail = ''
  #cpuMs = 0
  #peakMb = 0
  #memoryMbMs = 0
  #sampledAt = this.#startedAt
  #isSampling = false
  readonly exit: Promise<SandboxExit>

  constructor(container: Docker.Container, run: SandboxRun) {
    this.#container = container
    this.#run = run
    this.exit = this.#follow()
  }

  kill(cause: ExitCause, detail: string): void {
    if (this.#cause !== null) return
    this.#cause = cause
    this.#detail = detail
    // A container that has just ended cannot be killed: its end is read all the same.
    this.#container.kill({ signal: 'SIGKILL' }).catch(() => undefined)
  }

  async #sample(): Promise<void> {
    if (this.#isSampling) return
    this.#isSampling = true
    try {
      const { disk_mb, files_max } = this.#run.limits
      const { bytes, files } = readDisk(this.#run.workspace_dir, { bytes: disk_mb * MB, files: files_max })
      if (bytes > disk_mb * MB || files > files_max) this.kill('disk_limit', `the workspace has more than ${disk_mb} MB or ${files_max} files`)
      const stats = await this.#container.stats({ 'one-shot': true, stream: false })
      const now = performance.now()
      const memoryMb = (stats.memory_stats.usage ?? 0) / MB
      this.#cpuMs = Math.max(this.#cpuMs, (stats.cpu_stats.cpu_usage.total_usage ?? 0) / 1_000_000)
      this.#peakMb = Math.max(this.#peakMb, memoryMb, (stats.memory_stats.max_usage ?? 0) / MB)
      this.#memoryMbMs += memoryMb * (now - this.#sampledAt)
      this.#sampledAt = now
    } finally {
      this.#isSampling = false
    }
  }

  async #follow(): Promise<SandboxExit> {
    const { duration_ms } = this.#run.limits
    const ended = this.#container.wait() as Promise<{ StatusCode: number }>
    const unmeasured = (error: unknown): void => this.kill('host_failure', `the run could not be measured: ${reasonOf(error)}`)
    const sampler = setInterval(() => void this.#sample().catch(unmeasured), SAMPLE_MS)
    const wall = setTimeout(() => this.kill('wall_limit', `the window of ${duration_ms} ms is over`), duration_ms)
    try {
      const { StatusCode } = await ended
      const { State } = await this.#container.inspect()
      if (this.#cause === null && State.OOMKilled) this.kill('memory_limit', `the kernel ended a process at the ${this.#run.limits.memory_mb} MB bought`)
      const frames = await this.#container.logs({ follow: false, stderr: true, stdout: true, tail: 100 })
      return this.#result(StatusCode, outputOf(Buffer.from(frames)))
    } catch (error) {
      this.kill('host_failure', `the engine does not answer: ${reasonOf(error)}`)
      return this.#result(null, '')
    } finally {
      clearInterval(sampler)
      clearTimeout(wall)
      await this.#container.remove({ force: true, v: true }).catch(() => undefined)
    }
  }

  #result(code: number | null, output_tail: string): SandboxExit {
    return {
      cause: this.#cause ?? (code === 0 ? 'completed' : 'crashed'),
      cpu_ms: Math.round(this.#cpuMs),
      detail: this.#detail,
      elapsed_ms: Math.round(performance.now() - this.#startedAt),
      exit_code: this.#cause === null ? code : null,
      memory_mb_ms: Math.round(this.#memoryMbMs),
      memory_peak_mb: Math.round(this.#peakMb),
      output_tail,
    }
  }
}

/** Whether the engine answers and has the image; what is wrong otherwise. */
async function checkEngine(docker: Docker, image: string): Promise<void> {
  try {
    await docker.ping()
  } catch (error) {
    throw new SandboxError('start_failed', `no container engine answers (DOCKER_HOST names its socket): ${reasonOf(error)}`, { cause: error })
  }
  try {
    await docker.getImage(image).inspect()
  } catch (error) {
    throw new SandboxError('start_failed', `the engine has no image ${image}: pull it, or name another in SYNTROPISM_CONTAINER_IMAGE (${reasonOf(error)})`, {
      cause: error,
    })
  }
}

/** Removes what a host of this data folder left behind. */
async function sweep(docker: Docker, label: string): Promise<void> {
  for (const { Id } of await docker.listContainers({ all: true, filters: { label: [`${LABEL}=${label}`] } }))
    await docker.getContainer(Id).remove({ force: true, v: true })
}

/** Programs in containers of Docker or Podman: no network, a read-only image, the engine's control groups and seccomp profile. Throws SandboxError when no engine answers. */
export async function openContainerDriver(options: ContainerOptions): Promise<SandboxDriver> {
  const { default: Engine } = await import('dockerode').catch((error: unknown) => {
    throw new SandboxError('start_failed', 'containers need the package dockerode, an optional dependency that is not installed', { cause: error })
  })
  const docker = new Engine(options.socket_path === undefined ? {} : { socketPath: options.socket_path })
  await checkEngine(docker, options.image)
  const label = createHash('sha256').update(realpathSync(options.state_dir)).digest('hex').slice(0, 32)
  await sweep(docker, label)
  const uids = new UserIds()
  const begin = async (run: SandboxRun, uid: number | null): Promise<SandboxProcess> => {
    const container = await docker.createContainer(specOf(run, options, label, uid))
    try {
      await container.start()
      const { State } = await container.inspect()
      const running = new ContainerRun(container, run)
      return { exit: running.exit, pid: State.Pid, stop: (reason) => running.kill('host_failure', reason) }
    } catch (error) {
      await container.remove({ force: true, v: true })
      throw error
    }
  }
  return {
    close: () => sweep(docker, label),
    name: 'container',
    protections: PROTECTIONS,
    async start(run) {
      assertNoLinksOut(run.workspace_dir)
      const uid = isRoot ? uids.take() : null
      const release = (): void => (uid === null ? undefined : uids.release(uid))
      try {
        if (uid !== null) giveTo(realpathSync(run.workspace_dir), uid)
        const running = await begin(run, uid)
        return { ...running, exit: running.exit.finally(release) }
      } catch (error) {
        release()
        throw new SandboxError('start_failed', `the container of ${run.run_id} did not start: ${reasonOf(error)}`, { cause: error })
      }
    },
  }
}
