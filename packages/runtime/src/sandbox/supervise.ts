import type { ChildProcess } from 'node:child_process'
import { performance } from 'node:perf_hooks'
import { readTree, signal } from './proc.ts'
import type { ExitCause, SandboxExit, SandboxLimits, SandboxProcess } from './types.ts'

const SAMPLE_MS = 10
const OUTPUT_BYTES_MAX = 4096
/** CPU time that a program may be ahead of its share, so that its start is not frozen at once. Milliseconds. */
const HEAD_START_MS = 60

/** Last bytes of a program's output. */
class Tail {
  #text = ''
  add(chunk: Buffer): void {
    this.#text = (this.#text + chunk.toString('utf8')).slice(-OUTPUT_BYTES_MAX)
  }
  toString(): string {
    return this.#text
  }
}

/** Watches one running program: bills it, holds it to its CPU share by stopping and continuing it, and kills its whole tree at a limit. */
class Supervisor {
  readonly #child: ChildProcess
  readonly #limits: SandboxLimits
  readonly #startedAt = performance.now()
  readonly #tail = new Tail()
  #cpuMs = 0
  #peakMb = 0
  #memoryMbMs = 0
  #lastSampleAt = this.#startedAt
  #pids: readonly number[] = []
  #stopped = false
  #cause: ExitCause | null = null
  #detail = ''
  readonly exit: Promise<SandboxExit>

  constructor(child: ChildProcess, limits: SandboxLimits) {
    this.#child = child
    this.#limits = limits
    child.stdout?.on('data', (chunk: Buffer) => this.#tail.add(chunk))
    child.stderr?.on('data', (chunk: Buffer) => this.#tail.add(chunk))
    const sampler = setInterval(() => this.#sample(), SAMPLE_MS)
    const wall = setTimeout(() => this.kill('wall_limit', `the window of ${limits.duration_ms} ms is over`), limits.duration_ms)
    this.exit = new Promise((resolve) => {
      child.once('close', (code) => {
        clearInterval(sampler)
        clearTimeout(wall)
        for (const pid of this.#pids) signal(pid, 'SIGKILL')
        resolve(this.#result(code))
      })
    })
  }

  #sample(): void {
    const usage = readTree(this.#child.pid as number)
    const now = performance.now()
    if (usage === null) return
    this.#memoryMbMs += usage.memory_mb * (now - this.#lastSampleAt)
    this.#lastSampleAt = now
    this.#cpuMs = Math.max(this.#cpuMs, usage.cpu_ms)
    this.#peakMb = Math.max(this.#peakMb, usage.memory_mb)
    this.#pids = usage.pids
    if (usage.memory_mb > this.#limits.memory_mb) this.kill('memory_limit', `${Math.round(usage.memory_mb)} MB used, ${this.#limits.memory_mb} MB bought`)
    else if (usage.pids.length > this.#limits.processes_max) this.kill('process_limit', `${usage.pids.length} processes, ${this.#limits.processes_max} allowed`)
    else this.#throttle(now)
  }

  #throttle(now: number): void {
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
    const pids = readTree(this.#child.pid as number)?.pids ?? this.#pids
    for (const pid of [...pids].reverse()) signal(pid, 'SIGKILL')
  }

  #result(code: number | null): SandboxExit {
    const elapsed = performance.now() - this.#startedAt
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

/** Supervises a program that has just been started. */
export function supervise(child: ChildProcess, limits: SandboxLimits): SandboxProcess {
  const supervisor = new Supervisor(child, limits)
  return { exit: supervisor.exit, pid: child.pid as number, stop: (reason) => supervisor.kill('host_failure', reason) }
}
