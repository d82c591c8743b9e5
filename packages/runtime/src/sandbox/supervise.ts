import type { ChildProcess } from 'node:child_process'
import type { Readable } from 'node:stream'
import { performance } from 'node:perf_hooks'
import { reasonOf } from '../ports/index.ts'
import { Thread, moduleBeside } from '../ports/thread/index.ts'
import type { RunGroup } from './cgroup.ts'
import type { DiskUsage } from './disk.ts'
import type { Asked } from './disk-thread.ts'
import { readTree, signal } from './proc.ts'
import { type ExitCause, type SandboxExit, type SandboxLimits, type SandboxProcess } from './types.ts'

const SAMPLE_MS = 10
/** The workspace's space is counted in every so-manieth sample. */
const SAMPLES_PER_DISK = 3
const MB = 1_048_576
/** Counts on a thread: a workspace of many files, or many open ones, must not hold up the economy's process. */
const counter = new Thread(moduleBeside(import.meta.url, 'disk-thread'), { name: 'disk' })
const OUTPUT_BYTES_MAX = 4096
/** CPU time that a program may be ahead of its share, so that its start is not frozen at once. Milliseconds. */
const HEAD_START_MS = 60

/** Last bytes of a program's output. */
class Tail {
  #text = ''
  /** Of a flood of output no more is looked at than is kept. */
  add(chunk: Buffer): void {
    this.#text = (this.#text + chunk.subarray(-OUTPUT_BYTES_MAX).toString('utf8')).slice(-OUTPUT_BYTES_MAX)
  }
  toString(): string {
    return this.#text
  }
}

/** A program that has been started, whoever started it. */
export interface Body {
  /** Its first process. */
  readonly pid: number
  readonly output: readonly (Readable | null)[]
  /** Once its first process is gone: what that left behind may still hold the output open. */
  readonly exited: Promise<unknown>
  /** Exit code, null where a signal ended it; once all of its output has been read. A rejection says that nobody can tell. */
  readonly ended: Promise<number | null>
}

/** Watches one running program: bills it, holds it to its CPU share by stopping and continuing it, and kills its whole tree at a limit. */
class Supervisor {
  readonly #pid: number
  readonly #limits: SandboxLimits
  readonly #startedAt = performance.now()
  readonly #tail = new Tail()
  #cpuMs = 0
  #peakMb = 0
  #memoryMbMs = 0
  #lastSampleAt = this.#startedAt
  #pids: readonly number[] = []
  #stopped = false
  #samples = 0
  #oomKills = 0
  #failure: unknown = null
  #counting: Promise<void> | null = null
  #endedAt = 0
  readonly #cgroup: RunGroup | null
  readonly #workspace: string
  #cause: ExitCause | null = null
  #detail = ''
  readonly exit: Promise<SandboxExit>

