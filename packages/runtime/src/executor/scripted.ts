import type { SandboxExit, SandboxProcess } from '../sandbox/index.ts'

/** The window of an agent whose script runs in this process: no program starts; it ends when its time is over, and reports no use. */
export function scriptedWindow(durationMs: number): SandboxProcess {
  const began = performance.now()
  let end: (cause: SandboxExit['cause'], detail: string) => void = () => undefined
  const exit = new Promise<SandboxExit>((resolve) => {
    end = (cause, detail) => {
      clearTimeout(timer)
      const elapsed = Math.min(durationMs, Math.round(performance.now() - began))
      resolve({ cause, cpu_ms: 0, detail, elapsed_ms: elapsed, exit_code: 0, memory_mb_ms: 0, memory_peak_mb: 0, output_tail: '' })
    }
  })
  const timer = setTimeout(() => end('completed', ''), durationMs)
  return { exit, pid: process.pid, stop: (reason) => end('host_failure', reason) }
}
