import { readFileSync, readdirSync } from 'node:fs'

/** Clock ticks a second in /proc: 100 on every Linux that Node runs on. */
const MS_PER_TICK = 10
const KB_PER_MB = 1024

export interface TreeUsage {
  readonly pids: readonly number[]
  readonly cpu_ms: number
  readonly memory_mb: number
}

interface Stat {
  readonly ppid: number
  readonly cpu_ms: number
  readonly started: string
}

/** Fields of /proc/<pid>/stat; null when the process is gone. The name in brackets may hold anything, so fields count from the last bracket. */
export function readStat(pid: number): Stat | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const ticks = [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0)
    return { cpu_ms: ticks * MS_PER_TICK, ppid: Number(fields[1]), started: fields[19] ?? '' }
  } catch {
    return null
  }
}

/** Memory that a process has for itself or shares as memory, without pages of files: what a control group would be charged, but for files that it reads first. */
function readMemoryMb(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1')
    return ['RssAnon', 'RssShmem'].reduce((sum, name) => sum + Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0), 0) / KB_PER_MB
  } catch {
    return 0
  }
}

/** Children of a process, from the kernel's own list where it has one. */
function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'latin1')
        .trim()
        .split(' ')
        .filter((text) => text !== '')
        .map(Number),
    )
  } catch {
    return []
  }
}

/** What a process and all its descendants use now; null when it is gone. CPU includes children that were waited for. */
export function readTree(root: number): TreeUsage | null {
  if (readStat(root) === null) return null
  const pids: number[] = []
  let cpuMs = 0
  let memoryMb = 0
  for (const waiting = [root]; waiting.length > 0; ) {
    const pid = waiting.pop() as number
    const stat = readStat(pid)
    if (stat === null) continue
    pids.push(pid)
    cpuMs += stat.cpu_ms
    memoryMb += readMemoryMb(pid)
    waiting.push(...childrenOf(pid))
  }
  return { cpu_ms: cpuMs, memory_mb: memoryMb, pids }
}

/** Sends a signal to one process; a process that is gone already is no error. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