  constructor({ ended, exited, output, pid }: Body, limits: SandboxLimits, workspace: string, cgroup: RunGroup | null) {
    this.#pid = pid
    this.#cgroup = cgroup
    this.#workspace = workspace
    this.#limits = limits
    for (const stream of output) stream?.on('data', (chunk: Buffer) => this.#tail.add(chunk))
    const sampler = setInterval(() => this.#trySample(), SAMPLE_MS)
    const wall = setTimeout(() => this.kill('wall_limit', `the window of ${limits.duration_ms} ms is over`), limits.duration_ms)
    const endGroup = (): void => this.#killGroup()
    void exited.then(endGroup, endGroup)
    this.exit = ended
      .catch((error: unknown) => {
        this.kill('host_failure', `the end of the run is not known: ${reasonOf(error)}`)
        return null
      })
      .then((code) => {
        this.#endedAt = performance.now()
        clearInterval(sampler)
        clearTimeout(wall)
        for (const one of this.#pids) signal(one, 'SIGKILL')
        return this.#end(code)
      })
  }

  /** What cannot be measured must not run on: the run ends, and its exit tells why. */
  #trySample(): void {
    try {
      this.#sample()
    } catch (error) {
      this.#failure ??= error
      this.kill('host_failure', `the run could not be measured: ${reasonOf(error)}`)
    }
  }

  #sample(): void {
    const now = performance.now()
    const usage = this.#read()
    if (usage === null) return
    this.#memoryMbMs += usage.memory_mb * (now - this.#lastSampleAt)
    this.#lastSampleAt = now
    this.#cpuMs = Math.max(this.#cpuMs, usage.cpu_ms)
    this.#peakMb = Math.max(this.#peakMb, usage.memory_mb)
    this.#pids = usage.pids
    this.#samples += 1
    const { memory_mb, processes_max } = this.#limits
    if (this.#oomKills > 0) this.kill('memory_limit', `the kernel ended a process at the ${memory_mb} MB bought`)
    else if (this.#cgroup === null && usage.memory_mb > memory_mb) this.kill('memory_limit', `${Math.round(usage.memory_mb)} MB used, ${memory_mb} MB bought`)
    else if (usage.pids.length > processes_max) this.kill('process_limit', `${usage.pids.length} processes, ${processes_max} allowed`)
    else {
      if (this.#samples % SAMPLES_PER_DISK === 0) void this.#countDisk()
      this.#throttle(now)
    }
  }

  #read(): { readonly cpu_ms: number; readonly memory_mb: number; readonly pids: readonly number[] } | null {
    if (this.#cgroup === null) return readTree(this.#pid)
    const usage = this.#cgroup.usage()
    this.#oomKills = usage.oom_kills
    this.#peakMb = Math.max(this.#peakMb, usage.memory_peak_mb)
    return usage
  }

  /** Counts what the workspace holds, unless a count is under way, and ends the run when it is too much. */
  #countDisk(): Promise<void> {
    this.#counting ??= this.#holdDisk().finally(() => (this.#counting = null))
    return this.#counting
  }

  async #holdDisk(): Promise<void> {
    const max = { bytes: this.#limits.disk_mb * MB, files: this.#limits.files_max }
    try {
      const { bytes, files } = await counter.ask<DiskUsage>({ folder: this.#workspace, max, pids: this.#pids } satisfies Asked)
      if (bytes <= max.bytes && files <= max.files) return
      this.kill('disk_limit', `the workspace has more than ${bytes > max.bytes ? `${this.#limits.disk_mb} MB` : `${max.files} files`}`)
    } catch (error) {
      this.#failure ??= error
      this.kill('host_failure', `the run could not be measured: ${reasonOf(error)}`)
    }
  }

  /** Once past its head start a program is held to its share: by the kernel where there is a control group, else by being stopped and continued. */
  #throttle(now: number): void {
    if (this.#cgroup !== null) {
      if (this.#stopped || this.#cpuMs < HEAD_START_MS) return
      this.#stopped = true
      this.#cgroup.limitCpu(this.#limits.cpu_millicores)
      return
    }
    const allowed = ((now - this.#startedAt) * this.#limits.cpu_millicores) / 1000 + HEAD_START_MS
    const stop = this.#cpuMs > allowed
    if (stop === this.#stopped) return
    this.#stopped = stop
    for (const pid of this.#pids) signal(pid, stop ? 'SIGSTOP' : 'SIGCONT')
  }

  kill(cause: ExitCause, detail: string): void {
    if (this.#cause !== null) return
    this.#cause = cause
    this.#detail = detail
    const pids = readTree(this.#pid)?.pids ?? this.#pids
    for (const pid of [...pids].reverse()) signal(pid, 'SIGKILL')
    this.#killGroup()
  }

  /** A control group that is gone holds nobody; that it went is told when the run ends. */
  #killGroup(): void {
    try {
      this.#cgroup?.kill()
    } catch (error) {
      this.#failure ??= error
    }
  }

  /** Last reading, after which nothing of the run is left. */
  async #end(code: number | null): Promise<SandboxExit> {
    // A count that began before the end may not have seen everything.
    await this.#counting
    if (this.#cause === null) await this.#countDisk()
    if (this.#cgroup !== null) {
      this.#cgroup.kill()
      const usage = this.#cgroup.usage()
      this.#cpuMs = usage.cpu_ms
      this.#peakMb = Math.max(this.#peakMb, usage.memory_peak_mb)
      if (this.#cause === null && usage.oom_kills > 0) this.kill('memory_limit', `the kernel ended a process at the ${this.#limits.memory_mb} MB bought`)
      await this.#cgroup.remove()
    }
    if (this.#failure !== null) console.error('syntropism: a run could not be measured:', this.#failure)
    return this.#result(code)
  }

  #result(code: number | null): SandboxExit {
    const elapsed = this.#endedAt - this.#startedAt
    return {
      cause: this.#cause ?? (code === 0 ? 'completed' : 'crashed'),
      cpu_ms: Math.round(this.#cpuMs),
      detail: this.#detail,
      elapsed_ms: Math.round(Math.min(elapsed, this.#limits.duration_ms)),
      exit_code: code,
      memory_mb_ms: Math.round(this.#memoryMbMs),
      memory_peak_mb: Math.ceil(this.#peakMb),
      output_tail: this.#tail.toString(),
    }
  }
}

/** A child of this process. */
export const bodyOf = (child: ChildProcess): Body => ({
  ended: new Promise((resolve) => child.once('close', resolve)),
  exited: new Promise((resolve) => child.once('exit', resolve)),
  output: [child.stdout, child.stderr],
  pid: child.pid as number,
})

/** Supervises a program that has just been started. */
export function supervise(body: Body, limits: SandboxLimits, workspace: string, cgroup: RunGroup | null): SandboxProcess {
  const supervisor = new Supervisor(body, limits, workspace, cgroup)
  return { exit: supervisor.exit, pid: body.pid, stop: (reason) => supervisor.kill('host_failure', reason) }
}
